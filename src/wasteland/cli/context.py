"""What every command shares: global flags, output flags, the open commons, the way out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from ..commons.operations import Kind, Operation
from ..settings import Settings
from .output import ALL_FIELDS, Format, emit

F = TypeVar("F", bound=Callable[..., Any])
_FORMAT_NAMES = ("json_fields", "jq", "csv", "plain")


@dataclass(slots=True)
class Context:
    """
    One run of ``wl``.

    Attributes:
        settings: Paths and values of this user.
        commons: ``org/db`` named by ``--wasteland``; "" for the default.
        form: How the result is wanted.
    """

    settings: Settings
    commons: str = ""
    form: Format = Format()

    def run(self, row: Operation, values: Mapping[str, Any]) -> None:
        """Call an operation and print its result."""
        from . import build  # noqa: PLC0415  # build imports this module

        with self.session(build.owner(row)) as session:
            if row.kind is Kind.WRITE:
                from .intents import recorded  # noqa: PLC0415  # only writes need it

                result = recorded(self.settings.state, session, row, values)
            else:
                result = getattr(session, row.method.partition(".")[2])(**values)
            self.show(row.name, result)
        if hasattr(result, "allowed") and not result.allowed:
            click.echo("The gate refuses this pull request as it is.", err=True)

    def show(self, name: str, result: Any) -> None:
        """Print a result as the flags ask."""
        from ..commons.data import to_data  # noqa: PLC0415  # not for --help and --version

        def page() -> Any:
            from . import render  # noqa: PLC0415  # rich is loaded for a terminal only

            return render.page(name, result)

        emit(to_data(result), self.form, page)

    @contextmanager
    def session(self, kind: type) -> Iterator[Any]:
        """Open the chosen commons as a session of class *kind*."""
        from ..commons import workspace  # noqa: PLC0415  # not for --help and --version

        with workspace.open_commons(self.settings, self.commons or self.settings.commons, kind) as it:
            yield it


def format_options() -> list[click.Parameter]:
    """Return the output flags that every command has."""
    return [
        click.Option(
            ["--json", "json_fields"],
            metavar="[=FIELDS]",
            help="JSON; all fields, or those named",
            hidden=False,
        ),
        click.Option(["--jq"], metavar="EXPR", help="filter the JSON with a jq expression"),
        click.Option(["--csv"], is_flag=True, default=None, help="comma-separated"),
        click.Option(["--plain"], is_flag=True, default=None, help="tab-separated, no decoration"),
    ]


def with_format(command: F) -> F:
    """Give a hand-written command the output flags."""
    for option in reversed(format_options()):
        _add(command, option)
    return command


def pass_context(run: F) -> F:
    """Hand the Context to a command, with the output flags taken out of its values."""

    @functools.wraps(run)
    def call(*args: Any, **values: Any) -> Any:
        context: Context = click.get_current_context().obj
        given = {name: values.pop(name, None) for name in _FORMAT_NAMES}
        context.form = replace(
            context.form,
            fields=given["json_fields"] or "",
            jq=given["jq"] or "",
            csv=bool(given["csv"]),
            plain=bool(given["plain"]),
        )
        return run(context, *args, **values)

    return call  # type: ignore[return-value]


def explicit_json(arguments: list[str]) -> list[str]:
    """Return *arguments* with a bare ``--json`` spelled out, so that it takes no value."""
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    head = [f"--json={ALL_FIELDS}" if a == "--json" else a for a in arguments[:stop]]
    return [*head, *arguments[stop:]]


def _add(command: Any, option: click.Parameter) -> None:
    if isinstance(command, click.Command):
        command.params.append(option)
    else:
        params = getattr(command, "__click_params__", [])
        command.__click_params__ = [*params, option]
