"""Secrets at rest: what is sealed opens again for its own purpose, and for nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wasteland.engines.dolthub.secret import Secret
from wasteland.hub.vault import MasterKeys, Purpose, Sealed, Vault
from wasteland.protocol.errors import Invalid, NotFound, Tampered

MINE = Purpose("upstream token", "ada", "c1 https://hub.example acme/board")
TOKEN = Secret("dhat.v1.a-token-of-ada")
_WORDS = st.text(max_size=12)
_PURPOSES = st.builds(Purpose, _WORDS, _WORDS, _WORDS)
_QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault whose first key is yet to be made."""
    return Vault(MasterKeys(tmp_path / "keys"))


@_QUICK
@given(text=st.text(max_size=200), purpose=_PURPOSES)
def test_what_is_sealed_opens_for_its_purpose(vault: Vault, text: str, purpose: Purpose) -> None:
    sealed = vault.seal(Secret(text), purpose)

    assert text == vault.open(sealed, purpose).reveal()
    assert text == vault.open(vault.rewrapped(sealed, purpose), purpose).reveal()


@_QUICK
@given(purpose=_PURPOSES, other=_PURPOSES)
def test_it_opens_for_no_other_purpose(vault: Vault, purpose: Purpose, other: Purpose) -> None:
    sealed = vault.seal(TOKEN, purpose)

    if purpose == other:
        assert TOKEN.reveal() == vault.open(sealed, other).reveal()
    else:
        with pytest.raises(Tampered):
            vault.open(sealed, other)


def test_words_that_flow_into_one_another_are_told_apart(vault: Vault) -> None:
    sealed = vault.seal(TOKEN, Purpose("upstream token", "ada", "x"))

    for other in (Purpose("upstream token", "ad", "ax"), Purpose("upstream", " tokenada", "x")):
        with pytest.raises(Tampered):
            vault.open(sealed, other)


def test_a_change_of_any_bit_is_refused(vault: Vault) -> None:
    sealed = vault.seal(TOKEN, MINE)

    for part in ("wrapped", "body"):
        stored: bytes = getattr(sealed, part)
        for place in range(8 * len(stored)):
            with pytest.raises(Tampered):
                vault.open(_with(sealed, part, _flipped(stored, place)), MINE)


@pytest.mark.parametrize("part", ["wrapped", "body"])
def test_what_was_cut_or_drawn_out_is_refused(vault: Vault, part: str) -> None:
    sealed = vault.seal(TOKEN, MINE)
    stored: bytes = getattr(sealed, part)

    for changed in (b"", stored[:5], stored[:-1], stored + b"\0"):
        with pytest.raises(Tampered):
            vault.open(_with(sealed, part, changed), MINE)


def test_halves_of_two_secrets_do_not_go_together(vault: Vault) -> None:
    one, two = vault.seal(TOKEN, MINE), vault.seal(Secret("another"), MINE)

    with pytest.raises(Tampered):
        vault.open(Sealed(one.key_id, one.wrapped, two.body), MINE)
    with pytest.raises(Tampered):
        vault.open(Sealed(one.key_id, one.body, one.wrapped), MINE)


def test_a_key_that_is_unknown_or_another_is_refused(tmp_path: Path) -> None:
    keys = MasterKeys(tmp_path / "keys")
    vault = Vault(keys)
    sealed = vault.seal(TOKEN, MINE)
    newer = keys.add()

    with pytest.raises(Tampered):
        vault.open(Sealed(newer.id, sealed.wrapped, sealed.body), MINE)
    with pytest.raises(NotFound) as refused:
        vault.open(Sealed("0123456789abcdef", sealed.wrapped, sealed.body), MINE)
    assert "0123456789abcdef" == refused.value.facts["key_id"]


def test_equal_secrets_are_not_stored_alike(vault: Vault) -> None:
    one, two = vault.seal(TOKEN, MINE), vault.seal(TOKEN, MINE)

    assert one.body != two.body
    assert one.wrapped != two.wrapped
    assert TOKEN.reveal().encode() not in one.body + one.wrapped


def test_a_secret_has_a_longest_length(vault: Vault) -> None:
    with pytest.raises(Invalid):
        vault.seal(Secret("x" * 8193), MINE)


def test_the_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "keys"
    first = MasterKeys(path).current()

    assert first == MasterKeys(path).current()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert first.secret.hex() not in repr(first)


def test_keys_that_others_may_read_are_not_used(tmp_path: Path) -> None:
    keys = MasterKeys(tmp_path / "keys")
    keys.current()
    keys.path.chmod(0o640)

    with pytest.raises(Invalid, match="Other users"):
        keys.current()


@pytest.mark.parametrize("damage", ["0" * 16 + " " + "ab" * 32, "words", "x y", "\N{SNOWMAN}"])
def test_a_damaged_file_of_keys_is_refused_and_kept(tmp_path: Path, damage: str) -> None:
    keys = MasterKeys(tmp_path / "keys")
    keys.current()
    keys.path.write_text(damage + "\n", encoding="utf-8")

    with pytest.raises((Tampered, Invalid)):
        keys.current()
    with pytest.raises((Tampered, Invalid)):
        keys.add()
    assert damage + "\n" == keys.path.read_text(encoding="utf-8")


def _with(sealed: Sealed, part: str, stored: bytes) -> Sealed:
    parts = {"wrapped": sealed.wrapped, "body": sealed.body, part: stored}
    return Sealed(sealed.key_id, parts["wrapped"], parts["body"])


def _flipped(stored: bytes, place: int) -> bytes:
    changed = bytearray(stored)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
