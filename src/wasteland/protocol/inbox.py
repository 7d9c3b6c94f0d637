"""
The review inbox: a change as the card that a maintainer looks at.

Rows decide what a card is (see ``acts``); the commit message gives a rejection its reason and
tells apart what rows cannot. A change that does several things gets the card of the most
significant one and names the others; one foreign row makes the whole card unknown.
Source: administration guide, "The Review Inbox" (S1-14 to S1-20).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .acts import Act, find
from .diff import RowChange
from .item_verbs import Verb
from .schema import TABLES, Value
from .text import terminal_safe


class CardKind(StrEnum):
    """The kinds of card."""

    UNKNOWN = "unknown"
    ADMIN_ACTION = "admin_action"
    WORK_SUBMISSION = "work_submission"
    WANTED_POST = "wanted_post"
    WANTED_EDIT = "wanted_edit"
    CLAIM = "claim"
    REGISTRATION = "registration"


@dataclass(frozen=True, slots=True)
class Detail:
    """
    A fact that the card shows.

    Attributes:
        name: A column's name, or "reason".
        before: As stored; None where there was nothing.
        after: As stored.
    """

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Card:
    """
    One entry of the review inbox.

    Attributes:
        kind: What sort of card.
        subkind: The verb, for instance "accept-upstream".
        wanted_ids: Items that the change is about, those of the leading act first.
        rigs: Handles that take part, the acting one first.
        summary: One sentence, safe to print.
        evidence: Of the submitted or accepted work; "" where there is none.
        details: What a reviewer needs to see of the leading acts, in order.
        others: Verbs of what else the change does, most significant first.
        by_poster: Whether *author* posted the (first) item.
    """

    kind: CardKind
    subkind: str
    wanted_ids: tuple[str, ...]
    rigs: tuple[str, ...]
    summary: str
    evidence: str = ""
    details: tuple[Detail, ...] = ()
    others: tuple[str, ...] = ()
    by_poster: bool = False


KINDS: Final[Mapping[Verb, CardKind]] = {
    Verb.FOREIGN: CardKind.UNKNOWN,
    Verb.POLICY: CardKind.ADMIN_ACTION,
    Verb.TRUST: CardKind.ADMIN_ACTION,
    Verb.MODERATE: CardKind.ADMIN_ACTION,
    Verb.ACCEPT: CardKind.ADMIN_ACTION,
    Verb.ACCEPT_UPSTREAM: CardKind.ADMIN_ACTION,
    Verb.REJECT: CardKind.ADMIN_ACTION,
    Verb.CLOSE: CardKind.ADMIN_ACTION,
    Verb.CLOSE_UPSTREAM: CardKind.ADMIN_ACTION,
    Verb.STAMP: CardKind.ADMIN_ACTION,
    Verb.BADGE: CardKind.ADMIN_ACTION,
    Verb.CHAIN: CardKind.ADMIN_ACTION,
    Verb.DONE: CardKind.WORK_SUBMISSION,
    Verb.EVIDENCE: CardKind.WORK_SUBMISSION,
    Verb.POST: CardKind.WANTED_POST,
    Verb.WITHDRAW: CardKind.WANTED_EDIT,
    Verb.UNCLAIM: CardKind.WANTED_EDIT,
    Verb.UPDATE: CardKind.WANTED_EDIT,
    Verb.HANDOVER: CardKind.CLAIM,
    Verb.CLAIM: CardKind.CLAIM,
    Verb.REGISTER: CardKind.REGISTRATION,
    Verb.LINK: CardKind.REGISTRATION,
    Verb.IMPORT: CardKind.REGISTRATION,
    Verb.PROFILE: CardKind.REGISTRATION,
}
_STAMP_COLUMNS: Final = (
    "author",
    "subject",
    "valence",
    "confidence",
    "severity",
    "skill_tags",
    "message",
)
_DONE_COLUMNS: Final = ("completed_by", "evidence")
_SHOWN: Final[Mapping[Verb, Mapping[str, tuple[str, ...]]]] = {
    Verb.REGISTER: {
        "rigs": (
            "handle",
            "display_name",
            "dolthub_org",
            "gt_version",
            "trust_level",
            "rig_type",
            "parent_rig",
        )
    },
    Verb.POST: {
        "wanted": ("title", "description", "type", "priority", "project", "tags", "effort_level")
    },
    Verb.DONE: {"completions": _DONE_COLUMNS},
    Verb.ACCEPT: {"completions": _DONE_COLUMNS, "stamps": _STAMP_COLUMNS},
    Verb.ACCEPT_UPSTREAM: {"completions": _DONE_COLUMNS, "stamps": _STAMP_COLUMNS},
    Verb.STAMP: {"stamps": _STAMP_COLUMNS},
    Verb.CLOSE_UPSTREAM: {"completions": _DONE_COLUMNS},
}
"""Verb -> table -> columns shown whether or not they changed; other verbs show changed cells."""
_UNSHOWN: Final = frozenset({"id", "updated_at", "created_at", "last_seen", "owner_email"})
_SENTENCES: Final[Mapping[Verb, str]] = {
    Verb.FOREIGN: "{who} changes rows in a way that this protocol has no name for",
    Verb.POLICY: "{who} changes settings of the commons",
    Verb.TRUST: "{who} changes the trust of {rigs}",
    Verb.MODERATE: "{who} decides about {rigs}",
    Verb.ACCEPT: "{who} accepts the work on {items}",
    Verb.ACCEPT_UPSTREAM: "{who} accepts a fork's work on {items}",
    Verb.REJECT: "{who} rejects the work on {items}",
    Verb.CLOSE: "{who} closes {items} without a stamp",
    Verb.CLOSE_UPSTREAM: "{who} closes {items} with a fork's work, without a stamp",
    Verb.STAMP: "{who} issues a stamp",
    Verb.BADGE: "{who} awards a badge",
    Verb.CHAIN: "{who} registers a chain or commons",
    Verb.DONE: "{who} submits work on {items}",
    Verb.EVIDENCE: "{who} changes the evidence of {items}",
    Verb.POST: "{who} posts {items}",
    Verb.WITHDRAW: "{who} withdraws {items}",
    Verb.UNCLAIM: "{who} gives back {items}",
    Verb.UPDATE: "{who} edits {items}",
    Verb.HANDOVER: "{who} takes over {items}",
    Verb.CLAIM: "{who} claims {items}",
    Verb.REGISTER: "{who} registers",
    Verb.LINK: "{who} links rigs",
    Verb.IMPORT: "{who} brings a profile",
    Verb.PROFILE: "{who} changes a profile",
}
# Rows name the acting rig of these; of the others only the change's author can be it.
_NAMED_BY_ROWS: Final = frozenset(
    {
        Verb.ACCEPT,
        Verb.ACCEPT_UPSTREAM,
        Verb.STAMP,
        Verb.DONE,
        Verb.POST,
        Verb.CLAIM,
        Verb.HANDOVER,
        Verb.REGISTER,
    }
)
_SUBJECT: Final = re.compile(r"wl (?P<verb>[a-z-]{1,32}): (?P<id>\S{1,64})(?: — (?P<reason>.*))?\Z")


def classify(changes: Sequence[RowChange], *, author: str | None = None, message: str = "") -> Card:
    """
    Return the card of *changes*.

    Args:
        changes: Net row changes against main.
        author: Handle of the rig (or name of the account) that offers them.
        message: Commit messages, or the pull request's title where there are none.
    """
    said = list(_subjects(message))
    acts = find(changes, _hints(said))
    if not acts:
        return Card(CardKind.UNKNOWN, Verb.FOREIGN, (), (), "The change does nothing that shows.")
    verb = acts[0].verb
    leading = [act for act in acts if act.verb is verb]
    return Card(
        kind=KINDS[verb],
        subkind=verb,
        wanted_ids=_distinct(act.wanted_id for act in acts),
        rigs=_distinct(rig for act in acts for rig in act.rigs),
        summary=_summary(leading, author),
        evidence=_evidence(leading),
        details=(*_details(leading), *_reasons(leading, said)),
        others=_distinct(act.verb for act in acts if act.verb is not verb),
        by_poster=_is_poster(leading, author),
    )


def _subjects(message: str) -> Iterator[re.Match[str]]:
    for line in message.splitlines():
        match = _SUBJECT.match(line.strip())
        if match:
            yield match


def _hints(said: Sequence[re.Match[str]]) -> dict[str, Collection[str]]:
    verbs: dict[str, set[str]] = {}
    for match in said:
        verbs.setdefault(match["id"], set()).add(match["verb"])
    return dict(verbs)


def _distinct(words: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _summary(leading: Sequence[Act], author: str | None) -> str:
    verb = leading[0].verb
    rigs = _distinct(rig for act in leading for rig in act.rigs)
    items = _distinct(act.wanted_id for act in leading)
    named = rigs[0] if rigs and verb in _NAMED_BY_ROWS else ""
    sentence = _SENTENCES[verb].format(
        who=named or author or "somebody",
        items=", ".join(items) or "no item",
        rigs=", ".join(rigs) or "nobody",
    )
    return terminal_safe(f"{sentence}.", one_line=True)


def _evidence(leading: Sequence[Act]) -> str:
    """Return the evidence in the completions, else the item's link."""
    if KINDS[leading[0].verb] not in {CardKind.WORK_SUBMISSION, CardKind.ADMIN_ACTION}:
        return ""
    rows = [row for act in leading for row in act.rows]
    for table, column in (("completions", "evidence"), ("wanted", "evidence_url")):
        for row in rows:
            if row.table == table and row.row.get(column):
                return str(row.row[column])
    return ""


def _details(leading: Sequence[Act]) -> Iterator[Detail]:
    for act in leading:
        columns = _SHOWN.get(act.verb)
        for row in act.rows:
            if columns is None:
                yield from _changed(row)
            elif row.table in columns and row.after is not None:
                yield from _stated(row, columns[row.table])


def _stated(row: RowChange, columns: Sequence[str]) -> Iterator[Detail]:
    for name in columns:
        before, after = (row.before or {}).get(name), (row.after or {}).get(name)
        if after is not None:
            yield Detail(name, before, after)


def _changed(row: RowChange) -> Iterator[Detail]:
    cells = row.cells if row.table in TABLES else {}
    for name, (before, after) in cells.items():
        if name not in _UNSHOWN:
            yield Detail(name, before, after)


def _reasons(leading: Sequence[Act], said: Sequence[re.Match[str]]) -> Iterator[Detail]:
    for act in leading:
        for match in said:
            if (match["verb"], match["id"]) == (act.verb, act.wanted_id) and match["reason"]:
                yield Detail("reason", None, match["reason"])


def _is_poster(leading: Sequence[Act], author: str | None) -> bool:
    posters = [
        row.row.get("posted_by") for act in leading for row in act.rows if row.table == "wanted"
    ]
    return author is not None and author in posters[:1]
