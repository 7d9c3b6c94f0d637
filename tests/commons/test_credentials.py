"""Tokens of this user: kept for nobody else to read, and sent only where they belong."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from wasteland.commons.credentials import DOLTHUB, Credentials, is_dolthub
from wasteland.protocol.errors import Unsupported

HUB = "https://hub.example.org"
OURS = "wlt.v1.aaaaaaaaaaaa." + "s" * 43
THEIRS = "dhat.v1.something"


@pytest.fixture
def store(tmp_path: Path) -> Credentials:
    """An empty store."""
    return Credentials(tmp_path / "config" / "credentials.json")


def test_a_token_is_kept_by_hub_and_forgotten(store: Credentials) -> None:
    store.keep(HUB, OURS, "ada")
    store.keep("http://127.0.0.1:8999", "wlt.other", "ben")

    assert (OURS, "ada") == (store.token(f"{HUB}/"), store.account("HTTPS://HUB.example.org"))
    assert ["http://127.0.0.1:8999", HUB] == store.roots()
    assert store.forget(HUB)
    assert not store.forget(HUB)
    assert ("", "") == (store.token(HUB), store.account(HUB))


def test_nobody_else_can_read_it_whatever_the_umask(store: Credentials) -> None:
    before = os.umask(0)
    try:
        store.keep(HUB, OURS, "ada")
    finally:
        os.umask(before)

    assert 0o600 == stat.S_IMODE(store.path.stat().st_mode)
    assert 0o700 == stat.S_IMODE(store.path.parent.stat().st_mode)
    assert [store.path] == list(store.path.parent.iterdir())


@pytest.mark.parametrize(
    ("given", "root", "sent"),
    [
        (OURS, HUB, OURS),
        (THEIRS, HUB, "kept"),
        (THEIRS, DOLTHUB, THEIRS),
        (OURS, DOLTHUB, "kept"),
        ("", HUB, "kept"),
    ],
)
def test_a_token_of_the_environment_goes_to_its_kind_of_host_alone(
    store: Credentials, given: str, root: str, sent: str
) -> None:
    store.keep(root, "kept", "ada")

    assert sent == store.token(root, given=given)


def test_a_host_that_only_looks_like_dolthub_is_not() -> None:
    assert is_dolthub("https://www.dolthub.com")
    assert not is_dolthub("https://www.dolthub.com.example.org")
    assert not is_dolthub("https://example.org/www.dolthub.com")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"https://hub.example.org": 7}'])
def test_a_file_that_cannot_be_read_holds_no_token(store: Credentials, text: str) -> None:
    store.path.parent.mkdir()
    store.path.write_text(text)

    assert "" == store.token(HUB)


def test_the_keyring_holds_what_the_file_then_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[str, str], str] = {}
    ring = SimpleNamespace(
        set_password=lambda service, user, text: kept.__setitem__((service, user), text),
        get_password=lambda service, user: kept.get((service, user)),
        delete_password=lambda service, user: kept.pop((service, user)),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    store = Credentials(tmp_path / "credentials.json", use_keyring=True)
    store.keep(HUB, OURS, "ada")

    assert OURS == store.token(HUB)
    assert OURS not in store.path.read_text()
    assert store.forget(HUB)
    assert {} == kept


def test_a_keyring_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Unsupported, match="keyring"):
        Credentials(tmp_path / "c.json", use_keyring=True).keep(HUB, OURS, "ada")
