"""Signing in at a hub: what it may say, how long it is waited for, and where the token goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from wasteland import settings as user_settings
from wasteland.commons import hubs, signing_in
from wasteland.protocol.errors import EngineError, Invalid, NotFound, Unauthenticated
from wasteland.settings import Settings

ROOT = "https://hub.example.org"
TOKEN = "wlt.v1.aaaaaaaaaaaa." + "s" * 43
ASKED: Mapping[str, Any] = {"secret": "s", "code": "ABCD", "url": f"{ROOT}/login"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A user who is signed in nowhere."""
    return user_settings.load({"HOME": str(tmp_path)})


class Hub(httpx2.BaseTransport):
    """
    Answers each path with what it was told, the last answer again and again.

    Attributes:
        waited: The pauses that its caller made.
    """

    def __init__(self, **answers: list[Mapping[str, Any]]) -> None:
        self._answers = answers
        self.shown: list[tuple[str, str]] = []
        self.waited: list[float] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer by the last segment of the path."""
        left = self._answers[request.url.path.rpartition("/")[2]]
        answer = left.pop(0) if len(left) > 1 else left[0]
        return httpx2.Response(200, text=json.dumps(answer))

    def signed_in(self, settings: Settings) -> signing_in.Login:
        """Sign in by a code."""
        return signing_in.sign_in_elsewhere(
            settings,
            ROOT,
            label="test",
            scope="write",
            show=lambda page, code: self.shown.append((page, code)),
            sleep=self.waited.append,
            transport=self,
        )


def test_a_confirmed_code_gives_the_token_that_is_kept(settings: Settings) -> None:
    who = {"account": "ada", "scope": "write"}
    hub = Hub(logins=[{**ASKED, "interval_s": 2}], token=[{}, {}, {"token": TOKEN}], whoami=[who])
    login = hub.signed_in(settings)

    assert signing_in.Login(ROOT, "ada", "write") == login
    assert [(f"{ROOT}/login", "ABCD")] == hub.shown
    assert [2, 2] == hub.waited
    assert TOKEN == hubs.credentials(settings).token(ROOT)


@pytest.mark.parametrize(
    ("interval", "pause"),
    [(0, 1), (-5, 1), (10**400, 30), (float("nan"), 1), ("2", 1), (None, 1), (1e9, 30), (7, 7)],
)
@pytest.mark.parametrize("whole", [10**400, -1, None, 90])
def test_a_hub_cannot_make_a_client_wait_for_ever_or_ask_without_a_pause(
    settings: Settings, interval: object, pause: float, whole: object
) -> None:
    hub = Hub(logins=[{**ASKED, "interval_s": interval, "expires_in_s": whole}], token=[{}])
    with pytest.raises(NotFound):
        hub.signed_in(settings)

    assert {pause} == set(hub.waited)
    assert sum(hub.waited) <= 900 + pause


@pytest.mark.parametrize("url", ["https://evil.example/login", "", f"{ROOT}.evil.example/", 7])
def test_a_hub_sends_nobody_to_another_site(settings: Settings, url: object) -> None:
    hub = Hub(logins=[{**ASKED, "url": url}], token=[{}])
    with pytest.raises(NotFound):
        hub.signed_in(settings)

    assert [(f"{ROOT}/login", "ABCD")] == hub.shown


def test_what_a_hub_shows_cannot_drive_the_terminal(settings: Settings) -> None:
    hub = Hub(logins=[{**ASKED, "url": f"{ROOT}/\x1b]0;x\x07", "code": "A\x1b[2J\nB"}], token=[{}])
    with pytest.raises(NotFound):
        hub.signed_in(settings)

    assert "".join(hub.shown[0]).isprintable()


def test_a_hub_that_gives_no_code_is_an_error(settings: Settings) -> None:
    with pytest.raises(EngineError):
        Hub(logins=[{}]).signed_in(settings)


def test_a_token_that_is_nobodys_is_not_kept(settings: Settings) -> None:
    with pytest.raises(Unauthenticated):
        signing_in.sign_in(settings, ROOT, TOKEN, transport=Hub(whoami=[{"account": ""}]))

    assert [] == hubs.credentials(settings).roots()


@pytest.mark.parametrize("token", ["tök", "a\nb", "a b", "a\x00b"])
def test_what_no_header_can_carry_is_no_token(settings: Settings, token: str) -> None:
    with pytest.raises(Invalid) as refused:
        signing_in.sign_in(settings, ROOT, token, transport=Hub())

    assert token not in refused.value.message
