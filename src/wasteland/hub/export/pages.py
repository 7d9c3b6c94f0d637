"""
The pages of an exported board: words and layout.

Every stored text is hostile: it is escaped, and what hides or turns text around is shown as a sign.
The pages run no script and load nothing; a policy in their head makes sure of it.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ...protocol.lean import dataclass
from ...protocol.records import Completion, Rig, Stamp, Status, WantedItem
from ...protocol.stamps import Scale
from ...protocol.stamps import read as read_scores
from ...protocol.text import evidence_url, terminal_safe
from ...protocol.words import priority_word

_STYLE: Final = (
    ":root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 16%,transparent)}"
    "body{font:16px/1.55 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}"
    "h2{font-size:1.1rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.4rem .6rem}"
    "td,th{border-bottom:1px solid var(--line)}"
    "td{overflow-wrap:anywhere}code{font:.85em ui-monospace,monospace}"
    ".status{border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;white-space:nowrap}"
    ".text{white-space:pre-wrap;overflow-wrap:anywhere}.quiet{opacity:.7}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}"
    "@media(max-width:40rem){.wide{display:none}}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
)
_RANKS: Final = (
    Status.OPEN,
    Status.CLAIMED,
    Status.IN_REVIEW,
    Status.COMPLETED,
    Status.WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """An item with what belongs to it."""

    item: WantedItem
    completions: tuple[Completion, ...]
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """
    A whole board.

    Attributes:
        commit: Of main.
        at: When that was made.
        scale: In which scores are written; None if the commons does not say.
        sheets: Open work first.
    """

    name: str
    commons: str
    commit: str
    at: datetime
    scale: Scale | None
    rigs: tuple[Rig, ...]
    sheets: tuple[Sheet, ...]


def rank(item: WantedItem) -> int:
    """Return where items of this status stand on the board; unknown words come last."""
    return _RANKS.index(item.state) if item.state in _RANKS else len(_RANKS)


def index(board: Board, names: Mapping[str, str]) -> str:
    """Return the page of the board; *names* are those of the items' files."""
    rows = "".join(_row(sheet.item, names[sheet.item.id]) for sheet in board.sheets)
    return _page(
        board,
        board.name,
        f"<h1>{_text(board.name)}</h1>"
        f"<p class=quiet>{_text(board.commons)}: {len(board.sheets)} items, "
        f"{len(board.rigs)} rigs. <a href='data.json'>As data</a>.</p>"
        "<table><thead><tr><th>Item<th>Title<th class=wide>Priority<th>Status"
        f"<th class=wide>Held by</thead><tbody>{rows}</tbody></table>",
    )


def item(board: Board, sheet: Sheet) -> str:
    """Return the page of one item."""
    found = sheet.item
    description = f"<p class=text dir=auto>{_text(found.description)}</p>"
    return _page(
        board,
        found.title,
        f"<p><a href='../index.html'>{_text(board.name)}</a></p>"
        f"<h1 dir=auto>{_text(found.title)}</h1>{_facts(found)}"
        f"{description if found.description else ''}"
        + _section("Completions", (_completion(done) for done in sheet.completions))
        + _section("Stamps", (_stamp(stamp, board.scale) for stamp in sheet.stamps)),
    )


def _page(board: Board, title: str, body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">'
        "<meta name=referrer content=no-referrer>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>{body}"
        f"<hr><p class=quiet>{_text(board.commons)} as of {board.at:%Y-%m-%d %H:%M} UTC, "
        f"commit <code>{_text(board.commit)}</code>. What waits for review is not shown.</p>"
        "</body></html>\n"
    )


def _row(found: WantedItem, name: str) -> str:
    return (
        f"<tr><td><a href='items/{_text(name)}.html'><code>{_text(found.id)}</code></a>"
        f"<td dir=auto>{_text(found.title)}<td class=wide>{_text(priority_word(found.priority))}"
        f"<td><span class=status>{_text(found.status)}</span>"
        f"<td class=wide>{_text(found.claimed_by)}"
    )


def _facts(found: WantedItem) -> str:
    tags = found.tags if isinstance(found.tags, tuple) else ()
    return _pairs(
        {
            "Item": found.id,
            "Status": found.status,
            "Held by": found.claimed_by,
            "Posted by": found.posted_by,
            "Type": found.type,
            "Project": found.project,
            "Priority": priority_word(found.priority),
            "Effort": found.effort_level,
            "Tags": ", ".join(map(str, tags)),
            "Posted": _time(found.created_at),
            "Changed": _time(found.updated_at),
        }
    )


def _completion(done: Completion) -> str:
    facts = {"By": done.completed_by, "At": _time(done.completed_at), "Stamp": done.stamp_id}
    return f"<h3><code>{_text(done.id)}</code></h3>{_pairs(facts)}{_evidence(done.evidence or '')}"


def _stamp(stamp: Stamp, scale: Scale | None) -> str:
    scores = read_scores(stamp.valence, scale).scores
    facts = {
        "By": stamp.author,
        "About": stamp.subject,
        "Severity": stamp.severity,
        "At": _time(stamp.created_at),
        "Skills": ", ".join(map(str, stamp.skill_tags or ())),
        **{f"Score: {name}": f"{score:.2f}" for name, score in scores.items()},
    }
    said = f"<p class=text dir=auto>{_text(stamp.message)}</p>" if stamp.message else ""
    return f"<h3><code>{_text(stamp.id)}</code></h3>{_pairs(facts)}{said}"


def _evidence(text: str) -> str:
    url = evidence_url(text)
    link = (
        f"<p><a rel='noopener noreferrer nofollow ugc' href=\"{_text(url)}\">{_text(url)}</a></p>"
    )
    return f"<p class=text dir=auto>{_text(text)}</p>{link if url else ''}"


def _section(title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    return f"<h2>{title}</h2>{body}" if body else ""


def _pairs(facts: Mapping[str, str | None]) -> str:
    rows = (f"<dt>{_text(n)}<dd dir=auto>{_text(value)}" for n, value in facts.items() if value)
    return f"<dl>{''.join(rows)}</dl>"


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _text(value: object) -> str:
    """Return a stored value escaped for text and for quoted attributes."""
    return "" if value is None else html.escape(terminal_safe(str(value)), quote=True)
