"""
Rigs of a commons: register, list, show, trust, link.

Suspending and restoring rigs is in ``moderation``, the rules of the commons are in ``policies``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import __version__
from ..engines.base import Params
from ..protocol import fields, ids, names, words
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, NotFound
from ..protocol.moderation import Deed
from ..protocol.policy import Action
from ..protocol.records import (
    Badge,
    Completion,
    Moderation,
    Rig,
    RigLink,
    Stamp,
    WantedItem,
)
from . import directory, queries
from .changes import added, changed
from .intents import Intent
from .moderation import Moderating
from .policies import Policies
from .queries import Query
from .receipts import Receipt

_LATEST = 20


@dataclass(frozen=True, slots=True)
class RigSheet:
    """
    A rig with what the commons holds about it.

    Attributes:
        claims: Items it holds now.
        completions: Newest first, 20 at most.
        stamps: Stamps about its work, newest first, 20 at most.
        links: Links that name it.
        given: Stamps by it, newest first, 20 at most.
        children: The rigs that it answers for, by handle, 20 at most.
        counts: How many there are of accepted completions ("done"), "stamps" and stamps "given".
        suspensions: In force, of the rig itself.
    """

    rig: Rig
    claims: Sequence[WantedItem]
    completions: Sequence[Completion]
    stamps: Sequence[Stamp]
    badges: Sequence[Badge]
    links: Sequence[RigLink]
    given: Sequence[Stamp] = ()
    children: Sequence[Rig] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    suspensions: Sequence[Moderation] = ()


class Rigs(Moderating, Policies):
    """The operations on participants, beside those on the commons' own rules."""

    def register(
        self,
        *,
        display_name: str = "",
        rig_type: str = "human",
        email: str = "",
        parent: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Register the session's rig.

        Args:
            email: Written only when given: rows are public.
            parent: The rig that answers for this one.
        Raises:
            Conflict: The handle is taken.
        """
        now = self.host.now()
        handle = names.check_handle(self.need_rig())
        rig = Rig(
            handle=handle,
            display_name=fields.display_name(display_name) or handle,
            dolthub_org=self.seat.account,
            hop_uri=f"hop://{self.repo}/rigs/{handle}",
            owner_email=fields.owner_email(email) or None if email else None,
            gt_version=f"wasteland {__version__}",
            trust_level=0,
            registered_at=now,
            last_seen=now,
            rig_type=words.parse_rig_type(rig_type),
            parent_rig=parent or None,
        )

        def plan(query: Query) -> list[RowChange]:
            found = queries.one(query, Rig, handle)
            if found:
                raise Conflict(
                    f"The handle {handle} is taken on {self.repo}.",
                    hint="wl join --handle another-name",
                    handle=handle,
                    owner=found.dolthub_org,
                )
            return [added(rig)]

        intent = Intent(
            "register",
            Action.REGISTER,
            handle,
            {"handle": handle, "org": self.seat.account},
            table="rigs",
            title=f"Register rig: {handle}",
            body=f"Register rig **{handle}** ({rig.display_name}) in the commons.",
            branch=names.register_branch(handle),
        )
        return self.write(intent, plan, self.options(op_id, dry_run=dry_run))

    def rigs(
        self,
        *,
        limit: int = 100,
        search: str = "",
        sort: str = "handle",
        after: str = "",
        as_of: str | None = None,
    ) -> list[Rig]:
        """
        Return the rigs of the commons, by handle or in another order.

        Args:
            search: Part of a handle, a name or an account; "" for all.
            sort: handle, newest or trust.
            after: The handle of the rig that the page follows; "" for the first page.
        Raises:
            Invalid: No such order.
        """
        query = self.at(as_of)
        return directory.listed(query, limit=limit, search=search, sort=sort, after=after)

    def rig(self, handle: str, *, as_of: str | None = None) -> RigSheet:
        """
        Return one rig with its work.

        Raises:
            NotFound: No such rig.
        """
        query = self.at(as_of)
        rig = self._rig(query, handle)
        who: Params = {"who": rig.handle, "n": _LATEST}
        return RigSheet(
            rig=rig,
            claims=[WantedItem.from_row(r) for r in query(_CLAIMS, who)],
            completions=[Completion.from_row(r) for r in query(_COMPLETIONS, who)],
            stamps=[Stamp.from_row(r) for r in query(_STAMPS, who)],
            badges=queries.where(query, Badge, "rig_handle", rig.handle),
            links=queries.links_of(query, rig.handle),
            given=[Stamp.from_row(r) for r in query(_GIVEN, who)],
            children=[Rig.from_row(r) for r in query(_CHILDREN, who)],
            counts={name: _count(query, sql, rig.handle) for name, sql in _COUNTS.items()},
            suspensions=queries.suspensions(query, rig.handle, self.host.now())
            if self.is_owned
            else (),
        )

    def trust(
        self,
        handle: str,
        level: int,
        *,
        reason: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Set a rig's trust: 0 unverified, 1 participant, 2 trusted, 3 maintainer.

        Args:
            reason: Kept as a record of the commons, which its rigs can read; "" for none.
        Raises:
            TrustTooLow: That is for maintainers.
            Forbidden: It is your own.
        """
        text = fields.reason(reason)
        begin = self._begin if text else self.options
        options = begin(op_id, dry_run=dry_run)
        record = self._record(options, Deed.TRUST, handle, reason=text)

        def plan(query: Query) -> list[RowChange]:
            stored = queries.row(query, "rigs", handle)
            rig = self._rig(query, handle)
            if rig.trust_level == level:
                raise Conflict(f"{handle} has trust {level} already.", rig=handle)
            change = changed(stored or {}, rig, replace(rig, trust_level=level))
            return [change, *([added(record)] if text else [])]

        intent = Intent(
            "trust",
            Action.TRUST,
            handle,
            {"handle": handle, "level": level, **({"reason": text} if text else {})},
            table="rigs",
            title=f"wl trust: {handle} {level}",
            decides=True,
        )
        return self.write(intent, plan, options)

    def link(
        self,
        handle: str,
        *,
        statement: str = "",
        revoke: bool = False,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Say that another rig has your owner, confirm what it said, or revoke the link.

        Linked rigs never stamp each other's work.

        Raises:
            Conflict: You have said so already.
            NotFound: No such rig, or no link to revoke.
        """
        options = self.options(op_id, dry_run=dry_run)
        me = self.need_rig()
        text = fields.message(statement) or f"{me} and {handle} have the same owner."

        def plan(query: Query) -> list[RowChange]:
            self._rig(query, handle)
            return [self._linked(query, me, handle, text, options.op_id, revoke=revoke)]

        intent = Intent(
            "link",
            Action.COMMENT,
            handle,
            {"handle": handle, "revoke": revoke, "statement": text},
            table="rig_links",
            title=f"wl link: {me} {handle}",
            branch=f"wl/{me}/link-{handle}",
            decides=self.is_owned,
        )
        return self.write(intent, plan, options)

    def _linked(
        self, query: Query, me: str, other: str, text: str, op_id: str, *, revoke: bool
    ) -> RowChange:
        if me == other:
            raise Invalid("A link needs another rig.", field="handle", value=other)
        now = self.host.now()
        stored = _link_row(query, me, other)
        link = RigLink.from_row(stored) if stored else None
        if revoke:
            if stored is None or link is None or link.revoked_at:
                raise NotFound(f"{me} and {other} are not linked.", hint=f"wl rig show {me}")
            return changed(
                stored, link, replace(link, status="revoked", revoked_at=now, revoked_by=me)
            )
        if stored is None or link is None:
            new_id = ids.derived("l", op_id)
            return added(RigLink(new_id, me, other, assertion_a=text, created_at=now))
        if link.rig_b != me or link.status != "pending":
            raise Conflict(f"The link of {me} and {other} is {link.status}.", link=link.id)
        confirmed = replace(link, assertion_b=text, status="active", completed_at=now)
        return changed(stored, link, confirmed)


_CLAIMS = (
    "SELECT * FROM `wanted` WHERE `claimed_by` = :who AND `status` IN ('claimed', 'in_review') "
    "ORDER BY `updated_at` DESC, `id` LIMIT :n"
)
_COMPLETIONS = """
SELECT * FROM `completions` WHERE `completed_by` = :who
ORDER BY `completed_at` DESC, `id` LIMIT :n
"""
_GIVEN = "SELECT * FROM `stamps` WHERE `author` = :who ORDER BY `created_at` DESC, `id` LIMIT :n"
_CHILDREN = "SELECT * FROM `rigs` WHERE `parent_rig` = :who ORDER BY `handle` LIMIT :n"
_COUNTS = {
    "done": "`completions` WHERE `completed_by` = :who AND `stamp_id` IS NOT NULL",
    "stamps": "`stamps` WHERE `subject` = :who",
    "given": "`stamps` WHERE `author` = :who",
}
_STAMPS = "SELECT * FROM `stamps` WHERE `subject` = :who ORDER BY `created_at` DESC, `id` LIMIT :n"
_LINK = (
    "SELECT * FROM `rig_links` WHERE (`rig_a` = :me AND `rig_b` = :other) "
    "OR (`rig_a` = :other AND `rig_b` = :me)"
)


def _count(query: Query, what: str, handle: str) -> int:
    rows = query(f"SELECT COUNT(*) AS n FROM {what}", {"who": handle})
    return int(rows[0]["n"] or 0)


def _link_row(query: Query, me: str, other: str) -> Mapping[str, Any] | None:
    rows = query(_LINK, {"me": me, "other": other})
    return rows[0] if rows else None
