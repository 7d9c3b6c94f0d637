"""What ended pull requests offered stays readable, as branches that take over from the work's."""

from __future__ import annotations

from typing import Final

from ..engines.base import Engine
from .base import PullRequest

KEPT: Final = 200
"""How many heads one repository keeps: an engine slows down with thousands of branches."""

_PREFIX: Final = "pull/"


def retire_branch(engine: Engine, pull: PullRequest) -> None:
    """
    Replace the branch of an ended pull request by ``pull/<id>/head``.

    A branch that has moved on since it was offered, or is gone already, is left alone.

    Args:
        engine: Of the repository that holds the branch.
        pull: Whose ``head`` is what it offered last.
    """
    found = [branch for branch in engine.branches(pull.branch) if branch.name == pull.branch]
    if not found or found[0].head != pull.head:
        return
    kept = [branch.name for branch in engine.branches(_PREFIX)]
    name = f"{_PREFIX}{pull.id}/head"
    if name not in kept:
        engine.create_branch(name, pull.head)
        kept.append(name)
    engine.delete_branch(pull.branch)
    # Shorter names have smaller numbers.
    for oldest in sorted(kept, key=lambda each: (len(each), each))[:-KEPT]:
        engine.delete_branch(oldest)
