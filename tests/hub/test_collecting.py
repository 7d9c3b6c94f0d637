"""Collecting garbage while a hub serves: when it is due, and that readers and writers go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from hub.desks import API, BOARD, Desk
from wasteland.hub.collecting import Collector
from wasteland.hub.hub import Hub


@pytest.fixture
def collect(desk: Desk) -> Callable[[], object]:
    """A collector that has seen the board, and takes any growth for enough."""
    found = Collector(desk.hub.host, grown_bytes=1, grown_ratio=1.0)
    assert [] == found()
    return found


def test_a_file_that_has_grown_is_collected_once(desk: Desk, collect: Callable[[], object]) -> None:
    items = [desk.post(f"Item {number}") for number in range(5)]
    before = desk.hub.host.engine(BOARD).size_bytes()

    first, second = collect(), collect()

    assert [BOARD] == first
    assert [] == second
    assert before > desk.hub.host.engine(BOARD).size_bytes()
    assert set(items) == {row["id"] for row in desk.ok("GET", f"{API}/wanted")["items"]}


def test_a_file_that_has_hardly_grown_is_left_alone(desk: Desk) -> None:
    collect = Collector(desk.hub.host)
    collect()
    desk.post()

    assert [] == collect()


def test_nothing_is_collected_while_somebody_waits_to_write(
    desk: Desk, collect: Callable[[], object]
) -> None:
    desk.post()

    with desk.hub.host.queue(BOARD).turn():
        assert [] == collect()
    assert [BOARD] == collect()


def test_readers_and_writers_go_on_beside_it(desk: Desk, collect: Callable[[], object]) -> None:
    """Each of them is answered as if nothing was collected."""
    over = Event()

    def read() -> Iterator[int]:
        while not over.is_set():
            yield desk.send("GET", f"{API}/wanted").status_code

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(lambda: set(read())) for _ in range(3)]
        for number in range(8):
            desk.post(f"Item {number}")
            collect()
        over.set()
        found = [reader.result() for reader in readers]

    assert [{200}] * 3 == found
    assert 8 == len(desk.ok("GET", f"{API}/wanted")["items"])
    assert [] == desk.hub.host.engine(BOARD).check()


def test_a_hub_has_it_among_its_chores(desk: Desk) -> None:
    assert any(isinstance(chore, Collector) for chore in _chores(desk.hub))


def _chores(hub: Hub) -> list[Callable[[], object]]:
    return hub.chores
