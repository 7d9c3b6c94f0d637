"""How errors end a command: one message, one hint, one exit code."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from ..protocol.errors import WastelandError

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


def report(error: WastelandError, *, as_json: bool) -> int:
    """Print *error* on standard error and return its exit code."""
    if as_json:
        click.echo(json.dumps({"error": _data(error)}, default=str), err=True)
    else:
        click.echo(f"wl: {_safe(error.message)}", err=True)
        if error.hint:
            click.echo(f"  → {_safe(error.hint)}", err=True)
    return EXIT_CODES.get(error.code, FAILURE)


def _data(error: WastelandError) -> dict[str, Any]:
    facts = {name: value for name, value in error.facts.items() if value is not None}
    return {"code": error.code, "message": error.message, "hint": error.hint, **facts}


def _safe(text: str) -> str:
    from ..protocol.text import terminal_safe  # noqa: PLC0415  # only on the way out

    return terminal_safe(text)
