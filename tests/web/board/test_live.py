"""What a board that is open is told: rows as they change, to whom, and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from hub.desks import API, hide
from wasteland.hub.http.streams import Places
from wasteland.web.board import live
from web.board.streams import Listener
from web.browsers import BOARD, Browser, Office


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask often whether a listener may still read."""
    monkeypatch.setattr(live, "_BEAT_S", 0.05)


def stream_of(browser: Browser, query: str = "") -> str:
    """Return the address that a board names for what changes in it."""
    page = browser.get(f"{BOARD}{query}")
    return next(given["data-live"] or "" for _, given in page.tags if "data-live" in given)


def cookie_of(browser: Browser) -> str:
    """Return what a browser sends with each request."""
    return "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())


def claim(office: Office, item: str, who: str = "acme") -> Callable[[], Any]:
    """Return what claims an item over the other door."""
    return lambda: office.desk.ok("POST", f"{API}/wanted/{item}/claim", who, json={})


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a test's coroutine."""
    return asyncio.run(work)


def test_a_claim_elsewhere_is_told_as_the_row_that_changed(office: Office) -> None:
    item = office.post("Fix the clock")
    path = stream_of(office.browser())

    async def listen() -> dict[str, Any]:
        async with Listener(office.app, path) as listener:
            await asyncio.to_thread(claim(office, item))
            return await listener.told()

    told = run(listen())
    (row,) = told["rows"]
    assert (office.head(), "rows") == (told["id"], told["event"])
    assert (item, False, "mia claimed Fix the clock") == (row["id"], row["fits"], row["said"])
    assert 'data-s="claimed"' in row["html"]
    text = office.browser().get(BOARD).text
    assert f"Open {told['counts']['open']} Claimed {told['counts']['claimed']}" in text


def test_a_row_is_told_as_the_board_shows_it(office: Office) -> None:
    item = office.post("Same <b>words</b>", tags="a,b", type="bug")
    browser = office.browser("acme")
    path = stream_of(browser, "?status=all")

    async def listen() -> dict[str, Any]:
        async with Listener(office.app, path, cookie=cookie_of(browser)) as listener:
            await asyncio.to_thread(claim(office, item))
            return await listener.told()

    (row,) = run(listen())["rows"]
    assert row["html"] in browser.get(f"{BOARD}?status=all").html
    assert "data-pick" in row["html"]


@pytest.mark.parametrize(
    ("query", "fits"),
    [("", True), ("?type=bug", True), ("?type=docs", False), ("?status=claimed", False)],
)
def test_a_page_is_told_whether_it_lacks_a_new_item(office: Office, query: str, fits: bool) -> None:
    path = stream_of(office.browser(), query)

    async def listen() -> dict[str, Any]:
        async with Listener(office.app, path) as listener:
            await asyncio.to_thread(office.post, "A new one", type="bug")
            return await listener.told()

    assert [fits] == [row["fits"] for row in run(listen())["rows"]]


def test_what_belongs_on_a_later_page_is_not_lacking_on_this(own_office: Office) -> None:
    for number in range(52):
        own_office.post(f"Item {number:02}", priority="high")
    path = stream_of(own_office.browser())

    async def listen() -> list[bool]:
        async with Listener(own_office.app, path) as listener:
            found = []
            for priority in ("low", "critical"):
                await asyncio.to_thread(own_office.post, priority, priority=priority)
                found += [row["fits"] for row in (await listener.told())["rows"]]
            return found

    assert [False, True] == run(listen())


def test_who_comes_back_is_told_what_was_missed(office: Office) -> None:
    first = office.post("First")
    path = stream_of(office.browser())
    claim(office, first)()
    known = office.head()
    second = office.post("Second")

    async def listen() -> list[str]:
        async with Listener(office.app, path, last_event_id=known) as listener:
            return [row["id"] for row in (await listener.told())["rows"]]

    assert [second] == run(listen())


def test_what_is_too_much_is_told_without_rows(office: Office) -> None:
    path = urlsplit(stream_of(office.browser()))
    query = {name: value[0] for name, value in parse_qs(path.query).items()} | {"after": "0" * 40}

    async def listen() -> dict[str, Any]:
        async with Listener(office.app, f"{path.path}?{urlencode(query)}") as listener:
            return await listener.told()

    told = run(listen())
    assert (True, []) == (told["much"], told["rows"])


def over_after(office: Office, browser: Browser, happen: Callable[[], object]) -> str:
    """Return the last event that a signed-in listener is told when something happens."""
    path, cookie = stream_of(browser), cookie_of(browser)

    async def listen() -> str:
        async with Listener(office.app, path, cookie=cookie) as listener:
            await asyncio.to_thread(happen)
            told = await listener.told()
            await listener.end()
            return str(told["event"])

    return str(run(listen()))


def test_a_stream_is_over_with_the_session(office: Office) -> None:
    browser = office.browser("acme")

    def sign_out() -> None:
        browser.send(browser.get("/-/you").form("/sign-out"))

    assert "over" == over_after(office, browser, sign_out)


def test_a_stream_is_over_with_the_token_that_its_session_began_with(office: Office) -> None:
    office.account("eve")
    accounts = office.desk.hub.accounts
    token = accounts.tokens("eve")[0].id

    end = over_after(office, office.browser("eve"), lambda: accounts.revoke("eve", token))

    assert "over" == end


def test_what_becomes_private_is_followed_by_nobody_else(own_office: Office) -> None:
    browser = own_office.browser()
    path = stream_of(browser)

    end = over_after(own_office, browser, lambda: hide(own_office.desk))

    assert ("over", 404) == (end, browser.get(path).status)


def test_listeners_are_counted_and_end_with_the_hub(own_office: Office) -> None:
    path, hub = stream_of(own_office.browser()), own_office.desk.hub
    hub.places = Places(most_of_one=1)

    async def listen() -> tuple[int, int]:
        async with Listener(own_office.app, path) as first:
            await asyncio.to_thread(own_office.post, "Something")
            await first.told()
            async with Listener(own_office.app, path) as second:
                await second.end()
            await asyncio.to_thread(hub.stopping.set)
            await first.end()
            return first.status, second.status

    assert (200, 429) == run(listen())
    assert 0 == hub.places.taken


@pytest.mark.parametrize("bad", ["after=main", "cursor=x", "until=NTA", "priority=urgentest"])
def test_an_address_that_no_board_named_is_refused(office: Office, bad: str) -> None:
    assert 422 == office.browser().get(f"{BOARD}/live?{bad}").status
