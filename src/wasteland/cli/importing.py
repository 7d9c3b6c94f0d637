"""``wl import``: a file of issues becomes wanted items, in one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from .context import Context, pass_context, with_format
from .output import emit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..commons.imports.entries import Batch
    from ..commons.imports.importer import ImportReport
    from ..commons.memberships import Membership

F = TypeVar("F", bound=Callable[..., Any])
_SHOWN = 10
_WORDS = {
    "added": "new",
    "updated": "updated",
    "unchanged": "already there",
    "outdated": "changed",
}


@click.group("import", short_help="Turn GitHub issues or a CSV file into wanted items")
def importing() -> None:
    """
    Turn GitHub issues or a CSV file into wanted items, in one commit.

    Importing again adds nothing twice. What cannot be read is reported; the rest is imported.
    """


def _options(command: F) -> F:
    """Give a command the file and the flags that every import has."""
    decorations = (
        click.argument("file", type=click.File("rb")),
        click.option("--project", default="", help="of all items, whatever the file says"),
        click.option("--closed", is_flag=True, help="take closed issues too; they are open here"),
        click.option("--update", is_flag=True, help="write changed texts over your open items"),
        click.option("--dry-run", is_flag=True, help="show what would be imported, commit nothing"),
    )
    for decorate in reversed(decorations):
        command = decorate(command)
    return command


@importing.command("github", short_help="Import the issues of a GitHub repository")
@_options
@click.option("--repo", default="", metavar="OWNER/NAME", help="where the file has no url")
@with_format
@pass_context
def github(context: Context, file: IO[bytes], *, repo: str, **choices: Any) -> None:
    """
    Import issues as GitHub's own client exports them; FILE may be - for standard input.

    Labels give type, priority and effort where they name one; the others become tags.

    \b
    Example:
      gh issue list --limit 500 --json number,title,body,labels,state,url > issues.json
      wl import github issues.json --dry-run
    """
    from ..commons.imports.github import read_github

    _import(context, read_github(_read(file), repo=repo), choices)


@importing.command("csv", short_help="Import the rows of a CSV file")
@_options
@click.option("--source", default="", metavar="NAME", help="keeps ids of two trackers apart")
@with_format
@pass_context
def from_csv(context: Context, file: IO[bytes], *, source: str, **choices: Any) -> None:
    """
    Import a table whose first row names its columns; FILE may be - for standard input.

    Columns: title, description, project, type, priority, effort, tags, labels, id, url, status.
    Only the title is needed. Without an id the title tells an item from another.

    \b
    Example:
      wl import csv backlog.csv --project apollo --dry-run
    """
    from ..commons.imports.csv_file import read_csv

    _import(context, read_csv(_read(file), source=source), choices)


def page(report: ImportReport) -> RenderableType:
    """Return the report for a terminal: what is new first, then what needs a look."""
    from rich.console import Group
    from rich.text import Text

    lines = [_summary(report)]
    for name in ("added", "updated", "outdated"):
        lines += _some(_WORDS[name], [(one.id, one.title) for one in getattr(report, name)])
    lines += _some("skipped", [(note.source, note.reason) for note in report.skipped])
    lines += _some("note", [(note.source, note.reason) for note in report.notes])
    if report.outdated:
        lines.append("  → --update writes what has changed at the source")
    if report.receipt and report.receipt.note:
        lines.append(report.receipt.note)
    return Group(*(Text(line) for line in lines))


def _summary(report: ImportReport) -> str:
    counts = [f"{len(getattr(report, name))} {word}" for name, word in _WORDS.items()]
    state = report.receipt.state.replace("_", " ") if report.receipt else "nothing to import"
    return f"{', '.join(counts)}, {len(report.skipped)} skipped ({state})"


def _some(word: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for each of the first pairs, and how many more there are."""
    from ..protocol.text import terminal_safe

    lines = [
        f"  {word:<8}  {terminal_safe(name, one_line=True)}  {terminal_safe(text, one_line=True)}"
        for name, text in pairs[:_SHOWN]
    ]
    more = len(pairs) - _SHOWN
    return [*lines, f"  {word:<8}  … and {more} more; --json lists all"] if more > 0 else lines


def _read(file: IO[bytes]) -> bytes:
    """Return the file's bytes; of one that is too long, enough to be refused."""
    from ..commons.imports.entries import MAX_BYTES

    return file.read(MAX_BYTES + 1)


def _import(context: Context, batch: Batch, choices: Mapping[str, Any]) -> None:
    from ..commons import memberships
    from ..commons.data import to_data
    from ..commons.imports.importer import Imports

    membership = context.membership()
    if membership.kind == memberships.HUB:
        report = _import_there(context, membership, batch, choices)
    else:
        with context.session(Imports) as session:
            report = session.import_entries(batch, **choices)
    emit(to_data(report), context.form, lambda: page(report))


def _import_there(
    context: Context, membership: Membership, batch: Batch, choices: Mapping[str, Any]
) -> ImportReport:
    from ..commons import hubs  # loads the HTTP client
    from ..commons.imports.sending import import_there

    with closing(hubs.open_distant(context.settings, membership, limits=hubs.PATIENT)) as distant:
        return import_there(distant, batch, **choices)


COMMANDS = {"import": importing}
