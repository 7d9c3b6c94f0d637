"""Answers that wait: how many there may be, what they share, and when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import Message

from hub.desks import API, BOARD, Desk
from wasteland.hub.api import events
from wasteland.hub.http.streams import Lookout, Places, Shared, Stream
from wasteland.protocol.errors import RateLimited, Unavailable

EVENTS = f"{API}/events"
PROMPT_S = 10.0


def test_one_who_has_all_of_their_places_gets_no_other() -> None:
    places = Places(most=9, most_of_one=2)
    places.take("ada")
    places.take("ada")

    with pytest.raises(RateLimited):
        places.take("ada")
    places.take("ben")
    places.give_back("ada")
    places.take("ada")


def test_when_all_places_are_taken_nobody_gets_one() -> None:
    places = Places(most=2, most_of_one=2)
    with places.held("ada"), places.held("ben"), pytest.raises(Unavailable):
        places.take("eve")

    assert 0 == places.taken


def test_who_ask_at_the_same_time_get_one_answer() -> None:
    asked: list[int] = []

    async def look() -> int:
        asked.append(1)
        await asyncio.sleep(0)
        return len(asked)

    async def all_of_them() -> list[int]:
        shared: Shared[str, int] = Shared(60.0)
        return await asyncio.gather(*(shared.get("main", look) for _ in range(50)))

    assert [1] * 50 == asyncio.run(all_of_them())


def test_what_failed_is_asked_again() -> None:
    outcomes = [OSError("gone"), None]

    async def look() -> str:
        if error := outcomes.pop(0):
            raise error
        return "head"

    async def twice() -> str:
        shared: Shared[str, str] = Shared(60.0)
        with pytest.raises(OSError, match="gone"):
            await shared.get("main", look)
        return await shared.get("main", look)

    assert "head" == asyncio.run(twice())


def test_what_is_old_is_asked_again() -> None:
    async def twice() -> list[int]:
        shared: Shared[str, int] = Shared(0.0)
        numbers = iter(range(2))

        async def look() -> int:
            return next(numbers)

        return [await shared.get("main", look), await shared.get("main", look)]

    assert [0, 1] == asyncio.run(twice())


def test_who_waits_for_a_change_is_told_by_one_look_for_all() -> None:
    looks: list[int] = []

    async def look() -> int:
        looks.append(1)
        return len(looks) // 3

    async def all_of_them() -> list[int | None]:
        lookout: Lookout[str, int] = Lookout(0.001, lambda: False)
        waiting = (lookout.changed("main", 0, look, wait_s=PROMPT_S) for _ in range(50))
        return await asyncio.gather(*waiting)

    assert [1] * 50 == asyncio.run(all_of_them())
    assert 3 == len(looks)


def test_who_waits_for_a_change_is_let_go_in_time_and_at_the_end() -> None:
    async def look() -> int:
        return 0

    async def twice() -> tuple[int | None, int | None]:
        ended = asyncio.Event()
        lookout: Lookout[str, int] = Lookout(0.001, ended.is_set)
        late = await lookout.changed("main", 0, look, wait_s=0.01)
        asyncio.get_running_loop().call_later(0.01, ended.set)
        return late, await lookout.changed("main", 0, look, wait_s=PROMPT_S)

    assert (None, None) == asyncio.run(twice())


def test_a_look_that_fails_fails_for_those_who_wait_and_is_made_again() -> None:
    outcomes: list[Exception | int] = [OSError("gone"), 7]

    async def look() -> int:
        found = outcomes.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def twice() -> int | None:
        lookout: Lookout[str, int] = Lookout(0.001, lambda: False)
        with pytest.raises(OSError, match="gone"):
            await lookout.changed("main", 0, look, wait_s=PROMPT_S)
        return await lookout.changed("main", 0, look, wait_s=PROMPT_S)

    assert 7 == asyncio.run(twice())


def test_a_reader_that_takes_nothing_is_let_go_and_its_place_is_free() -> None:
    made: list[int] = []
    ended: list[bool] = []

    async def parts() -> AsyncIterator[bytes]:
        for number in range(1000):
            made.append(number)
            yield b"x" * 1000

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def answer() -> None:
        stream = Stream(parts(), headers={}, on_end=lambda: ended.append(True), patience_s=0.01)
        scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
        await asyncio.wait_for(stream(scope, receive, send), PROMPT_S)

    asyncio.run(answer())
    assert ([0], [True]) == (made, ended)


# --- through the whole hub


def test_a_stream_too_many_is_told_to_come_back(desk: Desk) -> None:
    head = desk.hub.host.engine(BOARD).head()
    desk.hub.places = Places(most_of_one=0)
    for accept in ("text/event-stream", "application/json"):
        headers = {"accept": accept}
        answer = desk.send("GET", EVENTS, "acme", params={"after": head}, headers=headers)

        assert (429, "rate_limited") == (answer.status_code, answer.json()["code"])
        assert "5" == answer.headers["retry-after"]


def test_whatever_ended_gives_its_place_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_GONE_S", 0.05)
    head = desk.hub.host.engine(BOARD).head()
    desk.ok("GET", EVENTS, params={"after": head, "wait_s": 0})
    with ThreadPoolExecutor(1) as pool:
        headers = {"accept": "text/event-stream"}
        stream = pool.submit(desk.send, "GET", EVENTS, params={"after": head}, headers=headers)
        desk.hub.stopping.set()
        assert 200 == stream.result(PROMPT_S).status_code

    assert 0 == desk.hub.places.taken
