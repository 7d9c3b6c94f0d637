"""What a rig does with wanted items: post, update, claim, extend, hand over, submit, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..protocol import fields, ids, lifecycle, names, words
from ..protocol.diff import RowChange
from ..protocol.errors import Invalid, NotFound, Unsupported
from ..protocol.evidence import accepted
from ..protocol.policy import Action
from ..protocol.records import OPEN_BOUNTY_TAG, Rig, WantedItem
from ..protocol.roles import authorize
from ..protocol.text import evidence_url
from . import leases, queries, receipts
from .changes import added, changed, removed
from .data import to_data
from .intents import Intent, Options
from .queries import Query
from .receipts import Receipt
from .session import branch_item
from .writing import WriteSession

Rule = Callable[[WantedItem], WantedItem]


class Work(WriteSession):
    """The operations on the board that any rig may try."""

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
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Change the text of an open item; an empty text clears a field.

        Raises:
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
        if not edits:
            raise Invalid(
                "Nothing to change: give at least one field.",
                hint="wl update --help",
                field="title",
            )
        return self._rewrite(id, edits, self.options(op_id, dry_run=dry_run))

    def claim(self, id: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:  # noqa: A002
        """
        Take an item to work on it.

        Raises:
            AlreadyClaimed: Somebody was first; the error names the holder.
            LimitReached: The policy allows no more open claims at this trust.
        """
        me = self.need_rig()
        options = self.options(op_id, dry_run=dry_run)
        leases.release_due(self)
        return self._step(
            "claim",
            Action.CLAIM,
            id,
            lambda item: lifecycle.claim(item, by=me, at=self.host.now()),
            options,
        )

    def unclaim(self, id: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:  # noqa: A002
        """
        Give an item back to the board.

        Raises:
            Conflict: It is not claimed.
            Forbidden: It is another's claim.
        """
        return self._release(id, self.options(op_id, dry_run=dry_run))

    def handover(
        self,
        id: str,  # noqa: A002
        *,
        to: str,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Give a claim to another rig of the commons.

        Raises:
            NotFound: No such rig.
            Forbidden: It is not your claim to give.
        """
        options = self.options(op_id, dry_run=dry_run)
        if queries.one(self.main(), Rig, to) is None:
            raise NotFound(
                f"{names.visible(to)} is not a rig of {self.repo}.", hint="wl rig list", rig=to
            )
        return self._step(
            "handover",
            Action.HANDOVER,
            id,
            lambda item: lifecycle.handover(item, to=to, at=self.host.now()),
            options,
            request={"to": to},
        )

    def extend(
        self,
        id: str,  # noqa: A002
        *,
        hours: int | None = None,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Extend the lease of your claim, without a commit.

        Args:
            hours: From now; the policy's whole period by default, and never more. A claim that
                holds for longer already stays as it is.
        Raises:
            Unsupported: Nothing expires on this commons.
            Conflict: You do not hold the item, or no longer: its lease has ended.
            Forbidden: The policy keeps this rig from claiming.
        """
        if not self.is_owned:
            raise Unsupported(f"Claims on {self.repo} do not expire.", hint=f"wl show {id}")
        options = self.options(op_id, dry_run=dry_run)
        leases.release_due(self)
        item_id = queries.item_id(self.main(), id)
        intent = Intent("extend", Action.CLAIM, item_id, {"id": item_id, "hours": hours})
        return self.once(intent, options, lambda: self._extend(item_id, hours, options))

    def done(
        self,
        id: str,  # noqa: A002
        *,
        evidence: str,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Hand in finished work with its evidence.

        Args:
            evidence: A link or text that a reviewer can follow, 1 to 4096 characters.
        Raises:
            AlreadyClaimed: Another rig holds the item.
            Conflict: It is not claimed, or your submission waits already.
            Invalid: The evidence shows a password, or names a file or digest that cannot be one.
        """
        options = self.options(op_id, dry_run=dry_run)
        text = accepted(fields.evidence(evidence))
        item_id = self.resolve(id)
        me = self.need_rig()

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            submitted, completion = lifecycle.submit(
                item,
                by=me,
                evidence=text,
                evidence_url=evidence_url(text),
                new_id=ids.completion_id(options.op_id),
                at=self.host.now(),
            )
            return [changed(stored, item, submitted), added(completion)]

        intent = Intent(
            "done", Action.SUBMIT, item_id, {"id": item_id, "evidence": text}, body=text
        )
        return self.write(intent, plan, options)

    def withdraw(self, id: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:  # noqa: A002
        """
        Take an open item off the board; its history stays.

        Raises:
            Conflict: It is not open.
            Forbidden: Neither its poster nor trusted.
        """
        return self._take_down(id, self.options(op_id, dry_run=dry_run))

    def resolve(self, prefix: str) -> str:
        """
        Return the id that *prefix* begins, on main or among your pending posts.

        Raises:
            NotFound: None does.
            Invalid: Several do.
        """
        try:
            return queries.item_id(self.main(), prefix)
        except NotFound:
            mine = {branch_item(pull) for pull in self.pending(mine=True)} - {""}
            found = [item_id for item_id in sorted(mine) if item_id.startswith(prefix)]
            if len(found) == 1:
                return found[0]
            raise

    def _release(self, prefix: str, options: Options) -> Receipt:
        return self._step(
            "unclaim",
            Action.UNCLAIM,
            prefix,
            lambda item: lifecycle.unclaim(item, at=self.host.now()),
            options,
        )

    def _rewrite(self, prefix: str, edits: Mapping[str, Any], options: Options) -> Receipt:
        return self._step(
            "update",
            Action.EDIT,
            prefix,
            lambda item: _edited(item, edits, self.host.now()),
            options,
            request=edits,
        )

    def _take_down(self, prefix: str, options: Options) -> Receipt:
        if earlier := self.answered("withdraw", options):
            return earlier
        item_id = self.resolve(prefix)

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            withdrawn = lifecycle.withdraw(item, at=self.host.now())
            if queries.one(self.main(), WantedItem, item_id) is None:
                # Nobody else has seen it: nothing stays behind.
                return [removed("wanted", stored)]
            return [changed(stored, item, withdrawn)]

        intent = Intent("withdraw", Action.WITHDRAW, item_id, {"id": item_id})
        return self.write(intent, plan, options)

    def _step(
        self,
        operation: str,
        action: Action,
        prefix: str,
        rule: Rule,
        options: Options,
        *,
        request: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Carry out an operation that changes one item's own row by *rule*."""
        item_id = self.resolve(prefix)

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            return [changed(stored, item, rule(item))]

        intent = Intent(operation, action, item_id, {"id": item_id, **(request or {})})
        return self.write(intent, plan, options)

    def _period(self, query: Query, hours: int | None) -> timedelta:
        """Return how long an extended claim holds from now."""
        most = self.policy(query).lease_hours
        if hours is not None and not 0 < hours <= most:
            raise Invalid(
                f"{hours} hours is not within 1 and the policy's {most}.",
                hint="wl policy shows lease_hours",
                field="hours",
                value=hours,
            )
        return timedelta(hours=hours or most)

    def _extend(self, item_id: str, hours: int | None, options: Options) -> Receipt:
        query = self.main()
        item = queries.item(query, item_id)
        authorize(Action.CLAIM, self.actor(query), self.policy(query), item=item)
        lease = leases.held(self, query, item)
        until = self.host.now() + self._period(query, hours)
        if lease.expires_at and until <= lease.expires_at:
            return self._renewed(item, lease.expires_at, receipts.UNCHANGED, options)
        if not options.dry_run:
            self.host.renew_lease(self.repo, item.id, lease.token, until)
        return self._renewed(item, until, receipts.MERGED, options)

    def _renewed(self, item: WantedItem, until: datetime, state: str, options: Options) -> Receipt:
        return Receipt(
            operation="extend",
            op_id=options.op_id,
            commons=str(self.repo),
            actor=self.seat.rig,
            at=to_data(self.host.now()),
            state=receipts.DRY_RUN if options.dry_run else state,
            id=item.id,
            before=to_data(item),
            after=to_data(item),
            next=[f"wl done {item.id} --evidence URL"],
            note=f"Your claim holds until {until:%Y-%m-%d %H:%M} UTC.",
        )


def _edited(item: WantedItem, edits: Mapping[str, Any], at: datetime) -> WantedItem:
    """Return *item* edited, and as it was where the edit says nothing new."""
    edited = lifecycle.edit(item, dict(edits), at=at)
    return item if replace(edited, updated_at=item.updated_at) == item else edited


def _bounty(labels: tuple[str, ...], bounty: bool) -> tuple[str, ...]:
    extra = (OPEN_BOUNTY_TAG,) if bounty and OPEN_BOUNTY_TAG not in labels else ()
    return (*labels, *extra)
