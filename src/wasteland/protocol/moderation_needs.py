"""What the rules of moderation records have in common: who may say what of whom, about what."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import fields
from .diff import RowChange
from .errors import Forbidden, Invalid, NotFound
from .moderation import Deed, Ledger
from .names import visible
from .policy import Action
from .proposal import Case
from .records import Moderation, Rig
from .roles import need_say_over


def need_say(case: Case, record: Moderation, *, of_anybody: bool = False) -> None:
    """Nobody decides about itself, nor about a rig with more trust than its own."""
    case.authorize(Action.MODERATE)
    about = case.authority.rigs.get(record.rig)
    if about is None and record.rig != case.me and not of_anybody:
        raise NotFound(
            f"{visible(record.rig)} is not a rig of this commons.",
            hint="wl rig list",
            rig=record.rig,
        )
    need_say_over(case.actor, about or Rig(record.rig))


def need_about(ledger: Ledger, record: Moderation, *deeds: Deed) -> Moderation:
    """Return the record that *record* is about: of one of *deeds*, and of the same rig."""
    found = ledger.find(record.about)
    if found is None or found.action not in deeds or found.rig != record.rig:
        named = " or ".join(deed.value for deed in deeds)
        raise NotFound(
            f"{visible(record.about or 'nothing')} is no {named} about {record.rig or 'that'}.",
            hint="wl audit",
            id=record.about,
        )
    return found


def need_beside(
    case: Case,
    record: Moderation,
    table: str,
    key: str | None,
    fits: Callable[[RowChange], bool],
) -> None:
    """Return if a row of the same change does what *record* tells of; else it is Forbidden."""
    rows = [row for row in case.change.rows if (row.table, row.key) == (table, key)]
    if not any(map(fits, rows)):
        raise Forbidden(
            f"A record of {record.action} comes with the change that it tells of.", id=record.id
        )


def need_reason(record: Moderation) -> None:
    """Return if *record* says why; else it is Invalid."""
    if not record.reason:
        raise invalid("reason", record.reason, f"1 to {fields.TEXT_LIMIT} characters")


def need_text(record: Moderation) -> None:
    """Return if the reason of *record* is as every form takes it; else it is Invalid."""
    text = record.reason or ""
    try:
        is_kept = text == fields.long_text("reason", text)
    except Invalid:
        is_kept = False
    if not is_kept:
        raise invalid("reason", text, "text without control characters, or blanks around it")


def need_word(record: Moderation, field: str, allowed: Iterable[str]) -> None:
    """Return if a field holds one of the words that are *allowed*; else it is Invalid."""
    known = [str(word) for word in allowed]
    if getattr(record, field) not in known:
        raise invalid(field, getattr(record, field), ", ".join(known))


def invalid(field: str, value: object, rule: str) -> Invalid:
    """Return the error for a cell of a record that breaks *rule*."""
    seen = visible(str(value or ""))
    return Invalid(
        f"{seen if value else 'Nothing'} cannot be the {field}: {rule}.",
        hint="wl report, wl rig suspend and wl answer write records",
        field=field,
        value=seen,
    )
