"""
Reading the board: browse, search, one item whole, what is mine, why things are as they are.

Reads lay pending work over main and say so: one's own by default, everybody's or nobody's on
request. A commons of ours is asked for due leases first, so that what is shown is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ..hosts.base import PullRequest
from ..protocol import editions, names, trailers
from ..protocol.errors import Invalid, NotFound
from ..protocol.policy import Action, Policy
from ..protocol.records import Completion, Lease, Status, WantedItem
from ..protocol.roles import Actor, is_allowed, next_steps
from . import leases, queries
from .commands import commands
from .listing import Filters, cursor_after, read_cursor
from .pages import list_items
from .queries import Query
from .session import Session, branch_item, branch_rig
from .sheets import BoardRow, Event, ItemSheet, Mine, Offered, Whoami

VIEWS: Final = ("mine", "all", "upstream")
_JUDGING: Final = (Action.ACCEPT, Action.REJECT)


class Board(Session):
    """
    The operations that only read.

    Attributes:
        after: Where ``browse`` goes on: what ``cursor_after`` said of the last row before.
    """

    after: str = ""

    def cursor_after(self, row: BoardRow) -> str:
        """Return where a listing goes on that ended with *row*."""
        return cursor_after(row.item)

    def browse(
        self,
        *,
        status: str = "",
        project: str = "",
        type: str = "",  # noqa: A002  # the column's own name
        priority: str | int | None = None,
        effort: str = "",
        tag: str = "",
        posted_by: str = "",
        claimed_by: str = "",
        search: str = "",
        sort: str = "priority",
        limit: int = 50,
        view: str = "mine",
        as_of: str | None = None,
    ) -> list[BoardRow]:
        """
        Return the items of the board, most urgent and newest first.

        Args:
            status: A stored word, "live" for all that is not finished, or "all"; what is open by
                default, and everything of a claimer.
            tag: Those that an item carries, joined by commas.
            search: Words contained in the title.
            view: Lay over main your own pending work ("mine"), everybody's ("all") or none
                ("upstream").
            as_of: An earlier state, by commit or date; then nothing pending is shown.
        Raises:
            Invalid: A filter that no item could match.
        """
        filters = Filters.checked(
            status=status or ("all" if claimed_by else "open"),
            project=project,
            type=type,
            priority=priority,
            effort=effort,
            tag=tag,
            posted_by=posted_by,
            claimed_by=claimed_by,
            text=search,
            sort=sort,
            limit=limit,
            after=read_cursor(self.after) if self.after else None,
        )
        check_view(view)
        if as_of is None:
            self.refresh()
            leases.release_due(self)
        is_mine = view == "mine"
        pulls = [] if view == "upstream" or as_of else self.pending(mine=is_mine)
        # One's own pending work may take as many rows off the page.
        wanted = replace(filters, limit=limit + len(pulls) if is_mine else limit)
        items = list_items(self.at(as_of), self.engine.dialect, wanted)
        rows = {item.id: BoardRow(item) for item in items}
        self._overlay(rows, filters, pulls, mine=is_mine)
        if not rows and not self.after:
            filters.require_known_words()
        found = [row for row in rows.values() if filters.follows(row.item)]
        return sorted(found, key=lambda row: filters.order(row.item))[:limit]

    def seen(self, items: Iterable[WantedItem]) -> list[BoardRow]:
        """Return items of main as the acting rig sees them: under its own pending work."""
        rows = {item.id: BoardRow(item) for item in items}
        for pull in self.pending(mine=True) if rows else ():
            item_id = branch_item(pull)
            mine = self._offered_item(pull, item_id) if item_id in rows else None
            if mine:
                rows[item_id] = BoardRow(mine, 1, is_pending=True)
        return list(rows.values())

    def show(self, id: str, *, as_of: str | None = None) -> ItemSheet:  # noqa: A002
        """
        Return one item with its completions, stamps and pending work.

        Args:
            id: Whole, or any unique beginning.
        Raises:
            NotFound: No item has it.
        """
        self.refresh()
        query = self.at(as_of)
        try:
            item_id = queries.item_id(query, id)
        except NotFound:
            pulls = [] if as_of else self.pending()
            item_id = _only({branch_item(p) for p in pulls if branch_item(p).startswith(id)}, id)
        stored = queries.one(query, WantedItem, item_id)
        about = [] if as_of else self.pending_about(item_id)
        own = next((p for p in about if self.is_mine(p)), None)
        offered = {pull.id: self._offered_item(pull, item_id) for pull in about}
        item = (offered[own.id] if own else None) or stored
        if item is None:
            item = next((found for found in offered.values() if found), None)
        if item is None:
            raise queries.missing(id)
        return self._sheet(query, item, stored, about, offered, is_now=as_of is None)

    def me(self) -> Mine:
        """Return what concerns the acting rig: claims, submissions, reviews that wait."""
        self.refresh()
        query = self.main()
        me = self.need_rig()
        held = queries.where(query, WantedItem, "claimed_by", me)
        actor, policy = self.actor(query), self.policy(query)
        waiting = queries.where(query, WantedItem, "status", Status.IN_REVIEW.value)
        pulls = self.pending()
        mine = [pull for pull in pulls if self.is_mine(pull)]
        submitted = {branch_item(pull) for pull in pulls}
        theirs = [i for name in sorted(submitted) if (i := queries.one(query, WantedItem, name))]
        return Mine(
            rig=actor.rig,
            claimed=[i for i in held if i.state is Status.CLAIMED],
            in_review=[i for i in held if i.state is Status.IN_REVIEW],
            to_review=[
                i
                for i in {i.id: i for i in (*waiting, *theirs)}.values()
                if i.claimed_by != me and _may_review(i, actor, policy)
            ],
            completed=sorted(
                (i for i in held if i.state is Status.COMPLETED), key=_latest, reverse=True
            )[:5],
            pending=mine,
        )

    def why(self, id: str) -> list[Event]:  # noqa: A002
        """
        Return every commit that changed an item, oldest first, with who and what.

        Raises:
            NotFound: No item has this id on main.
        """
        self.refresh()
        item_id = queries.item_id(self.main(), id)
        events: list[Event] = []
        before: Mapping[str, Any] = {}
        for version in reversed(self.engine.history("wanted", item_id)):
            commit = self.engine.log(version.commit, limit=1)[0]
            events.append(
                Event(
                    at=version.at,
                    author=version.author,
                    commit=version.commit,
                    message=commit.message.splitlines()[0] if commit.message else "",
                    op_id=trailers.find(commit.message) or "",
                    cells={
                        name: (before.get(name), value)
                        for name, value in version.row.items()
                        if before.get(name) != value
                    },
                )
            )
            before = version.row
        return events

    def whoami(self) -> Whoami:
        """Return who you are here."""
        query = self.main()
        actor, policy = self.actor(query), self.policy(query)
        return Whoami(
            commons=self.repo,
            rig=self.seat.rig,
            account=self.seat.account,
            registered=actor.rig is not None,
            trust=actor.trust,
            mode="direct" if self.is_direct(policy) else "pr",
            host=self.place,
        )

    # --- pending work over main

    def _overlay(
        self,
        rows: dict[str, BoardRow],
        filters: Filters,
        pulls: Sequence[PullRequest],
        *,
        mine: bool,
    ) -> None:
        for pull in pulls:
            item_id = branch_item(pull)
            item = self._offered_item(pull, item_id) if item_id else None
            shown = rows.get(item_id)
            if item is None:
                continue
            if mine and not filters.admits(item):
                rows.pop(item_id, None)
            elif mine or shown is None:
                if filters.admits(item):
                    rows[item_id] = BoardRow(item, 1, is_pending=True)
            else:
                rows[item_id] = BoardRow(shown.item, shown.pending + 1, shown.is_pending)

    def _offered_item(self, pull: PullRequest, item_id: str) -> WantedItem | None:
        source = queries.at(self.host.engine(pull.source), pull.head)
        return queries.one(source, WantedItem, item_id)

    def _sheet(
        self,
        query: Query,
        item: WantedItem,
        stored: WantedItem | None,
        about: Sequence[PullRequest],
        offered: Mapping[str, WantedItem | None],
        *,
        is_now: bool,
    ) -> ItemSheet:
        completions = queries.completions_of(query, item.id)
        stamps = [s for c in completions for s in queries.stamps_about(query, c.id)]
        lease = queries.one(query, Lease, item.id) if self.is_owned else None
        actor, policy = self.actor(query), self.policy(query)
        return ItemSheet(
            item=item,
            main_status=stored.status if stored else None,
            completions=completions,
            stamps=stamps,
            pending=[self._offered(pull, offered[pull.id]) for pull in about],
            expires_at=leases.effective(self, lease).expires_at if lease else None,
            next=commands(next_steps(item, actor, policy), item.id)
            if is_now and self.seat.rig
            else (),
            findings=self._findings(query, self._unreviewed(item.id, completions, about)),
            edition=editions.edition(item),
        )

    def _findings(self, query: Query, waiting: Sequence[Completion]) -> list[str]:
        if not waiting:
            return []
        # What reads evidence is of no use to most commands that show the board.
        from .evidence.reuse import findings  # noqa: PLC0415

        return findings(query, waiting)

    def _unreviewed(
        self, item_id: str, completions: Sequence[Completion], about: Sequence[PullRequest]
    ) -> list[Completion]:
        """Return the work on an item that waits for review, on main or offered."""
        waiting = [c for c in completions if not c.validated_by]
        for pull in about:
            source = queries.at(self.host.engine(pull.source), pull.head)
            work = queries.completions_of(source, item_id)
            waiting += [c for c in work if c.completed_by == branch_rig(pull)]
        return waiting

    def _offered(self, pull: PullRequest, item: WantedItem | None) -> Offered:
        source = queries.at(self.host.engine(pull.source), pull.head)
        rig = branch_rig(pull)
        work = queries.completions_of(source, item.id) if item else []
        evidence = next((c.evidence for c in work if c.completed_by == rig), None)
        return Offered(
            rig=rig,
            status=item.status if item else None,
            branch=f"{pull.source}:{pull.branch}",
            pull=pull.id,
            evidence=evidence,
        )


def check_view(view: str) -> str:
    """
    Return *view* if it is one.

    Raises:
        Invalid: It is none.
    """
    if view not in VIEWS:
        raise Invalid(
            f"{names.visible(view)} is no view: use {', '.join(VIEWS)}.", field="view", value=view
        )
    return view


def _may_review(item: WantedItem, actor: Actor, policy: Policy) -> bool:
    return any(is_allowed(action, actor, policy, item=item) for action in _JUDGING)


def _latest(item: WantedItem) -> float:
    return item.updated_at.timestamp() if item.updated_at else 0.0


def _only(found: set[str], asked: str) -> str:
    if len(found) != 1:
        raise queries.missing(asked)
    return found.pop()
