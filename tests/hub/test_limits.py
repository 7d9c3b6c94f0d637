"""How often one may ask, by a clock that goes when it is told to."""

from __future__ import annotations

from typing import Any, Final

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Scope

from wasteland.hub.http.limits import RateLimits

PER_MINUTE: Final = 6


async def _known(scope: Scope) -> str:
    header = Headers(scope=scope).get("authorization", "")
    return header if header in {"ada", "ben"} else ""


class Gate:
    """A limit of six requests a minute, with a client for each address."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self.now = 0.0
        app = Starlette(routes=[Route("/{rest:path}", lambda _: PlainTextResponse("ok"))])
        self._app = RateLimits(
            app,
            per_minute=per_minute,
            account_of=_known,
            clock=lambda: self.now,
        )

    def ask(self, address: str = "10.0.0.1", who: str = "", path: str = "/", **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            sent["authorization"] = who
        return TestClient(self._app, client=(address, 5000)).get(path, headers=sent)

    def exhaust(self, **of: str) -> None:
        for _ in range(PER_MINUTE):
            assert 200 == self.ask(**of).status_code


def test_a_minutes_worth_may_come_at_once_and_then_it_is_refused() -> None:
    gate = Gate()
    gate.exhaust()

    refused = gate.ask()
    assert (429, "rate_limited") == (refused.status_code, refused.json()["code"])
    assert "10" == refused.headers["retry-after"]


def test_waiting_as_long_as_is_told_helps_for_one_request() -> None:
    gate = Gate()
    gate.exhaust()
    gate.now += float(gate.ask().headers["retry-after"])

    assert [200, 429] == [gate.ask().status_code, gate.ask().status_code]


def test_who_is_refused_and_keeps_asking_gets_in_no_later() -> None:
    gate = Gate()
    gate.exhaust()
    for _ in range(9):
        gate.now += 1.0
        assert 429 == gate.ask().status_code

    gate.now += 1.1
    assert 200 == gate.ask().status_code


def test_every_answer_says_what_is_left() -> None:
    gate = Gate()
    headers = [gate.ask().headers for _ in range(2)]

    assert ["5", "4"] == [found["ratelimit-remaining"] for found in headers]
    assert ["6", "10"] == [headers[0]["ratelimit-limit"], headers[0]["ratelimit-reset"]]


def test_each_address_has_its_own_bucket() -> None:
    gate = Gate()
    gate.exhaust()

    assert 200 == gate.ask("10.0.0.2").status_code


def test_addresses_of_one_network_of_version_6_share_a_bucket() -> None:
    """Whoever has one address there has 2**64."""
    gate = Gate()
    for number in range(PER_MINUTE):
        assert 200 == gate.ask(f"2001:db8::{number}").status_code

    assert 429 == gate.ask("2001:db8::ffff").status_code
    assert 200 == gate.ask("2001:db8:0:1::1").status_code


def test_an_account_has_one_bucket_wherever_it_asks_from() -> None:
    gate = Gate()
    for number in range(PER_MINUTE):
        assert 200 == gate.ask(f"10.0.0.{number}", who="ada").status_code

    assert 429 == gate.ask("10.0.0.9", who="ada").status_code
    assert 200 == gate.ask("10.0.0.9", who="ben").status_code


@pytest.mark.parametrize(
    "header", ["x_forwarded_for", "forwarded", "x_real_ip", "true_client_ip", "cf_connecting_ip"]
)
def test_what_a_client_says_of_its_address_is_not_believed(header: str) -> None:
    gate = Gate()
    found = [gate.ask(**{header: f"10.9.{n // 200}.{n % 200}"}).status_code for n in range(1000)]

    assert [200] * PER_MINUTE + [429] * (1000 - PER_MINUTE) == found


def test_tokens_that_prove_nothing_buy_no_buckets() -> None:
    gate = Gate()
    found = {gate.ask(who=f"token wlt.v1.{n}").status_code for n in range(20)}

    assert {200, 429} == found
    assert 429 == gate.ask().status_code


def test_probes_are_not_counted() -> None:
    gate = Gate()
    gate.exhaust()

    assert 200 == gate.ask(path="/healthz").status_code


def test_without_a_limit_nobody_is_refused() -> None:
    gate = Gate(per_minute=0)

    assert {200} == {gate.ask().status_code for _ in range(3 * PER_MINUTE)}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/v1alpha1/user", {"status": "Error", "code": "rate_limited"}),
        ("/api/v2/user", {"status": 429, "code": "RATE_LIMITED"}),
        ("/api/v1/whoami", {"status": 429, "code": "rate_limited"}),
    ],
)
def test_each_api_is_told_in_its_own_form(path: str, shape: dict[str, object]) -> None:
    gate = Gate()
    gate.exhaust()

    told = gate.ask(path=path).json()
    assert shape == {name: told[name] for name in shape}
