"""Webhooks, with a real receiver on loopback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commons.casts import Clock
from commons.outgoing.servers import LOOPBACK, Canary, Names, Receiver, redirect, reply
from wasteland.commons.outgoing.client import Outgoing
from wasteland.hosts.base import RepoName
from wasteland.hub.webhooks import events, signing, webhooks
from wasteland.hub.webhooks.events import EventName
from wasteland.hub.webhooks.store import DeliveryState, Store
from wasteland.hub.webhooks.webhooks import PAUSES, Webhooks
from wasteland.protocol.errors import Conflict, Invalid, LimitReached, NotFound, Unsupported

REPO, OTHER = RepoName("acme", "board"), RepoName("eve", "board")
PUSH = events.push(REPO, branch="main", head="h2", prev="h1")
BRANCH = events.branch(REPO, "x", is_deleted=False)
HOST = "hooks.test"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hooks(tmp_path: Path, clock: Clock) -> Iterator[Webhooks]:
    """Webhooks that may call hooks.test and more.test, which are loopback."""
    names = Names(hooks_test=[[LOOPBACK]], more_test=[[LOOPBACK]], inside_test=[[LOOPBACK]])
    outgoing = Outgoing(enabled=True, allow=[HOST, "more.test"], resolver=names)
    made = Webhooks(tmp_path / "webhooks.db", outgoing, clock)
    yield made
    made.close()


def test_delivery_is_signed_named_and_stamped(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply(200)]).running() as server:
        hook, secret = hooks.add(REPO, server.url(HOST, "/in?x=1"), account="max")
        assert 1 == hooks.enqueue(REPO, PUSH)
        assert 1 == hooks.deliver_due(clock())

    got, at_s = server.received[0], int(clock().timestamp())
    assert ("POST", "/in?x=1") == (got.method, got.path)
    assert "h2" == json.loads(got.body)["head"]
    header = got.headers[signing.HEADER.lower()]
    assert signing.verify(secret, got.body, header, now_s=at_s)
    assert ("push", str(at_s), "application/json") == (
        got.headers["x-wasteland-event"],
        got.headers["x-wasteland-timestamp"],
        got.headers["content-type"],
    )
    kept = hooks.deliveries(hook)[0]
    assert (DeliveryState.DELIVERED, 200, 1) == (kept.state, kept.status, kept.attempts)
    assert kept.id == got.headers["x-wasteland-delivery"]


def test_failed_delivery_is_tried_again_with_the_same_id(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply(500), reply(200)]).running() as server:
        hook, secret = hooks.add(REPO, server.url(HOST), account="max")
        hooks.enqueue(REPO, PUSH)
        hooks.deliver_due(clock())
        assert 0 == hooks.deliver_due(clock())
        waiting = hooks.deliveries(hook)[0]
        clock.move(minutes=1)
        assert 1 == hooks.deliver_due(clock())

    assert (DeliveryState.WAITING, 500) == (waiting.state, waiting.status)
    assert "The receiver answers 500." == waiting.error
    assert DeliveryState.DELIVERED == hooks.deliveries(hook)[0].state
    first, second = server.received
    assert first.headers["x-wasteland-delivery"] == second.headers["x-wasteland-delivery"]
    header = second.headers[signing.HEADER.lower()]
    assert signing.verify(secret, second.body, header, now_s=int(clock().timestamp()))


def test_delivery_is_dead_after_the_last_pause_and_can_be_sent_again(
    hooks: Webhooks, clock: Clock
) -> None:
    with Receiver([*[reply(503)] * 6, reply(204, b"")]).running() as server:
        hook, _ = hooks.add(REPO, server.url(HOST), account="max")
        hooks.enqueue(REPO, PUSH)
        for pause in (*PAUSES, timedelta(days=1)):
            assert [] == hooks.dead(hook)
            assert 1 == hooks.deliver_due(clock())
            clock.at += pause - timedelta(seconds=1)
            assert 0 == hooks.deliver_due(clock())
            clock.move(seconds=1)
        assert 0 == hooks.deliver_due(clock())
        dead = hooks.dead(hook)
        hooks.redeliver(hook, dead[0].id)
        assert 1 == hooks.deliver_due(clock())

    assert [(6, 503)] == [(delivery.attempts, delivery.status) for delivery in dead]
    assert [] == hooks.dead(hook)
    assert 7 == len(server.received)
    assert 1 == len({got.headers["x-wasteland-delivery"] for got in server.received})


def test_only_what_has_ended_can_be_sent_again(hooks: Webhooks) -> None:
    hook, _ = hooks.add(REPO, "https://hooks.test/", account="max")
    other, _ = hooks.add(REPO, "https://more.test/", account="max")
    hooks.enqueue(REPO, PUSH)
    waiting = hooks.deliveries(hook)[0]

    for asked, delivery_id in ((hook, waiting.id), (hook, "unknown"), (other, waiting.id)):
        with pytest.raises(Conflict):
            hooks.redeliver(asked, delivery_id)


def test_hook_is_told_what_it_asks_for_and_of_its_own_repository(
    hooks: Webhooks, clock: Clock
) -> None:
    with Receiver([reply()]).running() as server:
        hooks.add(REPO, server.url(HOST, "/push"), events=[EventName.PUSH], account="max")
        hooks.add(REPO, server.url("more.test", "/all"), account="max")
        hooks.add(OTHER, server.url(HOST, "/other"), account="eve")
        assert (2, 1) == (hooks.enqueue(REPO, PUSH), hooks.enqueue(REPO, BRANCH))
        hooks.deliver_due(clock())

    told = sorted((got.path, got.headers["x-wasteland-event"]) for got in server.received)
    assert [("/all", "branch"), ("/all", "push"), ("/push", "push")] == told


def test_deliveries_of_a_hook_keep_their_order(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply()]).running() as server:
        hooks.add(REPO, server.url(HOST), account="max")
        for n in range(5):
            hooks.enqueue(REPO, events.push(REPO, branch="main", head=str(n), prev=""))
        hooks.deliver_due(clock())

    assert list("01234") == [json.loads(got.body)["head"] for got in server.received]


def test_receiver_that_fails_is_left_alone_and_holds_nobody_up(
    hooks: Webhooks, clock: Clock
) -> None:
    with Receiver([reply(500)]).running() as bad, Receiver([reply()]).running() as good:
        hooks.add(REPO, bad.url(HOST), account="max")
        for _ in range(50):
            hooks.enqueue(REPO, PUSH)
        hooks.add(REPO, good.url("more.test"), account="max")
        hooks.enqueue(REPO, BRANCH)

        assert 2 == hooks.deliver_due(clock())
        assert 0 == hooks.deliver_due(clock())
        clock.move(minutes=1)
        assert 1 == hooks.deliver_due(clock())
    assert (2, 1) == (len(bad.received), len(good.received))


def test_receiver_gets_ten_deliveries_at_once(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply()]).running() as server:
        hooks.add(REPO, server.url(HOST), account="max")
        for _ in range(12):
            hooks.enqueue(REPO, PUSH)

        assert [10, 2, 0] == [hooks.deliver_due(clock()) for _ in range(3)]


def test_delivery_that_somebody_has_taken_on_is_not_sent_twice(
    hooks: Webhooks, clock: Clock, tmp_path: Path
) -> None:
    hooks.add(REPO, "https://hooks.test/", account="max")
    hooks.enqueue(REPO, PUSH)
    store = Store(tmp_path / "webhooks.db")
    delivery = store.due(clock(), each=1)[0]

    assert store.take(delivery, clock() + timedelta(minutes=5)) is not None
    assert store.take(delivery, clock() + timedelta(minutes=5)) is None
    assert 0 == hooks.deliver_due(clock())
    # Whoever took it has died: it is due again.
    clock.move(minutes=5)
    assert [1] == [d.attempts for d in store.due(clock(), each=1)]
    store.close()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://inside.test:{port}/", "http://[::1]:{port}/"]
)
def test_hook_of_a_closed_address_is_never_called(
    hooks: Webhooks, clock: Clock, canary: Canary, url: str
) -> None:
    hook, _ = hooks.add(REPO, url.format(port=canary.port), account="eve")
    hooks.enqueue(REPO, PUSH)
    hooks.deliver_due(clock())

    assert 0 == canary.hits()
    assert "not on the public internet" in hooks.deliveries(hook)[0].error


def test_redirect_is_a_failure(hooks: Webhooks, clock: Clock, canary: Canary) -> None:
    with Receiver([redirect(f"http://127.0.0.1:{canary.port}/", 307)]).running() as server:
        hook, _ = hooks.add(REPO, server.url(HOST), account="max")
        hooks.enqueue(REPO, PUSH)
        hooks.deliver_due(clock())

    assert 307 == hooks.deliveries(hook)[0].status
    assert 0 == canary.hits()


def test_nothing_is_sent_while_the_operator_allows_no_requests(
    tmp_path: Path, hooks: Webhooks, clock: Clock
) -> None:
    hook, _ = hooks.add(REPO, "https://hooks.test/", account="max")
    hooks.enqueue(REPO, PUSH)
    off = Webhooks(tmp_path / "webhooks.db", Outgoing(enabled=False), clock)

    assert 0 == off.deliver_due(clock())
    assert DeliveryState.WAITING == off.deliveries(hook)[0].state
    with pytest.raises(Unsupported):
        off.add(REPO, "https://hooks.test/", account="max")
    off.close()


def test_secret_is_shown_once_and_is_in_no_record_log_or_error(
    hooks: Webhooks, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver([reply(500, b"no")]).running() as server:
        hook, secret = hooks.add(REPO, server.url(HOST, "/T00/hunter2"), account="max")
        hooks.enqueue(REPO, PUSH)
        hooks.deliver_due(clock())

    told = f"{hooks.hooks(REPO)} {hooks.deliveries(hook)} {hook.place} {hooks!r} {caplog.text}"
    assert len(secret) > 40
    assert secret not in told
    assert "hunter2" not in told
    assert 0o600 == (tmp_path / "webhooks.db").stat().st_mode & 0o777


def test_new_secret_ends_the_old_one(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply()]).running() as server:
        hook, old = hooks.add(REPO, server.url(HOST), account="max")
        new = hooks.new_secret(hook)
        hooks.enqueue(REPO, PUSH)
        hooks.deliver_due(clock())

    got, now_s = server.received[0], int(clock().timestamp())
    header = got.headers[signing.HEADER.lower()]
    assert signing.verify(new, got.body, header, now_s=now_s)
    assert not signing.verify(old, got.body, header, now_s=now_s)


@pytest.mark.parametrize("url", ["ftp://hooks.test/", "https://u:p@hooks.test/", "hooks.test"])
def test_hook_needs_a_plain_address(hooks: Webhooks, url: str) -> None:
    with pytest.raises(Invalid):
        hooks.add(REPO, url, account="max")


def test_repository_has_a_number_of_hooks_and_no_more(hooks: Webhooks) -> None:
    for n in range(webhooks.MOST_HOOKS):
        hooks.add(REPO, f"https://hooks.test/{n}", account="max")

    with pytest.raises(LimitReached):
        hooks.add(REPO, "https://hooks.test/more", account="max")
    hooks.add(OTHER, "https://hooks.test/", account="eve")


def test_full_queue_gives_up_what_comes_later(
    hooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_WAITING", 2)
    hook, _ = hooks.add(REPO, "https://hooks.test/", account="max")
    for _ in range(3):
        hooks.enqueue(REPO, PUSH)

    states = [delivery.state for delivery in hooks.deliveries(hook)]
    assert [DeliveryState.DEAD, DeliveryState.WAITING, DeliveryState.WAITING] == states


def test_hook_that_is_removed_takes_its_deliveries_along(hooks: Webhooks, clock: Clock) -> None:
    hook, _ = hooks.add(REPO, "https://hooks.test/", account="max")
    hooks.enqueue(REPO, PUSH)
    hooks.remove(hook)

    assert 0 == hooks.deliver_due(clock())
    with pytest.raises(NotFound):
        hooks.find(REPO, hook.id)


def test_hooks_of_a_repository_that_is_gone_are_forgotten(hooks: Webhooks) -> None:
    hooks.add(REPO, "https://hooks.test/", account="max")
    kept, _ = hooks.add(OTHER, "https://hooks.test/", account="eve")

    hooks.forget(REPO)
    assert ([], [kept]) == (hooks.hooks(REPO), hooks.hooks(OTHER))
    with pytest.raises(NotFound):
        hooks.find(REPO, kept.id)


def test_settled_deliveries_are_dropped_after_thirty_days(hooks: Webhooks, clock: Clock) -> None:
    with Receiver([reply()]).running() as server:
        hook, _ = hooks.add(REPO, server.url(HOST), account="max")
        hooks.enqueue(REPO, PUSH)
        hooks.deliver_due(clock())
        hooks.enqueue(REPO, PUSH)
        clock.move(days=31)
        assert 1 == hooks.prune(clock())

    assert [DeliveryState.WAITING] == [delivery.state for delivery in hooks.deliveries(hook)]
