"""What ``wl serve`` makes of its options; the server itself is not started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.conftest import environment
from wasteland.cli.main import run
from wasteland.hub import serving
from wasteland.hub.hub import Hub


@pytest.fixture(name="served")
def keep_what_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Hub]:
    """Return a list that gets the hub instead of its being served."""
    for name, value in environment(tmp_path, "ada").items():
        monkeypatch.setenv(name, value)
    found: list[Hub] = []

    def serve(hub: Hub, **_: Any) -> None:
        found.append(hub)

    monkeypatch.setattr(serving, "serve", serve)
    return found


def test_a_hub_calls_no_addresses_that_users_name_unless_it_is_told_to(served: list[Hub]) -> None:
    assert 0 == run(["serve"])
    assert not served[0].outgoing.enabled


def test_hosts_of_ones_own_are_added_to_those_that_may_be_called(served: list[Hub]) -> None:
    own = ["--allow-outgoing-to", "ci.lan", "--allow-outgoing-to", "10.2.0.0/16"]
    code = run(["serve", "--allow-outgoing", *own])

    allowed = served[0].outgoing.allowed
    assert (0, True) == (code, served[0].outgoing.enabled)
    assert allowed.admits("ci.lan", "192.168.0.7", 8080)
    assert allowed.admits("10.2.3.4", "10.2.3.4", 8080)
    assert not allowed.admits("10.3.3.4", "10.3.3.4", 8080)


@pytest.mark.parametrize(
    "options",
    [["--allow-outgoing-to", "ci.lan"], ["--allow-outgoing", "--allow-outgoing-to", "a b"]],
)
def test_what_cannot_be_allowed_is_refused_at_the_start(
    served: list[Hub], capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    code = run(["serve", *options])

    assert (2, []) == (code, served)
    assert "wl: " in capsys.readouterr().err
