"""The event loop waits for no file: who asks is looked up beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from hub.desks import API, Desk
from wasteland.hub.app import create_app
from wasteland.hub.callers import Caller


def test_who_asks_is_looked_up_once_and_not_on_the_event_loop(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = desk.hub
    hub.options = replace(hub.options, requests_per_minute=60)
    ask = hub.caller
    on_loop: list[bool] = []

    def caller(header: str | None) -> Caller:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            on_loop.append(False)
        else:
            on_loop.append(True)
        return ask(header)

    monkeypatch.setattr(hub, "caller", caller)
    headers = {"authorization": f"token {desk.tokens['acme']}", "idempotency-key": "once"}
    with TestClient(create_app(hub), base_url="http://127.0.0.1") as client:
        answer = client.post(f"{API}/wanted", json={"title": "x"}, headers=headers)

    assert (200, [False]) == (answer.status_code, on_loop)
