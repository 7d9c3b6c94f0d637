"""
Sealing a secret: AES-256-GCM under a key of its own, which the master key wraps.

What a secret is for, whose it is and which record holds it is authenticated with it. So a row that
is changed in any byte, or put in another's place, is refused and never opened as something else.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...engines.dolthub.secret import Secret
from ...protocol.errors import Invalid, Tampered
from ...protocol.lean import dataclass
from .keys import MasterKey, MasterKeys

LONGEST: Final = 8192
"""Of a secret, in bytes."""
_NONCE: Final = 12
_TAG: Final = 16
_KEY_BITS: Final = 256
_VERSION: Final = "wasteland vault 1"


@dataclass(frozen=True, slots=True)
class Purpose:
    """
    What a secret belongs to.

    Attributes:
        kind: What it is for, such as "upstream token".
        account: Whose it is, as the hub spells it.
        record: The record that holds it.
    """

    kind: str
    account: str
    record: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """
    A secret as it is stored.

    Attributes:
        key_id: The master key that wraps its key.
        wrapped: Its own key: nonce, then what AES-GCM made of it.
        body: The secret: ditto.
    """

    key_id: str
    wrapped: bytes
    body: bytes


class Vault:
    """Seals and opens secrets with the master keys of a hub."""

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys

    def seal(self, secret: Secret, purpose: Purpose) -> Sealed:
        """
        Return *secret* as it may be stored.

        Raises:
            Invalid: It is longer than 8192 bytes, or the master keys cannot be read.
        """
        text = secret.reveal().encode()
        if len(text) > LONGEST:
            raise Invalid(f"A secret has at most {LONGEST} bytes.", field="token")
        own = AESGCM.generate_key(_KEY_BITS)
        master = self._keys.current()
        return Sealed(
            master.id, _wrapped(own, master, purpose), _encrypted(own, text, "body", purpose)
        )

    def open(self, sealed: Sealed, purpose: Purpose) -> Secret:
        """
        Return the secret that was sealed for *purpose*.

        Raises:
            NotFound: The master key that it needs is gone.
            Tampered: It was changed, or sealed for something else.
        """
        own = self._unwrapped(sealed, purpose)
        return Secret(_decrypted(own, sealed.body, "body", purpose).decode())

    def rewrapped(self, sealed: Sealed, purpose: Purpose) -> Sealed:
        """
        Return the same secret, its key wrapped with the master key in use; it is not opened.

        Raises:
            NotFound, Tampered: As for ``open``.
        """
        own = self._unwrapped(sealed, purpose)
        master = self._keys.current()
        return Sealed(master.id, _wrapped(own, master, purpose), sealed.body)

    def begin_rotation(self) -> MasterKey:
        """Make a new master key and wrap with it from now on; the others still unwrap."""
        return self._keys.add()

    def end_rotation(self, kept: MasterKey) -> int:
        """Forget all other master keys, with which nothing is wrapped; return how many."""
        return self._keys.drop_all_but(kept)

    def _unwrapped(self, sealed: Sealed, purpose: Purpose) -> bytes:
        master = self._keys.find(sealed.key_id)
        return _decrypted(master.secret, sealed.wrapped, f"key {master.id}", purpose)


def _wrapped(own: bytes, master: MasterKey, purpose: Purpose) -> bytes:
    return _encrypted(master.secret, own, f"key {master.id}", purpose)


def _encrypted(key: bytes, text: bytes, part: str, purpose: Purpose) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, _bound(part, purpose))


def _decrypted(key: bytes, stored: bytes, part: str, purpose: Purpose) -> bytes:
    try:
        if len(stored) < _NONCE + _TAG:
            raise InvalidTag
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], _bound(part, purpose))
    except (InvalidTag, ValueError):
        raise Tampered(
            "A stored secret is not as it was sealed, or belongs to something else.",
            hint="store it anew",
        ) from None


def _bound(part: str, purpose: Purpose) -> bytes:
    """Return what is authenticated beside a text; each field with its length before it."""
    fields = (_VERSION, part, purpose.kind, purpose.account, purpose.record)
    encoded = [field.encode() for field in fields]
    return b"".join(len(field).to_bytes(4, "big") + field for field in encoded)
