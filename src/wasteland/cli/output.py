"""
Where results go: JSON, a jq expression, CSV, tab-separated text, or a page for people.

Data goes to standard output, everything else to standard error. A pipe gets tab-separated text
without decoration; only a terminal gets colours, tables and a pager.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ..protocol.errors import Invalid
from ..protocol.lean import dataclass

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

ALL_FIELDS = "*"
COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "inbox": (
        "pull.id",
        "rig",
        "card.kind",
        "card.subkind",
        "card.wanted_ids",
        "card.summary",
        "card.evidence",
        "allowed",
        "reasons",
        "pull.source",
        "pull.branch",
        "pull.head",
        "pull.created_at",
    ),
}
"""Operation -> the fields that CSV and tab-separated text show, where all would be too many."""
_UNPRINTABLE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LONGEST_REASON: Final = 200

_BLANK_ENDS = re.compile(r" +$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Format:
    """
    How one command's result is wanted.

    Attributes:
        fields: Fields of ``--json``, "*" for all, "" when no JSON is wanted.
        jq: A jq expression over the JSON.
        csv: Comma-separated.
        plain: Tab-separated even on a terminal.
        color: "auto", "always" or "never".
        pager: Whether long pages may go through one.
        long: Whether a page shows more columns.
    """

    fields: str = ""
    jq: str = ""
    csv: bool = False
    plain: bool = False
    color: str = "auto"
    pager: bool = True
    long: bool = False

    @property
    def is_json(self) -> bool:
        """Whether programs read along: errors are JSON then too."""
        return bool(self.fields or self.jq)


def emit(
    data: Any,
    form: Format,
    page: Callable[[], RenderableType],
    *,
    columns: Sequence[str] = (),
) -> None:
    """
    Print a result.

    Args:
        data: JSON data.
        form: As the flags ask.
        page: Makes the page for people; called only for a terminal.
        columns: Paths such as "card.kind" that text in columns shows; all fields by default.
    Raises:
        Invalid: No such field, or no jq expression.
    """
    if form.is_json:
        click.echo(_json(data, form))
    elif form.csv:
        click.echo(_csv(_rows(data, columns)), nl=False)
    elif form.plain or not is_terminal(form):
        click.echo(_tabbed(data, columns), nl=False)
    else:
        _show(page(), form)


def is_terminal(form: Format) -> bool:
    """Return whether people look at standard output."""
    return sys.stdout.isatty() or form.color == "always"


def console(form: Format, *, file: Any = None) -> Console:
    """Return a console that keeps the colour rules: flag, NO_COLOR, FORCE_COLOR, TERM=dumb."""
    from rich.console import Console  # heavy, and only for people

    env = os.environ
    forced = bool(env.get("FORCE_COLOR") or env.get("CLICOLOR_FORCE"))
    plain = bool(env.get("NO_COLOR")) or env.get("TERM") == "dumb"
    color = form.color == "always" or (form.color == "auto" and (forced or not plain))
    return Console(
        file=file,
        force_terminal=True if form.color == "always" or forced else None,
        color_system="auto" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def _show(page: RenderableType, form: Format) -> None:
    screen = console(form)
    with screen.capture() as captured:
        screen.print(page, crop=False)
    text = _BLANK_ENDS.sub("", captured.get())
    if form.pager and sys.stdout.isatty() and text.count("\n") >= screen.height:
        os.environ.setdefault("LESS", "-FRX")
        if pager := os.environ.get("WL_PAGER"):
            os.environ["PAGER"] = pager
        click.echo_via_pager(text, color=True)
    else:
        click.echo(text, nl=False, color=True)


def _json(data: Any, form: Format) -> str:
    chosen = _pick(data, form.fields) if form.fields not in {"", ALL_FIELDS} else data
    if not form.jq:
        return _dumps(chosen, indent=2)
    import jq  # type: ignore[import-not-found]  # a compiled library, rarely used

    try:
        results = jq.compile(form.jq).input_value(chosen).all()
    except ValueError as error:
        # An expression such as "error" fails with the whole of its input.
        reason = str(error)[:_LONGEST_REASON]
        raise Invalid(
            f"The jq expression fails: {reason}.", field="jq", value=form.jq, hint="--jq '.[].id'"
        ) from error
    return "\n".join(_safe(r) if isinstance(r, str) else _dumps(r) for r in results)


def _dumps(data: Any, indent: int | None = None) -> str:
    text = json.dumps(data, ensure_ascii=False, indent=indent, default=str)
    return _UNPRINTABLE.sub(lambda m: json.dumps(m[0])[1:-1], text)


def _pick(data: Any, names: str) -> Any:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if isinstance(data, list):
        return [_pick(item, names) for item in data]
    if not isinstance(data, Mapping):
        return data
    unknown = [name for name in wanted if name not in data]
    if unknown:
        raise Invalid(
            f"There is no field {unknown[0]!r}; there are: {', '.join(data)}.",
            field="json",
            value=names,
        )
    return {name: data[name] for name in wanted}


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    import csv  # only here

    from ..protocol.text import csv_safe

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([csv_safe(_safe(_cell(value))) for value in row.values()])
    return out.getvalue()


def _tabbed(data: Any, columns: Sequence[str]) -> str:
    if isinstance(data, Mapping):
        return "".join(f"{_flat(name)}\t{_flat(value)}\n" for name, value in _leaves(data))
    rows = _rows(data, columns)
    return "".join("\t".join(_flat(v) for v in row.values()) + "\n" for row in rows)


def _leaves(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record and of the records in it, by path."""
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _rows(data: Any, columns: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    found: Iterable[Any] = data if isinstance(data, list) else [data]
    rows = [row if isinstance(row, Mapping) else {"value": row} for row in found]
    return [{path: _at(row, path) for path in columns} for row in rows] if columns else rows


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _flat(value: Any) -> str:
    return _safe(_cell(value)).replace("\n", "\\n").replace("\t", "\\t")


def _safe(text: str) -> str:
    from ..protocol.text import terminal_safe  # its patterns cost two milliseconds

    return terminal_safe(text)
