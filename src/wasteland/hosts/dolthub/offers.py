"""
Offering and merging, carried through although answers get lost.

Neither may be done twice. So after an answer that did not come the host is asked what it has, and
only what is not there is asked for again.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Final

from ...engines.dolthub.http import Http
from ...protocol import trailers
from ...protocol.errors import AlreadyClaimed, Conflict, NotFound, Unavailable
from ...protocol.lean import dataclass
from ..base import PullRequest, PullState, RepoName
from .pulls import Pulls

_SENDINGS: Final = 4
_GLANCE: Final = 30
"""How many of the newest pull requests are looked through for one that may have been opened."""
_JUST_OPENED: Final = 10
"""How many, for one that has: others may open some at the same time."""


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A branch that is to be offered.

    Attributes:
        body: With the trailer of the operation that wrote the branch, if there is one.
    """

    repo: RepoName
    source: RepoName
    branch: str
    title: str
    body: str


class Offers:
    """Opens and merges pull requests of a host, each once."""

    def __init__(self, http: Http, pulls: Pulls) -> None:
        self._http = http
        self._pulls = pulls

    def open(self, offer: Offer) -> str:
        """
        Return the number of the offer's pull request; one that is there already is found again.

        Raises:
            AlreadyClaimed: A hub of ours closes it, because another holds the item.
            Unavailable: Whether it was opened is not known (``facts["unsure"]``).
        """
        for _ in range(_SENDINGS):
            try:
                return self._pulls.create(
                    offer.repo,
                    source=offer.source,
                    branch=offer.branch,
                    title=offer.title,
                    body=offer.body,
                )
            except AlreadyClaimed:
                raise
            except (Conflict, NotFound) as error:
                # It is open already; or it has landed, and its branch is gone.
                if error.facts.get("exists"):
                    return self._wait_for(offer)
                if found := self._find(offer):
                    return found
                raise
            except Unavailable as error:
                if not error.facts.get("unsure"):
                    raise
                if found := self._find(offer):
                    return found
        raise Unavailable(
            f"Whether {offer.branch} is offered to {offer.repo} is not known.",
            hint="repeat the command; it continues where it stopped",
            unsure=True,
        )

    def merge(self, pull: PullRequest) -> PullRequest:
        """
        Have the host merge an open pull request; return it as it is then.

        Raises:
            Conflict: The host finds a conflict, or it was closed meanwhile.
            Forbidden: The token may not.
            Unavailable: It took too long (``facts["unsure"]``).
        """
        job = self._start(pull)
        return self._http.wait_for(
            lambda: self._merged(pull, job), f"the merge of pull request {pull.id}"
        )

    def shown(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Return a pull request that was just opened, once the host shows and lists it.

        Lists lag behind; whoever came next and did not find it there would take its branch for
        one that was never offered. A list that never shows it is left, for it is there.
        """

        def look() -> PullRequest | None:
            with suppress(NotFound):
                return self._pulls.get(repo, pull_id)
            return None

        what = f"pull request {pull_id}"
        pull = self._http.wait_for(look, what)
        if not self._http.is_hub:
            with suppress(Unavailable):
                self._http.wait_for(lambda: self._is_listed(pull) or None, what)
        return pull

    def ended(self, pull: PullRequest, state: PullState) -> PullRequest:
        """Return a pull request once the host shows that it ended in *state*."""

        def look() -> PullRequest | None:
            now = self._pulls.get(pull.repo, pull.id)
            return now if now.state is state else None

        return self._http.wait_for(look, f"pull request {pull.id}")

    def _is_listed(self, pull: PullRequest) -> bool:
        newest = islice(self._pulls.newest(pull.repo), _JUST_OPENED)
        return any(listed.id == pull.id for listed in newest)

    def _wait_for(self, offer: Offer) -> str:
        """Return the number of a pull request that is known to be there, once it is shown."""
        what = f"the pull request of {offer.branch}"
        return self._http.wait_for(lambda: self._find(offer) or None, what)

    def _find(self, offer: Offer) -> str:
        """Return the number of the branch's open pull request, or of its operation's; else ""."""
        op_id = trailers.find(offer.body)
        for listed in islice(self._pulls.newest(offer.repo), _GLANCE):
            pull = self._pulls.get(offer.repo, listed.id)
            is_of_branch = (pull.source, pull.branch) == (offer.source, offer.branch)
            is_same = bool(op_id) and trailers.find(pull.body) == op_id
            if is_of_branch and (pull.state is PullState.OPEN or is_same):
                return pull.id
        return ""

    def _start(self, pull: PullRequest) -> str:
        """Ask for the merge; return the job to look at, "" where only the pull request tells."""
        for _ in range(_SENDINGS):
            try:
                return self._pulls.start_merge(pull.repo, pull.id)
            except Conflict:
                # Asked a second time it is no longer open.
                if self._pulls.get(pull.repo, pull.id).state is PullState.OPEN:
                    raise
                return ""
            except Unavailable as error:
                if not error.facts.get("unsure"):
                    raise
                if self._pulls.get(pull.repo, pull.id).state is not PullState.OPEN:
                    return ""
        return ""

    def _merged(self, pull: PullRequest, job: str) -> PullRequest | None:
        if job and not self._pulls.is_merge_done(pull.repo, pull.id, job):
            return None
        now = self._pulls.get(pull.repo, pull.id)
        if now.state is PullState.CLOSED:
            raise ended_otherwise(now)
        return now if now.state is PullState.MERGED else None


def ended_otherwise(pull: PullRequest) -> Conflict:
    """Return the error for a pull request that is not open any more."""
    return Conflict(
        f"Pull request {pull.id} of {pull.repo} is {pull.state} already.",
        hint=f"wl review {pull.id}",
        id=pull.id,
        state=str(pull.state),
    )
