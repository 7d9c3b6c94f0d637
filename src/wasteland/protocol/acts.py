"""
What a set of row changes does, in the verbs of the field.

Acts are read off rows: an item that goes to "completed" with a new stamp was accepted, whatever
the commit message claims. Whether an act is allowed is the affair of ``gate``; here even illegal
ones are named, and what has no name is foreign.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .diff import DiffKind, RowChange
from .item_verbs import SETTLES, ItemChange, Verb, item_verbs
from .schema import TABLES, Value


@dataclass(frozen=True, slots=True)
class Act:
    """
    One thing that a change does.

    Attributes:
        verb: What.
        rows: The row changes that it consists of.
        wanted_id: The item that it is about; "" for none.
        rigs: Handles that take part as far as rows tell, the acting one first.
    """

    verb: Verb
    rows: tuple[RowChange, ...]
    wanted_id: str = ""
    rigs: tuple[str, ...] = ()


_REST: Final[Mapping[str, Verb]] = {
    "_meta": Verb.POLICY,
    "wlx_moderation": Verb.MODERATE,
    "badges": Verb.BADGE,
    "chain_meta": Verb.CHAIN,
    "rig_links": Verb.LINK,
    "boot_blocks": Verb.IMPORT,
}
_KEPT_BY_HOST: Final = "wlx_leases"
# Columns that name a rig, the acting one first; "handle" is a rig's own row.
_RIG_COLUMNS: Final = ("author", "subject", "handle", "rig", "rig_a", "rig_b", "rig_handle")


def find(changes: Sequence[RowChange], hints: Mapping[str, Collection[str]]) -> list[Act]:
    """
    Return the acts that *changes* consist of, most significant first.

    Args:
        changes: Net row changes; leases go with the claim that they belong to.
        hints: Wanted id -> verbs that commit messages claim for it; they only tell apart what
            rows cannot (accept from accept-upstream, unclaim from reject).
    """
    known = [change for change in changes if _is_known(change)]
    acts = [Act(Verb.FOREIGN, (change,)) for change in changes if not _is_known(change)]
    items = _by_item(known)
    for item in items.values():
        acts += _item_acts(item, hints.get(item.id, ()))
    grouped = {id(row) for item in items.values() for row in item.rows}
    for change in known:
        if id(change) not in grouped and change.table != _KEPT_BY_HOST:
            acts.append(_single_act(change))
    order = list(Verb)
    return sorted(acts, key=lambda act: order.index(act.verb))


def _is_known(change: RowChange) -> bool:
    table = TABLES.get(change.table)
    sides = [row for row in (change.before, change.after) if row is not None]
    return table is not None and bool(sides) and all(row.get(table.key) for row in sides)


def _by_item(changes: Sequence[RowChange]) -> dict[str, ItemChange]:
    items: dict[str, ItemChange] = {}
    of_completion: dict[str, str] = {}
    for change in changes:
        if change.table == "wanted":
            items.setdefault(change.key, ItemChange(change.key)).wanted = change
        elif change.table == "completions" and (wanted_id := _text(change.row.get("wanted_id"))):
            items.setdefault(wanted_id, ItemChange(wanted_id)).completions.append(change)
            of_completion[change.key] = wanted_id
    for change in changes:
        context = _text(change.row.get("context_id"))
        item = items.get(of_completion.get(context, context))
        if change.table == "stamps" and item is not None:
            item.stamps.append(change)
    return items


def _item_acts(item: ItemChange, hints: Collection[str]) -> list[Act]:
    return [_act(verb, item) for verb in item_verbs(item, hints)]


def _act(verb: Verb, item: ItemChange) -> Act:
    return Act(verb, item.rows, item.id, tuple(dict.fromkeys(filter(None, _rigs(verb, item)))))


def _rigs(verb: Verb, item: ItemChange) -> Iterator[str]:
    """Yield who takes part in *verb*, the acting rig first, as far as rows tell."""
    before = (item.wanted.before if item.wanted else None) or {}
    after = (item.wanted.after if item.wanted else None) or {}
    if verb in SETTLES or verb is Verb.STAMP:
        yield from (_text(row.row.get("author")) for row in item.stamps)
        yield from (_text(row.row.get("validated_by")) for row in item.completions)
        yield from (_text(row.row.get("completed_by")) for row in item.completions)
    elif verb is Verb.POST:
        yield _text(after.get("posted_by"))
    elif verb in {Verb.DONE, Verb.EVIDENCE}:
        yield from (_text(row.row.get("completed_by")) for row in item.completions)
        yield _text(after.get("claimed_by"))
    elif verb in {Verb.CLAIM, Verb.HANDOVER}:
        yield _text(after.get("claimed_by"))
    elif verb is Verb.UNCLAIM:
        yield _text(before.get("claimed_by"))


def _single_act(change: RowChange) -> Act:
    rigs = tuple(filter(None, (_text(change.row.get(name)) for name in _RIG_COLUMNS)))
    return Act(_single_verb(change), (change,), rigs=tuple(dict.fromkeys(rigs)))


def _single_verb(change: RowChange) -> Verb:
    if change.kind is DiffKind.REMOVED and change.table != "_meta":
        return Verb.FOREIGN
    if change.table == "rigs":
        if change.kind is DiffKind.ADDED:
            return Verb.REGISTER
        return Verb.TRUST if "trust_level" in change.cells else Verb.PROFILE
    if change.table == "stamps":
        return Verb.STAMP if change.kind is DiffKind.ADDED else Verb.FOREIGN
    return _REST.get(change.table, Verb.FOREIGN)


def _text(value: Value) -> str:
    return "" if value is None else str(value)
