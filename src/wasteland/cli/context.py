"""What every command shares: global flags, output flags, the open commons, the way out."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..commons import methods
from ..commons.operations import Kind, Operation
from ..protocol.lean import dataclass
from ..settings import Settings
from .output import ALL_FIELDS, COLUMNS, Format, emit

if TYPE_CHECKING:
    from ..commons.memberships import Membership

F = TypeVar("F", bound=Callable[..., Any])
_FORMAT_NAMES = ("json_fields", "jq", "csv", "plain", "long")

_GLOBAL_FLAGS = ("--no-pager", "--debug")
_GLOBAL_OPTIONS = ("--wasteland", "--host", "--color")
_GLOBAL_ASSIGNED = tuple(f"{name}=" for name in _GLOBAL_OPTIONS)


@dataclass(slots=True)
class Context:
    """
    One run of ``wl``.

    Attributes:
        settings: Paths and values of this user.
        commons: ``org/db`` named by ``--wasteland``; "" for the default.
        form: How the result is wanted.
        may_wait: Whether a write may wait here while its hub cannot be reached.
    """

    settings: Settings
    commons: str = ""
    form: Format = field(default_factory=Format)
    may_wait: bool = True

    def run(self, row: Operation, values: Mapping[str, Any]) -> None:
        """Call an operation, here or on the commons' hub, and print its result."""
        from ..commons import workspace  # not for --help and --version

        membership = self.membership()
        if workspace.is_asked_there(membership, row):
            self._run_there(membership, row, values)
            return
        with self.session(methods.owner(row)) as session:
            call = getattr(session, row.method.partition(".")[2])
            if row.kind is Kind.WRITE:
                from .intents import Writer, recorded  # only writes need it

                place = (session.host.location, str(session.repo), session.seat.rig)
                writer = Writer(place, lambda given: call(**given), session.still_stands)
                result = recorded(self.settings.state, writer, row, values)
                self._remember(session)
            else:
                result = call(**values)
            self.show(row.name, result)
            if session.stale_because:
                click.echo(f"wl: This is what was here before. {session.stale_because}", err=True)

    def _run_there(self, membership: Membership, row: Operation, values: Mapping[str, Any]) -> None:
        from . import distant  # loads the HTTP client

        if row.kind is Kind.WRITE:
            may_wait = self.may_wait
            result = distant.write(self.settings, membership, row, values, may_wait=may_wait)
            self.show(row.name, result)
            return
        if row.name == "me":
            # First, because it is known here also while the hub cannot be reached.
            distant.tell_waiting(self.settings, membership)
        result, age = distant.read(self.settings, membership, row, values)
        self.show(row.name, result)
        if age:
            click.echo(f"wl: {age}", err=True)
        elif row.name == "me":
            distant.tell_news(self.settings, membership)

    def membership(self) -> Membership:
        """Return the chosen commons, as this user has joined it."""
        from ..commons import memberships  # not for --help and --version

        return memberships.choose(self.settings.config, self._name)

    @property
    def _name(self) -> str:
        return self.commons or self.settings.commons

    def _remember(self, session: Any) -> None:
        """Keep main's head apart from the commons, so that ``wl doctor`` sees a cut-off file."""
        from ..commons import heads

        place = heads.place(self.settings.state, session.host.location, session.repo)
        heads.remember(place, session.engine.head())

    def show(self, name: str, result: Any) -> None:
        """Print a result as the flags ask."""
        from ..commons.data import to_data  # not for --help and --version

        def page() -> Any:
            from . import render  # rich is loaded for a terminal only

            return render.page(name, result, long=self.form.long)

        emit(to_data(result), self.form, page, columns=COLUMNS.get(name, ()))

    @contextmanager
    def session(self, kind: type[Any]) -> Iterator[Any]:
        """Open the chosen commons as a session of class *kind*."""
        from ..commons import workspace  # not for --help and --version

        with workspace.open_commons(self.settings, self._name, kind) as session:
            yield session


def format_options() -> list[click.Parameter]:
    """Return the output flags that every command has."""
    return [
        click.Option(
            ["--json", "json_fields"],
            metavar="[=FIELDS]",
            help="JSON; all fields, or those named",
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
        if sum(map(bool, (given["json_fields"] or given["jq"], given["csv"], given["plain"]))) > 1:
            raise click.UsageError("Use one of --json (with --jq), --csv and --plain.")
        context.may_wait = not values.pop("no_queue", False)
        context.form = replace(
            context.form,
            fields=given["json_fields"] or "",
            jq=given["jq"] or "",
            csv=bool(given["csv"]),
            plain=bool(given["plain"]),
            long=bool(given["long"]),
        )
        return run(context, *args, **values)

    return call  # type: ignore[return-value]


def normalized(arguments: Sequence[str]) -> list[str]:
    """
    Return *arguments* as click reads them.

    A bare ``--json`` is spelled out, so that it takes no value, and global options may stand
    anywhere before ``--``.
    """
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments[:stop])
    for argument in waiting:
        if argument in _GLOBAL_FLAGS or argument.startswith(_GLOBAL_ASSIGNED):
            front.append(argument)
        elif argument in _GLOBAL_OPTIONS:
            front += [argument, *itertools.islice(waiting, 1)]
        else:
            rest.append(f"--json={ALL_FIELDS}" if argument == "--json" else argument)
    return [*front, *rest, *arguments[stop:]]


def _add(command: Any, option: click.Parameter) -> None:
    if isinstance(command, click.Command):
        command.params.append(option)
    else:
        params = getattr(command, "__click_params__", [])
        command.__click_params__ = [*params, option]
