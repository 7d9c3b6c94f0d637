"""
Turning the issues of another tracker into wanted items.

One import is one commit. An item's id derives from its source, so that importing again adds
nothing twice; what has changed at the source is written over an item only when asked for, and
only while it is open and the importer's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ...protocol import lifecycle
from ...protocol.diff import RowChange
from ...protocol.errors import Invalid
from ...protocol.names import visible
from ...protocol.policy import Action
from ...protocol.records import WantedItem
from .. import queries
from ..changes import added, changed
from ..intents import Intent
from ..queries import Query
from ..receipts import Receipt
from ..writing import WriteSession
from .drafts import Draft, draft
from .entries import Batch, Entry, Note, note


@dataclass(frozen=True, slots=True)
class Imported:
    """One wanted item that an import is about."""

    id: str
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    What an import did, or would do.

    Attributes:
        added: New items.
        updated: Items whose texts now say what their source says.
        unchanged: Items that were there already and say what their source says.
        outdated: Items that differ from their source; ``--update`` writes them.
        skipped: Entries that became no item, and why.
        notes: Items that do not say all that their source says, and why.
        receipt: Of the one write; None when there was nothing to write.
    """

    added: Sequence[Imported] = ()
    updated: Sequence[Imported] = ()
    unchanged: Sequence[Imported] = ()
    outdated: Sequence[Imported] = ()
    skipped: Sequence[Note] = ()
    notes: Sequence[Note] = ()
    receipt: Receipt | None = None


@dataclass(slots=True)
class _Tally:
    """A report in the making; emptied whenever the plan is made anew."""

    added: list[Imported] = field(default_factory=list)
    updated: list[Imported] = field(default_factory=list)
    unchanged: list[Imported] = field(default_factory=list)
    outdated: list[Imported] = field(default_factory=list)
    skipped: list[Note] = field(default_factory=list)

    def clear(self) -> None:
        for found in (self.added, self.updated, self.unchanged, self.outdated, self.skipped):
            found.clear()


class Imports(WriteSession):
    """The operation that imports."""

    def import_entries(
        self,
        batch: Batch,
        *,
        project: str = "",
        closed: bool = False,
        update: bool = False,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> ImportReport:
        """
        Put the entries of *batch* on the board.

        Args:
            batch: As ``import_github`` or ``import_csv`` read it.
            project: Of all items; "" keeps what the file says.
            closed: Take what is closed at its source too; it is open here.
            op_id: Repeat it for a safe retry.
            dry_run: Do everything but the commit.
            update: Write changed texts over items that are open and yours; the policy's rule for
                edits then decides whether the import lands at once.
        Raises:
            LimitReached: The policy allows this rig fewer posts a day.
            Forbidden: The policy keeps this rig from posting.
        """
        options = self.options(op_id, dry_run=dry_run)
        self.need_rig()
        drafts, skipped, notes = _drafts(batch, project, closed=closed)
        tally = _Tally()
        receipt = None
        if drafts:
            plan = self._plan(drafts, tally, update=update)
            receipt = self.write(_intent(batch, drafts, update=update), plan, options)
        return ImportReport(
            added=tally.added,
            updated=tally.updated,
            unchanged=tally.unchanged,
            outdated=tally.outdated,
            skipped=[*batch.skipped, *skipped, *tally.skipped],
            notes=[*batch.notes, *notes],
            receipt=receipt,
        )

    def _plan(
        self, drafts: Sequence[Draft], tally: _Tally, *, update: bool
    ) -> Callable[[Query], list[RowChange]]:
        def plan(query: Query) -> list[RowChange]:
            tally.clear()
            rows = (self._row(query, one, tally, update=update) for one in drafts)
            return [row for row in rows if row]

        return plan

    def _row(self, query: Query, one: Draft, tally: _Tally, *, update: bool) -> RowChange | None:
        """Return what one draft changes, None if nothing, and count it."""
        stored = queries.row(query, "wanted", one.id)
        about = Imported(one.id, str(one.texts["title"]), one.place)
        if stored is None:
            tally.added.append(about)
            return added(self._posted(one))
        item = WantedItem.from_row(stored)
        edits = {name: value for name, value in one.texts.items() if getattr(item, name) != value}
        if not edits:
            tally.unchanged.append(about)
        elif not update:
            tally.outdated.append(about)
        elif reason := self._kept(item):
            tally.skipped.append(Note(one.place, reason))
        else:
            tally.updated.append(about)
            return changed(stored, item, lifecycle.edit(item, edits, at=self.host.now()))
        return None

    def _posted(self, one: Draft) -> WantedItem:
        now = self.host.now()
        item = WantedItem(one.id, posted_by=self.seat.rig, created_at=now, updated_at=now)
        return replace(item, **one.texts)

    def _kept(self, item: WantedItem) -> str:
        """Return why an update must leave *item* as it is, "" if it need not."""
        if item.posted_by != self.seat.rig:
            return f"{item.id} differs from its source, but {item.posted_by} posted it."
        if not lifecycle.can(lifecycle.Step.EDIT, item):
            return f"{item.id} differs from its source, but it is {item.status}."
        return ""


def _drafts(
    batch: Batch, project: str, *, closed: bool
) -> tuple[list[Draft], list[Note], list[Note]]:
    """Return the drafts of *batch*, each id once; what was skipped; what was noted."""
    first: dict[str, str] = {}
    drafts: list[Draft] = []
    skipped: list[Note] = []
    notes: list[Note] = []
    for entry in batch.entries:
        if entry.is_closed and not closed:
            skipped.append(Note(entry.place, "It is closed; --closed takes it too.", "state"))
            continue
        try:
            one, remarks = draft(entry, project=project)
        except Invalid as error:
            skipped.append(note(entry.place, error))
            continue
        if one.id in first:
            skipped.append(_twice(entry, first[one.id]))
            continue
        first[one.id] = entry.place
        drafts.append(one)
        notes += remarks
    return drafts, skipped, notes


def _twice(entry: Entry, first: str) -> Note:
    shown = visible(entry.key.rpartition("\0")[2])
    return Note(entry.place, f"Its key {shown} is that of {first}; only the first is read.", "key")


def _intent(batch: Batch, drafts: Iterable[Draft], *, update: bool) -> Intent:
    texts = {one.id: dict(one.texts) for one in drafts}
    digest = hashlib.sha256(batch.origin.encode()).hexdigest()[:10]
    return Intent(
        operation="import",
        # Where edits wait for review, an import that may edit waits as a whole.
        action=Action.EDIT if update else Action.POST,
        # It names the branch too. The same origin imports to the same branch, so that a second
        # import, made while the first waits for review, does not offer everything again.
        id=f"import-{digest}",
        request={"origin": batch.origin, "update": update, "items": texts},
        title=f"wl import: {batch.origin or 'issues'}",
    )
