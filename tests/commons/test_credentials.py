"""Tokens of this user: kept for nobody else to read, and sent only where they belong."""

from __future__ import annotations

import os
import stat
import sys
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest

from wasteland.commons.credentials import DOLTHUB, Credentials, is_dolthub
from wasteland.protocol.errors import Invalid, Unsupported

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
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()}


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


@pytest.mark.parametrize(
    ("named", "root", "may_go"),
    [
        ((), HUB, False),
        (("https://hub.example.org:8443", "http://hub.example.org"), HUB, False),
        ((f"{HUB}/",), HUB, True),
        (("HTTPS://Hub.Example.org",), HUB, True),
        ((), "http://127.0.0.1:8999", True),
        ((), "http://127.0.0.1.example.org", False),
        ((DOLTHUB,), DOLTHUB, False),
    ],
)
def test_a_hubs_token_of_the_environment_goes_only_to_hubs_that_the_user_has_named(
    store: Credentials, named: tuple[str, ...], root: str, *, may_go: bool
) -> None:
    assert (OURS if may_go else "") == store.token(root, given=OURS, known=named)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"https://hub.example.org": 7}', "\0"])
def test_a_file_that_cannot_be_read_is_refused_and_stays_as_it_is(
    store: Credentials, text: str
) -> None:
    store.path.parent.mkdir()
    store.path.write_text(text)
    for attempt in (
        lambda: store.token(HUB),
        lambda: store.keep(HUB, OURS, "ada"),
        lambda: store.forget(HUB),
    ):
        with pytest.raises(Invalid, match="cannot be read"):
            attempt()

    assert text == store.path.read_text()


def test_a_refused_file_shows_none_of_its_tokens(store: Credentials) -> None:
    store.path.parent.mkdir()
    store.path.write_text(f'{{"{HUB}": {{"token": "{OURS}"')
    with pytest.raises(Invalid) as refused:
        store.roots()

    shown = "".join(traceback.format_exception(refused.value))
    assert OURS not in shown
    assert refused.value.__cause__ is None


def test_a_failed_write_keeps_the_old_tokens_and_leaves_no_draft(
    store: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep(HUB, OURS, "ada")
    files = set(store.path.parent.iterdir())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.keep(HUB, "another", "ada")

    assert files == set(store.path.parent.iterdir())
    assert OURS == store.token(HUB)


def test_programs_that_keep_tokens_at_once_lose_none(store: Credentials) -> None:
    roots = [f"https://hub-{number}.example.org" for number in range(16)]
    threads = [
        threading.Thread(target=Credentials(store.path).keep, args=(root, OURS, "ada"), daemon=True)
        for root in roots
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(roots) == store.roots()


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
