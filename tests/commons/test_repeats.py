"""One operation id, one effect: repeated, after a lost journal, after a death at any step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from commons.casts import EVIDENCE, REPO, Cast, essence, refusal
from wasteland.commons import steps, writing
from wasteland.commons.receipts import Receipt
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import PullState
from wasteland.hosts.local import LocalHost
from wasteland.protocol.errors import AlreadyClaimed, Conflict, Unavailable

OP = "op-again"
Act = Callable[[], Receipt]


class Death(BaseException):
    """The process is gone."""


def claiming(cast: Cast) -> Act:
    item_id = cast.posted()
    return lambda: cast.ben.claim(item_id, op_id=OP)


def posting(cast: Cast) -> Act:
    return lambda: cast.ada.post(title="Once", op_id=OP)


def submitting(cast: Cast) -> Act:
    item_id = cast.claimed()
    return lambda: cast.ben.done(item_id, evidence=EVIDENCE, op_id=OP)


def accepting(cast: Cast) -> Act:
    item_id = cast.submitted()
    return lambda: cast.max.accept(item_id, quality="good", op_id=OP)


def closing_it(cast: Cast) -> Act:
    item_id = cast.submitted()
    return lambda: cast.max.close(item_id, op_id=OP)


def merging(cast: Cast) -> Act:
    pull = cast.ada.update(cast.posted(), title="Better").pull
    return lambda: cast.max.merge(pull, op_id=OP)


def rejecting(cast: Cast) -> Act:
    item_id = cast.submitted()
    return lambda: cast.max.reject(item_id, reason="No test", op_id=OP)


def undoing_a_claim(cast: Cast) -> Act:
    cast.claimed()
    return lambda: cast.ben.undo(op_id=OP)


def undoing_an_offer(cast: Cast) -> Act:
    cast.submitted()
    return lambda: cast.ben.undo(op_id=OP)


ACTS = (
    claiming,
    posting,
    submitting,
    accepting,
    closing_it,
    merging,
    rejecting,
    undoing_a_claim,
    undoing_an_offer,
)
# Where a process may die: an owner and the name of what it had just begun or finished.
STEPS: dict[str, tuple[object, str, bool]] = {
    "before the journal": (LocalHost, "begin_operation", False),
    "after the journal": (LocalHost, "begin_operation", True),
    "before the branch": (DoltLiteEngine, "create_branch", False),
    "after the branch": (DoltLiteEngine, "create_branch", True),
    "after the branch's commit": (steps, "write", True),
    "before the pull request": (LocalHost, "open_pull", False),
    "after the pull request": (LocalHost, "open_pull", True),
    "before the merge": (LocalHost, "merge", False),
    "after the merge": (writing, "land", True),
    "before the pull request ends": (LocalHost, "end_pull", False),
    "after the pull request ends": (LocalHost, "end_pull", True),
    "before the receipt is kept": (LocalHost, "finish_operation", False),
    "after the receipt is kept": (LocalHost, "finish_operation", True),
}


EXPECTED: dict[Callable[[Cast], Act], list[PullState]] = {
    claiming: [],
    posting: [],
    submitting: [PullState.OPEN],
    accepting: [PullState.MERGED],
    closing_it: [PullState.MERGED],
    merging: [PullState.MERGED],
    rejecting: [PullState.CLOSED],
    undoing_a_claim: [],
    undoing_an_offer: [PullState.CLOSED],
}
_OFFER = {step for step in STEPS if "branch" in step} | {
    "before the pull request",
    "after the pull request",
}
_END = {"before the pull request ends", "after the pull request ends"}
_LAND = {"before the merge", "after the merge"}
NOT_ON_THE_WAY: dict[Callable[[Cast], Act], set[str]] = {
    claiming: _OFFER | _END,
    posting: _OFFER | _END,
    submitting: _LAND | _END,
    accepting: _OFFER,
    closing_it: _OFFER,
    merging: _OFFER,
    rejecting: _OFFER | _LAND,
    undoing_a_claim: _OFFER | _END,
    undoing_an_offer: _OFFER | _LAND,
}
DEATHS = [(act, step) for act in ACTS for step in STEPS if step not in NOT_ON_THE_WAY[act]]


def die_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process die at *step*."""
    owner, name, after = STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)

    def deadly(*args: Any, **named: Any) -> Any:
        if after:
            real(*args, **named)
        raise Death

    monkeypatch.setattr(owner, name, deadly)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_the_same_operation_gets_the_same_receipt(cast: Cast, act: Callable[[Cast], Act]) -> None:
    write = act(cast)
    first = write()
    after = cast.world()

    again = write()

    assert replace(first, replayed=True) == again
    assert after == cast.world()


@pytest.mark.parametrize(("act", "step"), DEATHS, ids=lambda part: getattr(part, "__name__", part))
def test_a_write_repeated_after_a_death_has_one_effect(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, act: Callable[[Cast], Act], step: str
) -> None:
    write = act(cast)
    heads = len(cast.engine.log())
    with monkeypatch.context() as deadly:
        die_at(deadly, step)
        with pytest.raises(Death):
            write()

    first, again = write(), write()

    assert essence(first) == essence(again)
    lands = first.state == "merged" and act not in {rejecting, undoing_an_offer}
    assert heads + lands == len(cast.engine.log())
    assert EXPECTED[act] == cast.states()
    assert [] == list(cast.host.unfinished(REPO))


@pytest.mark.dolt
@pytest.mark.parametrize("host", ["dolt"], indirect=True)
def test_a_submission_repeated_after_a_death_on_dolt_has_one_effect(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork is a view of its parent's branches there, and its last commit is looked at again."""
    write = submitting(cast)
    with monkeypatch.context() as deadly:
        die_at(deadly, "before the pull request")
        with pytest.raises(Death):
            write()

    first, again = write(), write()

    assert essence(first) == essence(again)
    assert [PullState.OPEN] == cast.states()


def lose_journal(cast: Cast, what: str) -> None:
    """Take the receipt, or the whole entry, out of the host's state."""
    sql = {
        "receipt": "UPDATE operations SET receipt = NULL WHERE id = ?",
        "entry": "DELETE FROM operations WHERE id = ?",
    }
    with closing(sqlite3.connect(cast.host.root / "host.db")) as state, state:
        assert 1 == state.execute(sql[what], (OP,)).rowcount


@pytest.mark.parametrize("what", ["receipt", "entry"])
@pytest.mark.parametrize("act", [claiming, posting, submitting], ids=lambda act: act.__name__)
def test_a_lost_receipt_is_rebuilt_from_the_commit(
    cast: Cast, act: Callable[[Cast], Act], what: str
) -> None:
    write = act(cast)
    first = write()
    branches, pulls = cast.engine.branches(), cast.host.pulls(REPO, state=None)
    lose_journal(cast, what)

    again = write()

    assert essence(first) == essence(again)
    assert (first.before, first.after, first.rows) == (again.before, again.after, again.rows)
    assert (branches, pulls) == (cast.engine.branches(), cast.host.pulls(REPO, state=None))


def test_a_lost_receipt_of_merged_work_is_rebuilt_from_the_reviewers_commit(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.ben.done(item_id, evidence=EVIDENCE, op_id=OP)
    accepted = cast.max.accept(item_id, quality="good")
    lose_journal(cast, "receipt")

    again = cast.ben.done(item_id, evidence=EVIDENCE, op_id=OP)

    assert ("done", "merged", accepted.commit) == (again.operation, again.state, again.commit)


def test_an_operation_id_of_another_request_is_refused(cast: Cast) -> None:
    item_id = cast.posted()
    cast.ben.claim(item_id, op_id=OP)
    before = cast.world()

    errors = [
        refusal(lambda: cast.ben.unclaim(item_id, op_id=OP)),
        refusal(lambda: cast.eve.claim(item_id, op_id=OP)),
        refusal(lambda: cast.ben.undo(op_id=OP)),
    ]

    assert {Conflict} == {type(error) for error in errors}
    assert {OP} == {error.facts["op_id"] for error in errors}
    assert before == cast.world()


def test_an_operation_id_of_another_request_is_refused_without_a_journal(cast: Cast) -> None:
    item_id = cast.posted()
    cast.ben.claim(item_id, op_id=OP)
    lose_journal(cast, "entry")
    before = cast.world()

    error = refusal(lambda: cast.ben.unclaim(item_id, op_id=OP))

    assert OP == error.facts["op_id"]
    assert before == cast.world()


def test_a_refused_operation_leaves_no_journal_entry(cast: Cast) -> None:
    item_id = cast.claimed()

    refusal(lambda: cast.eve.claim(item_id, op_id=OP))

    assert cast.host.operation(REPO, OP) is None


def test_a_failed_operation_stays_in_the_journal(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = claiming(cast)

    def fail(*_: object) -> str:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(LocalHost, "merge", fail)
        error = refusal(write)
    known = cast.host.operation(REPO, OP)

    assert isinstance(error, Unavailable)
    assert known is not None
    assert known.receipt is None
    assert "merged" == write().state


def test_work_of_a_dead_process_that_was_never_offered_gives_way_to_another_attempt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = cast.claimed()
    with monkeypatch.context() as deadly:
        die_at(deadly, "before the pull request")
        with pytest.raises(Death):
            cast.ben.done(item_id, evidence="lost")

    receipt = cast.ben.done(item_id, evidence=EVIDENCE)

    assert "pending" == receipt.state
    (offered,) = cast.ben.show(item_id).pending
    assert EVIDENCE == offered.evidence


def test_a_pull_request_of_a_dead_reviewer_is_settled_by_the_next_look(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = cast.submitted()
    with monkeypatch.context() as deadly:
        die_at(deadly, "before the pull request ends")
        with pytest.raises(Death):
            cast.max.accept(item_id, quality="good")

    waiting = cast.max.inbox()

    assert [] == waiting
    assert [PullState.MERGED] == cast.states()


def test_a_claim_repeated_by_a_rival_is_a_lost_race(cast: Cast) -> None:
    item_id = cast.claimed()

    error = refusal(lambda: cast.ben.claim(item_id, op_id="op-other"))

    assert isinstance(error, AlreadyClaimed)
