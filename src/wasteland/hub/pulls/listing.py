"""Pull requests as they are listed and shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from ...commons.offers import author_of
from ...hosts.base import Comment, PullRequest, PullState, RepoName
from ..hub import Hub
from ..verdicts import Opined, Verdict

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A pull request as clients see it.

    Attributes:
        author: The rig that it is about, as every client compares it; else the account.
        verdict: What the gate said last; None for what it has not seen.
    """

    pull: PullRequest
    author: str
    verdict: Verdict | None = None
    opinions: Sequence[Opined] = ()


def page(
    hub: Hub,
    repo: RepoName,
    *,
    state: PullState | None = None,
    text: str = "",
    before: int | None = None,
    among: Collection[str] | None = None,
    limit: int = PAGE,
) -> tuple[list[PullRequest], int | None]:
    """
    Return pull requests, newest first, and the number before which the next page begins.

    Args:
        among: Numbers of those that are meant; None for all.
    """
    numbers = None if among is None else {int(pull_id) for pull_id in among}
    found = hub.host.pull_page(
        repo, state=state, text=text, before=before, among=numbers, limit=limit + 1
    )
    more = len(found) > limit
    return found[:limit], int(found[limit - 1].id) if more else None


def find(hub: Hub, repo: RepoName, pull_id: str) -> Offer:
    """
    Return one pull request with its verdict.

    Raises:
        NotFound: There is none of that number.
    """
    pull = hub.host.pull(repo, pull_id)
    return Offer(
        pull,
        author_of(pull),
        hub.verdicts.find(repo, pull.id),
        hub.verdicts.opinions(repo, pull.id),
    )


def comments(hub: Hub, repo: RepoName, pull_id: str) -> list[Comment]:
    """Return the remarks, oldest first."""
    return hub.host.comments(repo, pull_id)
