"""How errors end a command: one message, one hint, one exit code."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from ..protocol.errors import Invalid, WastelandError

OK: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
PROBLEMS: Final = 8
INTERRUPTED: Final = 130

EXIT_CODES: Final = {
    "error": FAILURE,
    "not_found": 3,
    "unauthenticated": 4,
    "conflict": 5,
    "already_claimed": 5,
    "stale": 5,
    "merge_conflict": 5,
    "forbidden": 6,
    "own_work": 6,
    "trust_too_low": 6,
    "limit_reached": 6,
    "suspended": 6,
    "invalid": USAGE,
    "engine": FAILURE,
    "unavailable": 7,
    "rate_limited": 7,
    "unsupported": FAILURE,
    "tampered": PROBLEMS,
}


def report(error: Exception, *, as_json: bool) -> int:
    """Print what a user can mend on standard error and return its exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return OK
    from ..protocol.text import terminal_safe  # only on this way out

    found = _as_ours(error)
    if as_json:
        click.echo(json.dumps({"error": _data(found)}, default=str), err=True)
    else:
        click.echo(f"wl: {terminal_safe(found.message)}", err=True)
        if found.hint:
            click.echo(f"  → {terminal_safe(found.hint)}", err=True)
    return EXIT_CODES.get(found.code, FAILURE)


def internal(error: Exception) -> WastelandError:
    """Return a mistake of ours, which nobody foresaw, as an error that can be reported."""
    first_line = next(iter(str(error).splitlines()), "")
    return WastelandError(
        f"internal error: {type(error).__name__}: {first_line}",
        hint="repeat with --debug and report it",
    )


def _as_ours(error: Exception) -> WastelandError:
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "wl"
        return Invalid(error.format_message(), hint=f"{path} --help")
    if isinstance(error, OSError):
        return _refused(error)
    return error if isinstance(error, WastelandError) else WastelandError(str(error))


def _refused(error: OSError) -> WastelandError:
    """Return what the operating system refused as an error of ours."""
    where = f" {error.filename}" if error.filename else ""
    return WastelandError(
        f"Cannot use{where}: {error.strerror or error}.",
        hint="check the path, its permissions and the room on the disk",
        path=error.filename,
    )


def _data(error: WastelandError) -> dict[str, Any]:
    facts = {name: value for name, value in error.facts.items() if value is not None}
    return {"code": error.code, "message": error.message, "hint": error.hint, **facts}
