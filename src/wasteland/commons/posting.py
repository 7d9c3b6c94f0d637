"""What posters do with wanted items: post, update, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..protocol import editions, fields, ids, lifecycle, words
from ..protocol.diff import RowChange
from ..protocol.errors import Invalid, NotFound
from ..protocol.policy import Action
from ..protocol.records import OPEN_BOUNTY_TAG, WantedItem
from . import queries, receipts
from .changes import added, changed, removed
from .intents import Intent, Options
from .items import Items
from .queries import Query
from .receipts import Receipt


class Posting(Items):
    """The operations that put items on the board and take them off."""

    def post(
        self,
        *,
        title: str,
        description: str = "",
        project: str = "",
        type: str = "",  # noqa: A002  # the column's own name
        priority: str | int = "medium",
        effort: str = "medium",
        tags: str | Sequence[str] = (),
        bounty: bool = False,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Put a wanted item on the board.

        Args:
            bounty: Anyone may submit without a claim; the accepted submission closes it.
        Raises:
            Invalid: A field breaks its rule.
            Forbidden: The policy keeps this rig from posting.
        """
        options = self.options(op_id, dry_run=dry_run)
        now = self.host.now()
        labels = fields.tags(tags)
        item = WantedItem(
            id=ids.wanted_id(options.op_id),
            title=fields.title(title),
            description=fields.description(description) or None,
            project=fields.project(project) or None,
            type=words.parse_type(type) if type else None,
            priority=words.parse_priority(priority),
            tags=_bounty(labels, bounty) or None,
            posted_by=self.need_rig(),
            effort_level=words.parse_effort(effort),
            created_at=now,
            updated_at=now,
        )
        request = item.to_row() | {"id": "", "created_at": "", "updated_at": ""}
        intent = Intent("post", Action.POST, item.id, request, body=item.description or "")
        return self.write(intent, lambda _: [added(item)], options)

    def update(
        self,
        id: str,  # noqa: A002  # the column's own name
        *,
        title: str | None = None,
        description: str | None = None,
        project: str | None = None,
        type: str | None = None,  # noqa: A002
        priority: str | int | None = None,
        effort: str | None = None,
        tags: str | Sequence[str] | None = None,
        add_tags: str | Sequence[str] | None = None,
        seen: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Change the text of an open item; an empty text clears a field.

        Args:
            add_tags: Those that it is to carry besides its own.
            seen: The edition of the text that the editor saw; "" for any.
        Raises:
            Stale: The text was changed since.
            Conflict: It is not open.
            Invalid: Nothing to change, or a field breaks its rule.
        """
        given: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
            "title": (title, fields.title),
            "description": (description, fields.description),
            "project": (project, fields.project),
            "type": (type, lambda text: words.parse_type(text) if text else None),
            "priority": (priority, words.parse_priority),
            "effort_level": (effort, words.parse_effort),
            "tags": (tags, fields.tags),
        }
        edits = {
            name: check(value) or None if name != "priority" else check(value)
            for name, (value, check) in given.items()
            if value is not None
        }
        more = fields.tags(add_tags or ())
        if not edits and not more:
            raise Invalid(
                "Nothing to change: give at least one field.",
                hint="wl update --help",
                field="title",
            )
        options = self.options(op_id, dry_run=dry_run)
        return self._rewrite(id, edits, options, more=more, seen=seen)

    def withdraw(self, id: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:  # noqa: A002
        """
        Take an open item off the board; its history stays.

        Raises:
            Conflict: It is not open.
            Forbidden: Neither its poster nor trusted.
        """
        return self._take_down(id, self.options(op_id, dry_run=dry_run))

    def _rewrite(
        self,
        prefix: str,
        edits: Mapping[str, Any],
        options: Options,
        *,
        more: tuple[str, ...] = (),
        seen: str = "",
    ) -> Receipt:
        def rule(item: WantedItem) -> WantedItem:
            editions.need(item, seen)
            return _edited(item, _with_tags(item, edits, more), self.host.now())

        request = {**edits, "add_tags": more} if more else edits
        return self._step("update", Action.EDIT, prefix, rule, options, request=request)

    def _take_down(self, prefix: str, options: Options) -> Receipt:
        if earlier := self.answered("withdraw", options):
            return earlier
        try:
            item_id = self.resolve(prefix)
        except NotFound:
            if gone := self._taken_down(prefix, options):
                return gone
            raise

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            withdrawn = lifecycle.withdraw(item, at=self.host.now())
            if queries.one(self.main(), WantedItem, item_id) is None:
                # Nobody else has seen it: nothing stays behind.
                return [removed("wanted", stored)]
            return [changed(stored, item, withdrawn)]

        return self.write(_withdrawal(item_id), plan, options)

    def _taken_down(self, item_id: str, options: Options) -> Receipt | None:
        """Return the receipt of this very operation, whose process died when the post was gone."""
        intent = _withdrawal(item_id)
        known = self.host.operation(self.repo, options.op_id) if options.may_repeat else None
        if known is None or known.digest != intent.digest:
            return None
        note = "Nothing of it is left to offer."
        return self.once(
            intent,
            options,
            lambda: self._receipt(intent, options, receipts.UNCHANGED, [], note=note),
        )


def _withdrawal(item_id: str) -> Intent:
    return Intent("withdraw", Action.WITHDRAW, item_id, {"id": item_id})


def _with_tags(
    item: WantedItem, edits: Mapping[str, Any], more: tuple[str, ...]
) -> Mapping[str, Any]:
    if not more:
        return edits
    had = edits.get("tags", item.tags if isinstance(item.tags, tuple) else ()) or ()
    return {**edits, "tags": fields.tags((*had, *more)) or None}


def _edited(item: WantedItem, edits: Mapping[str, Any], at: datetime) -> WantedItem:
    """Return *item* edited, and as it was where the edit says nothing new."""
    edited = lifecycle.edit(item, dict(edits), at=at)
    return item if replace(edited, updated_at=item.updated_at) == item else edited


def _bounty(labels: tuple[str, ...], bounty: bool) -> tuple[str, ...]:
    extra = (OPEN_BOUNTY_TAG,) if bounty and OPEN_BOUNTY_TAG not in labels else ()
    return (*labels, *extra)
