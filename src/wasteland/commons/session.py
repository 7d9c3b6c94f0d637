"""
One rig's seat at one commons: who acts, where, and what main says about it.

Operations extend ``Session``; reading classes need nothing more, so that a command that only reads
loads none of the machinery of writing.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from ..engines.base import Engine
from ..hosts.base import Host, HostAbility, PullRequest, PullState, RepoName
from ..protocol.errors import Invalid, NotFound, Unavailable
from ..protocol.lean import dataclass
from ..protocol.names import read_branch, visible
from ..protocol.policy import Action, Policy
from ..protocol.records import Rig, read_time
from ..protocol.roles import Actor, is_allowed
from . import queries
from .queries import Query

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Seat:
    """
    Who acts.

    Attributes:
        rig: Handle; "" for a visitor who only reads.
        account: Who owns the rig's fork on the host.
    """

    rig: str = ""
    account: str = ""


class Session:
    """
    One rig at one commons.

    Attributes:
        host: Where the commons lives; the caller closes it.
        repo: ``org/db``.
        seat: Who acts.
        mode: "pr" or "direct", the client's wish where the commons states no policy.
        stale_because: Why reads answer from an older state; "" while they are fresh.
        place: Where the host is, for people.
        settled: Operations that lost their process and whose pull requests are seen to.
    """

    def __init__(self, host: Host, repo: RepoName, seat: Seat, *, mode: str = "pr") -> None:
        self.host = host
        self.repo = repo
        self.seat = seat
        self.mode = mode
        self.stale_because = ""
        self.place = host.location
        self.settled: set[str] = set()

    @cached_property
    def engine(self) -> Engine:
        """The commons' own database."""
        return self.host.engine(self.repo)

    @property
    def is_owned(self) -> bool:
        """Whether the commons is ours: its merges happen here, its tables include ours."""
        return HostAbility.OWNED in self.host.abilities

    @property
    def moves_main(self) -> bool:
        """Whether main is written from here; elsewhere its host merges what is offered to it."""
        return HostAbility.MERGE in self.host.abilities

    def refresh(self) -> None:
        """
        Bring reads up to date; offline they answer from what is here.

        ``stale_because`` says so then.

        Raises:
            MergeConflict: The clone's main has left the remote's.
        """
        try:
            self.host.refresh(self.repo)
            self.stale_because = ""
        except Unavailable as error:
            self.stale_because = error.message

    def main(self) -> Query:
        """Return the query function of main, as it is now."""
        return queries.at(self.engine)

    def at(self, as_of: str | None) -> Query:
        """
        Return the query function of main, or of an earlier state.

        Args:
            as_of: Commit, branch, tag, or a date such as 2026-03-01 or 2026-03-01T12:00:00Z.
        Raises:
            NotFound: No such commit, or history begins later.
        """
        return queries.at(self.engine, self.ref(as_of))

    def ref(self, as_of: str | None) -> str:
        """Return the ref that *as_of* names; main for None."""
        if as_of is None:
            return MAIN
        when = _read_date(as_of)
        if when:
            return self.engine.commit_at(when)
        try:
            return self.engine.head(as_of)
        except NotFound as error:
            raise NotFound(
                f"{visible(as_of)} is no date, commit, branch or tag of {self.repo}.",
                hint="wl why ID names commits",
                ref=as_of,
            ) from error

    def policy(self, query: Query | None = None) -> Policy:
        """Return the policy that main states."""
        return Policy.from_meta(queries.meta(query or self.main()))

    def is_direct(self, policy: Policy) -> bool:
        """Return whether every change goes straight to main."""
        return (policy.mode if policy.is_stated else self.mode) == "direct"

    def actor(self, query: Query | None = None, *, handle: str | None = None) -> Actor:
        """Return a rig as main knows it, the session's own by default."""
        ask = query or self.main()
        name = handle or self.seat.rig
        suspended = queries.suspensions(ask, name, self.host.now()) if self.is_owned else ()
        return Actor(name, queries.one(ask, Rig, name), tuple(suspended))

    def may(self, action: Action) -> bool:
        """Return whether the acting rig may take *action*, as main says now."""
        query = self.main()
        return is_allowed(action, self.actor(query), self.policy(query))

    def need_rig(self) -> str:
        """
        Return the acting rig's handle.

        Raises:
            Invalid: This session only reads.
        """
        if not self.seat.rig:
            raise Invalid(
                f"You have not joined {self.repo}.", field="rig", hint=f"wl join {self.repo}"
            )
        return self.seat.rig

    def pending(self, *, mine: bool = False) -> list[PullRequest]:
        """Return the open pull requests of the commons, oldest first."""
        if mine and not self.seat.rig:
            return []
        author = self.seat.account if mine and self.is_owned else None
        found = self.host.pulls(self.repo, state=PullState.OPEN, author=author)
        return [pull for pull in found if not mine or self.is_mine(pull)]

    def pending_about(self, item_id: str) -> list[PullRequest]:
        """Return the open pull requests whose branch names a wanted item, oldest first."""
        return self.host.pulls_about(self.repo, item_id) if item_id else []

    def is_mine(self, pull: PullRequest) -> bool:
        """Return whether the session's rig offered *pull*; a branch's name alone proves nothing."""
        is_my_account = self.account_of(pull) in {"", self.seat.account}
        return is_my_account and branch_rig(pull) == self.seat.rig

    def account_of(self, pull: PullRequest | None = None) -> str:
        """
        Return the account behind a pull request, or the session's own.

        "" on a plain remote: who pushed is not known there, and the gate advises.
        """
        if HostAbility.PULL_REQUESTS not in self.host.abilities:
            return ""
        return pull.author if pull else self.seat.account


def _read_date(text: str) -> datetime | None:
    return read_time(text) if text[:4].isdigit() and "-" in text else None


def branch_rig(pull: PullRequest) -> str:
    """Return the rig that a pull request's branch names, else its account."""
    return read_branch(pull.branch)[0] or pull.author


def branch_item(pull: PullRequest) -> str:
    """Return the wanted item that a pull request's branch names, "" if none."""
    return read_branch(pull.branch)[1]
