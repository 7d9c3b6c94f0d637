"""
Work that was pushed straight into the database of a local host, past ``wl``, waits for review too.

Nobody knows who has pushed it. It counts as offered by the account of the rig that its branch
names, which is what a plain remote knows too. A host that knows who its callers are adopts nothing.
"""

from __future__ import annotations

from ..engines.base import MAIN, Branch
from ..hosts.base import PullRequest, PullState
from ..hosts.work_branches import WORK, as_pull
from ..protocol.fields import TEXT_LIMIT, TITLE_LIMIT
from ..protocol.names import is_handle, read_branch, register_branch
from ..protocol.records import Rig
from . import queries
from .session import Session


def adopt(session: Session) -> None:
    """Make pull requests of pushed work branches; those that have gone on are moved on."""
    if not session.host.adopts_branches:
        return
    pushed = [branch for branch in session.engine.branches(WORK) if _is_work(branch.name)]
    offered = {(pull.branch, pull.head) for pull in _own(session, PullState.OPEN)} if pushed else ()
    new = [branch for branch in pushed if (branch.name, branch.head) not in offered]
    ended = {(pull.branch, pull.head) for pull in _own(session, None)} if new else ()
    for branch in new:
        if (branch.name, branch.head) not in ended and _has_news(session, branch):
            _take_up(session, branch.name)


def _is_work(name: str) -> bool:
    rig, item_id = read_branch(name)
    return is_handle(rig) and (bool(item_id) or name == register_branch(rig))


def _own(session: Session, state: PullState | None) -> list[PullRequest]:
    """Return the pull requests whose branches are in the commons' own database."""
    found = session.host.pulls(session.repo, state=state)
    return [pull for pull in found if pull.source == session.repo]


def _has_news(session: Session, branch: Branch) -> bool:
    return session.engine.merge_base(MAIN, branch.head) not in {None, branch.head}


def _take_up(session: Session, name: str) -> None:
    """Offer the branch as it is now, once whoever may be writing it here has offered it."""
    host, repo = session.host, session.repo
    with host.turn(repo, name):
        branch = next((b for b in session.engine.branches(name) if b.name == name), None)
        if branch is None:
            return
        shown = as_pull(repo, branch, session.engine.log(branch.head, limit=1)[0])
        host.open_pull(
            repo,
            source=repo,
            branch=name,
            title=shown.title[:TITLE_LIMIT],
            body=shown.body[:TEXT_LIMIT],
            author=_account(session, shown.author, branch.head),
        )


def _account(session: Session, rig: str, head: str) -> str:
    """Return the account that owns *rig*, by main, else by its own registration at *head*."""
    known = queries.one(session.main(), Rig, rig)
    found = known or queries.one(queries.at(session.engine, head), Rig, rig)
    return (found.dolthub_org if found else None) or rig
