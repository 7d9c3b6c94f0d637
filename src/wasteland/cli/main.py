"""``wl``: the way in, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from .. import __version__, settings
from ..commons.operations import BY_NAME, GROUPS, OPERATIONS
from ..protocol.errors import WastelandError
from ..protocol.words import nearest
from . import errors
from .context import Context, normalized
from .output import Format

# Commands that no operation stands behind, with their module: they act on this user's
# configuration, on files, or on many commons.
_LOCAL = {
    "demo": ("local", "Play the whole story on a commons of its own, in seconds"),
    "create": ("local", "Create a commons on the local host, or on a hub"),
    "join": ("local", "Take part in a commons"),
    "leave": ("local", "Forget a commons; its data stays"),
    "list": ("local", "List the commons that you have joined"),
    "config": ("local", "Read and set your configuration"),
    "remote": ("remote", "Let dolt itself clone a commons, and say how"),
    "sync": ("sync", "Bring your clone and your pending work up to date"),
    "doctor": ("doctor", "Find what is wrong, and say which command mends it"),
    "import": ("importing", "Turn GitHub issues or a CSV file into wanted items"),
    "serve": ("hubs", "Serve the local host's commons over HTTP"),
    "login": ("hubs", "Sign in at a hub"),
    "logout": ("hubs", "Forget the token for a hub"),
    "hub": ("hub_admin", "Run a hub: accounts, tokens, backup, move, check"),
    "mirror": ("hub_care", "A live read-only copy of a commons"),
    "export": ("hub_care", "Write the board as pages that need no server"),
    "completion": ("local", "Print the completion script of your shell"),
    "version": ("local", "Print the version"),
}
_SECTIONS = (
    ("Begin", ("demo", "create", "join", "leave", "list", "whoami")),
    ("Find work", ("browse", "search", "show", "me", "why")),
    ("Do work", ("post", "update", "claim", "extend", "handover", "unclaim", "done", "withdraw")),
    (
        "Judge work",
        ("inbox", "review", "comment", "accept", "reject", "close", "merge", "decline"),
    ),
    ("Keep order", ("report", "reports", "answer", "appeal", "audit", "peer")),
    ("Run a commons", ("rig", "policy", "import", "sync", "remote", "doctor", "undo")),
    ("Hubs", ("serve", "hub", "login", "logout", "mirror", "export")),
    ("Yourself", ("config", "completion", "version")),
)


class Wl(click.Group):
    """The root command: commands are made when they are called, sections show the way."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names of all commands, section by section."""
        return [name for _, names in _SECTIONS for name in names]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        name: str,
    ) -> click.Command | None:
        """Return the command of that name, made now."""
        if name in _LOCAL:
            module = importlib.import_module(f"wasteland.cli.{_LOCAL[name][0]}")
            found: click.Command = module.COMMANDS[name]
            return found
        if name in GROUPS:
            return _Family(name)
        row = BY_NAME.get(name)
        if row is None or " " in row.name:
            return None
        from . import build  # reads signatures, which loads the operation

        return build.command(row, bare=BY_NAME.get(row.bare))

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List commands by section, without loading any of them."""
        for title, names in _SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(name, _summary(name)) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with, or say which one was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = nearest(args[0], self.list_commands(ctx))
            if not near or "Did you mean" in error.message:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near!r}?", ctx) from error


class _Family(click.Group):
    """A group of commands such as ``wl rig``; called bare it runs its first one."""

    def __init__(self, name: str) -> None:
        summary, self.bare = GROUPS[name]
        super().__init__(name, help=summary, invoke_without_command=True)
        self.rows = {
            row.name.partition(" ")[2]: row
            for row in OPERATIONS
            if row.name.partition(" ")[0] == name
        }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.rows)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        name: str,
    ) -> click.Command | None:
        from . import build  # reads signatures, which loads the operation

        return build.command(self.rows[name]) if name in self.rows else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # ``wl policy --json`` means ``wl policy show --json``.
        is_bare = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        if is_bare and not ctx.resilient_parsing:
            args = [self.bare.partition(" ")[2], *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Wl,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command takes --json[=FIELDS], --jq EXPR, --csv, --plain and --help.",
)
@click.option(
    "--wasteland", "commons", metavar="ORG/DB", help="which commons, where you joined many"
)
@click.option("--host", metavar="DIR", help="the local host's directory  [env: WL_HOST]")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("--no-pager", is_flag=True, help="print long pages at once")
@click.option("--debug", is_flag=True, help="show the traceback of an error")
@click.version_option(__version__, prog_name="wl", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context, commons: str, host: str, color: str, *, no_pager: bool, debug: bool
) -> None:
    """Work and reputation on version-controlled SQL: post, claim, submit, review, stamp."""
    found = settings.load({**os.environ, "WL_HOST": host} if host else None)
    ctx.obj = Context(found, commons or "", Format(color=color, pager=not no_pager))
    ctx.meta["debug"] = debug


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``wl`` and exit with the code that the outcome has."""
    # A command makes little garbage and ends soon; looking for cycles every 700 objects costs it
    # a tenth of its time.
    gc.set_threshold(100_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows less than UTF-8 gets escapes, never a traceback.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(normalized(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run ``wl`` with *arguments* and return its exit code."""
    try:
        code: Any = cli.main(arguments, prog_name="wl", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return errors.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; nothing more can be said, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.FAILURE
    except (WastelandError, click.ClickException, OSError) as error:
        if "--debug" in arguments:
            raise
        return errors.report(error, as_json=_wants_json(arguments))
    except Exception as error:
        if "--debug" in arguments:
            raise
        return errors.report(errors.internal(error), as_json=_wants_json(arguments))
    return code if isinstance(code, int) else errors.OK


def _wants_json(arguments: Sequence[str]) -> bool:
    return any(a.startswith(("--json", "--jq")) for a in arguments)


def _summary(name: str) -> str:
    if name in _LOCAL:
        return _LOCAL[name][1]
    return GROUPS[name][0] if name in GROUPS else BY_NAME[name].summary
