"""What lies on the desk: one pull request with its rows, verdict, evidence, talk and choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ...commons.choices import Chooser, is_work, item_id
from ...commons.evidence.check import State
from ...commons.review import Submission
from ...commons.triage import Entry, entries
from ...hosts.base import PullState
from ...hub import pulls
from ...hub.verdicts import Opinion
from ...protocol import evidence
from ...protocol.diff import RowChange
from ...protocol.lean import dataclass
from ...protocol.policy import Action, Who
from ...protocol.records import Completion, WantedItem
from ...protocol.text import evidence_url
from ...protocol.words import shown
from .. import stamping
from ..looks import Tried
from ..places import Place
from ..visits import Visit

_MOST_ROWS: Final = 12
_WHOLE_ROWS: Final = 500
_CUT: Final = 300
_MOST_PIECES: Final = 8
_SAID: Final = {Opinion.APPROVED: "approved", Opinion.CHANGES_REQUESTED: "asked for changes"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a row before and after; None where there was no row."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A row that changes; ``kind`` is added, removed or modified."""

    table: str
    key: str
    kind: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence: what it is, its text, its address if it may be followed."""

    kind: str
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A remark or an opinion; ``state`` colours an opinion's mark."""

    author: str
    body: str
    at: datetime
    told: str = ""
    state: str = ""
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """
    Everything about one pull request that a reviewer decides by.

    Attributes:
        rows: As many as are shown; ``hidden`` is how many more there are.
        counts: Table -> rows.
        check: What was found at its evidence.
        facts: What its rig must be allowed to do, and is.
        why_not: Operation -> the rule that refuses it; "" where it is allowed.
        may_opine: Whether one's approval or request for changes counts.
        stamp: The form of the stamp; None where nothing is to be stamped.
        tried: What was refused just now.
    """

    entry: Entry
    item_id: str
    rows: Sequence[Rows]
    hidden: int
    counts: Mapping[str, int]
    pieces: Sequence[Piece]
    check: State | None
    talk: Sequence[Said]
    facts: Sequence[str]
    why_not: Mapping[str, str]
    may_opine: bool
    stamp: stamping.StampForm | None
    tried: Tried | None = None

    @property
    def found(self) -> Submission:
        """The pull request as it was looked at."""
        return self.entry.found

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.found.pull.state is PullState.OPEN

    def may(self, operation: str) -> bool:
        """Return whether an operation is offered and allowed."""
        return self.why_not.get(operation) == ""

    def typed(self, operation: str, field: str) -> str:
        """Return what was typed in the form of an operation that was refused."""
        tried = self.tried
        return tried.typed.get(field, "") if tried and tried.operation == operation else ""


def laid_out(
    visit: Visit, place: Place, pull: str, *, tried: Tried | None = None, whole: bool = False
) -> Desk:
    """
    Return the desk of a pull request.

    Args:
        tried: What was refused just now.
        whole: Show the whole diff.
    Raises:
        NotFound: There is none of that number.
    """
    session = place.session
    found = session.review(pull)
    may_act = bool(place.me.rig) and place.may_write
    offered = Chooser(session).choices(found) if may_act else []
    limit = _WHOLE_ROWS if whole else _MOST_ROWS
    entry = entries(session, [found])[0]
    rows = sorted(found.rows, key=lambda row: (row.table != WantedItem.table, row.table, row.key))
    return Desk(
        entry=entry,
        item_id=item_id(found),
        rows=[_row(row, whole=whole) for row in rows[:limit]],
        hidden=max(len(rows) - limit, 0),
        counts=_counts(rows),
        pieces=_pieces(found.card.evidence),
        check=_check(visit, place, found),
        talk=_talk(visit, place, found),
        facts=_facts(place, entry),
        why_not={choice.operation: choice.why_not for choice in offered},
        may_opine=may_act and not place.connection and pulls.is_others(visit.caller, found.pull),
        stamp=_stamp(place, found, tried),
        tried=tried,
    )


def _stamp(place: Place, found: Submission, tried: Tried | None) -> stamping.StampForm | None:
    if not is_work(found):
        return None
    mine = tried if tried and tried.operation == "accept" else None
    return stamping.shown(
        place.scale,
        mine.typed if mine else None,
        field=mine.field if mine else "",
        error=mine.why if mine else "",
    )


def _facts(place: Place, entry: Entry) -> list[str]:
    """Return what the gate asked of the rig, each with the rule that answers it."""
    policy, found = place.session.policy(), entry.found
    if not policy.is_stated or not found.allowed:
        return []
    standing = f"Trust {entry.rig.trust}" if entry.rig else "Not registered yet"
    return [
        f"{standing}: {word} is for {_told(policy.who(Action(word)))}" for word in found.actions
    ]


def _told(who: Who) -> str:
    """Return who may do something, as people say it."""
    return " or ".join(str(who).replace(":", " ").split("|"))


def _row(row: RowChange, *, whole: bool) -> Rows:
    cells = row.cells if row.before and row.after else _columns(row)
    return Rows(
        table=row.table,
        key=row.key,
        kind=row.kind.value,
        cells=[
            Cell(
                name,
                None if row.before is None else _text(before, whole=whole),
                None if row.after is None else _text(after, whole=whole),
            )
            for name, (before, after) in cells.items()
        ],
    )


def _columns(row: RowChange) -> dict[str, tuple[object, object]]:
    """Return the cells of a row that is added or removed, without those that hold nothing."""
    side = row.after or row.before or {}
    return {
        name: (None, value) if row.after else (value, None)
        for name, value in side.items()
        if value is not None
    }


def _text(value: object, *, whole: bool) -> str:
    text = shown(value, "null") if value is not None else "null"
    return text if whole or len(text) <= _CUT else f"{text[:_CUT]}…"


def _counts(rows: Sequence[RowChange]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row.table] = found.get(row.table, 0) + 1
    return found


def _pieces(text: str) -> list[Piece]:
    if not text:
        return []
    found = evidence.read_all(text)[:_MOST_PIECES]
    return [
        Piece(
            kind=piece.kind.value.replace("_", " "),
            text=piece.url or piece.name or piece.canonical or text,
            url=evidence_url(piece.url),
        )
        for piece in found
        if piece.kind is not evidence.Kind.TEXT
    ]


def _check(visit: Visit, place: Place, found: Submission) -> State | None:
    ids = [row.key for row in found.rows if row.table == Completion.table and row.after]
    states = [visit.hub.checks.state(place.name, each) for each in ids]
    return next((state for state in states if state), None)


def _talk(visit: Visit, place: Place, found: Submission) -> list[Said]:
    remarks = [Said(each.author, each.body, each.created_at) for each in found.comments]
    opinions = [
        Said(
            author=each.rig or each.account,
            body=each.body,
            at=each.at,
            told=_SAID[each.opinion],
            state="ok" if each.opinion is Opinion.APPROVED else "warn",
            is_old=each.head != found.pull.head,
        )
        for each in visit.hub.verdicts.opinions(place.session.repo, found.pull.id)
    ]
    return sorted([*remarks, *opinions], key=lambda said: said.at)
