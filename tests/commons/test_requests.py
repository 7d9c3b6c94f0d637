"""How many requests a client of a hub makes: counted at its transport."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commons.far import EVIDENCE, Far, answer, reading
from commons.test_distant import READS
from hub.desks import open_desk


@pytest.fixture(scope="module", name="far")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """A hub with work in every state, some of it waiting for review."""
    home = tmp_path_factory.mktemp("far")
    with open_desk(home / "host") as desk:
        far = Far(desk, home)
        far.story()
        yield far


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Far]:
    """A hub with a board and nothing on it."""
    with open_desk(tmp_path / "host") as desk:
        yield Far(desk, tmp_path)


@pytest.mark.parametrize(("name", "values"), READS)
def test_a_read_is_one_request_and_two_for_a_board_with_pending_work(
    far: Far, name: str, values: dict[str, Any]
) -> None:
    ada = far.at("ada", replica=far.replica())
    reading(ada, "rig list")
    far.wire.seen.clear()
    reading(ada, name, **far.named(values))

    assert (2 if name == "browse" else 1) == len(far.wire.seen), far.wire.seen


def test_a_board_without_pending_work_is_one_request(fresh: Far) -> None:
    ada = fresh.at("ada", replica=fresh.replica())
    reading(ada, "browse")
    fresh.near("mia").post(title="New here")
    fresh.wire.seen.clear()
    board = reading(ada, "browse")

    assert ["New here"] == [item["title"] for item in board]
    assert ["GET /api/v1/commons/acme/board/changes"] == fresh.wire.seen


def test_a_write_and_its_receipt_are_one_request(fresh: Far) -> None:
    item = fresh.near("mia").post(title="Work").id
    ben = fresh.at("ben")
    fresh.wire.seen.clear()
    receipts = []
    for number, (name, values) in enumerate(
        (("claim", {}), ("done", {"evidence": EVIDENCE}), ("claim", {}))
    ):
        op_id = f"op-{number % 2:032x}"  # the third repeats the first
        receipts.append(answer(ben, name, id=item, op_id=op_id, **values))

    assert ["merged", "pending", "merged"] == [receipt["state"] for receipt in receipts]
    assert receipts[2]["replayed"]
    assert 3 == len(fresh.wire.seen)


def test_a_copy_that_was_not_looked_after_for_a_while_is_by_the_next_read(fresh: Far) -> None:
    copy = fresh.replica()
    ada = fresh.at("ada", replica=copy)
    reading(ada, "me")
    fresh.near("mia").post(title="New here")
    reading(ada, "me")
    before = copy.head
    os.utime(copy.path, (0, 0))
    reading(ada, "me")

    assert before != copy.head
    assert fresh.near("mia").engine.head() == copy.head
