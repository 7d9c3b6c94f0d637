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


def test_people_sign_in_elsewhere_only_where_a_provider_is_named(served: list[Hub]) -> None:
    assert 0 == run(["serve"])
    assert served[0].provider is None


def test_the_secret_of_the_hub_as_a_client_comes_from_a_file_of_ones_own(
    served: list[Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    secret.chmod(0o600)
    monkeypatch.setenv("WL_OIDC_SECRET_FILE", str(secret))
    named = ["--oidc-issuer", "https://id.example.org", "--oidc-client", "wl"]

    assert 0 == run(["serve", *named, "--oidc-accounts"])

    provider = served[0].provider
    assert provider
    assert ("https://id.example.org", True) == (provider.issuer, provider.makes_accounts)
    secret.chmod(0o644)
    assert 0 != run(["serve", *named])


@pytest.mark.parametrize(
    "options",
    [
        ["--oidc-issuer", "https://id.example.org"],
        ["--oidc-client", "wl"],
        ["--oidc-accounts"],
        ["--oidc-issuer", "http://id.example.org", "--oidc-client", "wl"],
    ],
)
def test_half_a_provider_or_one_without_tls_is_refused(
    served: list[Hub], options: list[str]
) -> None:
    assert (2, []) == (run(["serve", *options]), served)
