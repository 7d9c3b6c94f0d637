"""What holders do with wanted items: claim, give back, hand over, extend."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..protocol import lifecycle, names
from ..protocol.errors import Invalid, NotFound, Unsupported
from ..protocol.policy import Action
from ..protocol.records import Rig, WantedItem
from ..protocol.roles import authorize
from . import leases, queries, receipts
from .data import to_data
from .intents import Intent, Options
from .items import Items
from .queries import Query
from .receipts import Receipt


class Claims(Items):
    """The operations on who holds an item."""

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

    def _release(self, prefix: str, options: Options) -> Receipt:
        return self._step(
            "unclaim",
            Action.UNCLAIM,
            prefix,
            lambda item: lifecycle.unclaim(item, at=self.host.now()),
            options,
        )

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
