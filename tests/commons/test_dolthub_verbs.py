"""
Every verb on a commons that DoltHub keeps, and again after its process died at each of its writes.

Nothing is done twice, and no receipt says what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from commons.dolthub_town import BOARD, EVIDENCE, ITEM, Killed, Town
from wasteland.commons.receipts import MERGED, PENDING, UNCHANGED, Receipt
from wasteland.commons.sdk import Commons

OPEN: Final = "w-open"
_OPEN_ITEM: Final = f"INSERT INTO wanted (id, title, posted_by) VALUES ('{OPEN}', 'Paint', 'org')"
_OP: Final = "op-verb"


@dataclass(frozen=True)
class Verb:
    """
    A verb as a command gives it.

    Attributes:
        rig: Who gives it.
        call: The command, under an operation id.
        writes: How many requests of it write.
        state: What its receipt says.
        before: What happens first.
    """

    rig: str
    call: Callable[[Commons, str], Receipt]
    writes: int
    state: str = PENDING
    before: Callable[[Town], object] = lambda _: None


def _posted(town: Town) -> Receipt:
    return town.alice.post(title="Mend the roof", op_id="op-first")


def _claimed(town: Town) -> Receipt:
    return town.alice.claim(OPEN, op_id="op-first")


def _first(rig: Commons) -> str:
    """Return the id of what the rig has posted first."""
    done = rig.host.operation(BOARD, "op-first")
    assert done
    assert done.receipt
    return str(done.receipt["id"])


VERBS: Final = {
    "register": Verb("zoe", lambda rig, op: rig.register(op_id=op), 4),
    "post": Verb("alice", lambda rig, op: rig.post(title="Paint it", op_id=op), 4),
    "update": Verb(
        "alice",
        lambda rig, op: rig.update(_first(rig), title="Better", op_id=op),
        2,
        before=_posted,
    ),
    "withdraw a post that waits": Verb(
        "alice", lambda rig, op: rig.withdraw(_first(rig), op_id=op), 4, UNCHANGED, _posted
    ),
    "withdraw": Verb("org", lambda rig, op: rig.withdraw(OPEN, op_id=op), 3),
    "claim": Verb("alice", lambda rig, op: rig.claim(OPEN, op_id=op), 4),
    "unclaim": Verb("alice", lambda rig, op: rig.unclaim(ITEM, op_id=op), 4),
    "unclaim a claim that waits": Verb(
        "alice", lambda rig, op: rig.unclaim(OPEN, op_id=op), 4, UNCHANGED, _claimed
    ),
    "done": Verb("alice", lambda rig, op: rig.done(ITEM, evidence=EVIDENCE, op_id=op), 5),
    "done with a claim that waits": Verb(
        "alice", lambda rig, op: rig.done(OPEN, evidence=EVIDENCE, op_id=op), 3, before=_claimed
    ),
    "accept": Verb(
        "bob",
        lambda rig, op: rig.accept(ITEM, quality="good", op_id=op),
        6,
        before=Town.submitted,
    ),
    "close": Verb("org", lambda rig, op: rig.close(ITEM, op_id=op), 4, before=Town.submitted),
    "reject": Verb(
        "bob",
        lambda rig, op: rig.reject(ITEM, reason="No tests.", op_id=op),
        1,
        MERGED,
        Town.submitted,
    ),
    "merge": Verb("org", lambda rig, op: rig.merge("1", op_id=op), 1, MERGED, Town.submitted),
}
"""Each with as few writes as plain DoltHub allows: fork, branch, statements, pull request."""
_DEATHS: Final = [(name, at) for name, verb in VERBS.items() for at in range(1, verb.writes + 1)]


def _begun(home: Path, name: str) -> Town:
    """Return a town where all has happened that comes before a verb."""
    town = Town(home)
    town.arrange(_OPEN_ITEM)
    VERBS[name].before(town)
    return town


def _told(receipt: Receipt) -> tuple[object, ...]:
    return receipt.operation, receipt.state, receipt.id, receipt.pull, receipt.branch


@cache
def _unspoiled(name: str) -> tuple[tuple[object, ...], list[object], int]:
    """Return what a verb's receipt says, what it leaves, and how many writes it took."""
    with TemporaryDirectory() as home:
        town = _begun(Path(home), name)
        before = town.tap.written
        receipt = VERBS[name].call(town.seat(VERBS[name].rig), _OP)
        writes = town.tap.written - before
        left = town.snapshot()
        town.close()
        return _told(receipt), left, writes


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[Callable[[str], Town]]:
    """Make the town that a verb begins in."""
    made: list[Town] = []

    def make(name: str) -> Town:
        made.append(_begun(tmp_path, name))
        return made[-1]

    yield make
    for town in made:
        town.close()


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_writes_as_little_as_it_can(name: str) -> None:
    told, _, writes = _unspoiled(name)

    assert (VERBS[name].state, VERBS[name].writes) == (told[1], writes)


@pytest.mark.parametrize(("name", "at"), _DEATHS)
def test_a_verb_whose_process_died_after_a_write_is_carried_through_once(
    towns: Callable[[str], Town], name: str, at: int
) -> None:
    verb, town = VERBS[name], towns(name)
    town.kill_after(at)
    with suppress(Killed):
        verb.call(town.seat(verb.rig), _OP)
    town.revive()
    town.clock.sleep(60.0)

    receipt = verb.call(town.seat(verb.rig), _OP)

    told, left, _ = _unspoiled(name)
    assert (told, left) == (_told(receipt), town.snapshot())


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_that_is_done_is_answered_with_its_first_receipt(
    towns: Callable[[str], Town], name: str
) -> None:
    verb, town = VERBS[name], towns(name)
    receipt = verb.call(town.seat(verb.rig), _OP)
    left, written = town.snapshot(), town.tap.written

    again = verb.call(town.seat(verb.rig), _OP)

    assert (_told(receipt), left) == (_told(again), town.snapshot())
    assert written == town.tap.written


@pytest.mark.parametrize("name", ["claim", "done", "accept"])
def test_what_was_merged_before_its_answer_came_is_called_merged(
    towns: Callable[[str], Town], name: str
) -> None:
    """The process died when its pull request was open; a maintainer was faster than the rig."""
    verb, town = VERBS[name], towns(name)
    town.kill_after(verb.writes)
    with suppress(Killed):
        verb.call(town.seat(verb.rig), _OP)
    town.revive()
    number = len(town.pulls())
    town.stand_in.land(str(BOARD), number)

    receipt = verb.call(town.seat(verb.rig), _OP)

    assert (MERGED, "wanted") == (receipt.state, next(iter(receipt.rows)))
    assert ["Merged"] == town.pulls()[number - 1 :]
