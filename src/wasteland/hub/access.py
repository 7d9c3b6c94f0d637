"""
A test of what an owner's credential can do: a write to a scratch branch, which is always removed.

Source: the administration guide, "Test admin access" (S1-54).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from ..commons import queries
from ..commons.sdk import Commons
from ..engines.base import Engine
from ..engines.sql import insert_sql
from ..hosts.base import RepoName
from ..protocol.errors import Forbidden, Unavailable, WastelandError
from ..protocol.lean import dataclass
from ..protocol.policy import Action
from ..protocol.records import Meta
from . import members
from .callers import Caller
from .hub import Hub

_SCRATCH: Final = "op/scratch-"
_KEY: Final = "scratch"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that was tried.

    Attributes:
        name: What, in a few words.
        detail: What came of it; of a failure, why.
        hint: What to do about a failure; "" otherwise.
        seconds: How long it took.
    """

    name: str
    passed: bool
    detail: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AccessReport:
    """What was tried, in its order, up to the first failure and with the tidying up after it."""

    steps: Sequence[Step]

    @property
    def verified(self) -> bool:
        """Whether everything passed."""
        return all(step.passed for step in self.steps)


def test(hub: Hub, caller: Caller, repo: RepoName) -> AccessReport:
    """
    Try what an owner must be able to do, on a scratch branch that does not outlive the test.

    Raises:
        NotFound: The caller may not even know of *repo*.
        Unauthenticated, Forbidden: The caller does not own it.
    """
    members.need_owner(hub, caller, repo)
    engine, branch = hub.host.engine(repo), f"{_SCRATCH}{secrets.token_hex(4)}"
    steps = [
        _step("The token is accepted", lambda: _expiry(hub, caller), "sign in with another token"),
        _step("Your rig may govern", lambda: _governs(hub, caller, repo), _NO_TRUST),
    ]
    made = _step("A scratch branch is made", lambda: _make(hub, repo, engine, branch), _NO_WRITE)
    steps.append(made)
    if made.passed:
        written = lambda: _write(engine, branch, hub)  # noqa: E731  # named for its line
        steps.append(_step("A write is taken and read back", written, _NO_WRITE))
    steps.append(_step("The scratch branch is removed", lambda: _remove(engine, branch), _LEFT))
    return AccessReport(steps)


def _step(name: str, run: Callable[[], str], hint: str) -> Step:
    began = time.monotonic()
    try:
        detail, passed = run(), True
    except WastelandError as error:
        detail, passed = error.message, False
    return Step(name, passed, detail, "" if passed else hint, time.monotonic() - began)


def _expiry(hub: Hub, caller: Caller) -> str:
    if caller.expires_at is None:
        return "it does not expire"
    days = (caller.expires_at - hub.host.now()).days
    return f"it ends in {days} day{'' if days == 1 else 's'}"


def _governs(hub: Hub, caller: Caller, repo: RepoName) -> str:
    session = hub.session(caller, repo, Commons)
    if not session.may(Action.POLICY):
        raise Forbidden(
            f"{session.seat.rig or 'No rig of yours'} may not change the rules of {repo}."
        )
    return session.seat.rig


def _make(hub: Hub, repo: RepoName, engine: Engine, branch: str) -> str:
    hub.host.state.mirrors.refuse_writes(repo)
    engine.create_branch(branch)
    return branch


def _write(engine: Engine, branch: str, hub: Hub) -> str:
    row = Meta(_KEY, branch).to_row()
    with engine.change(branch) as change:
        change.execute(insert_sql(Meta.table, tuple(row)), row)
        change.commit("Test of access", author="wasteland", at=hub.host.now(), tables=[Meta.table])
    found = queries.one(queries.at(engine, branch), Meta, _KEY)
    if found is None or found.value != branch:
        raise Unavailable("What was written is not there when it is read.")
    return ""


def _remove(engine: Engine, branch: str) -> str:
    if any(known.name == branch for known in engine.branches(branch)):
        engine.delete_branch(branch)
    return "gone"


_NO_TRUST: Final = "join with a rig, and have a maintainer give it trust 3"
_NO_WRITE: Final = "look at the hub's disk and its permissions: wl hub fsck"
_LEFT: Final = "delete the branch by hand; it holds nothing"
