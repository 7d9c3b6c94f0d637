"""
The keys that wrap all others: a file for its owner only, the key in use first.

Each line is a key: its id, and 256 random bits in hexadecimal digits. The id is a digest of the
key, so that a line that was damaged is noticed. Older keys stay until nothing is wrapped with them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...commons.private_files import locked
from ...protocol.errors import Invalid, NotFound, Tampered
from ...protocol.lean import dataclass
from ...protocol.names import visible

FILE: Final = ".master-keys"
"""In the host's directory, where no other file is named."""
_BYTES: Final = 32
_ID_DIGITS: Final = 16
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key that wraps keys; what prints it shows its id alone."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    @classmethod
    def of(cls, secret: bytes) -> MasterKey:
        """Return the key of these 32 bytes."""
        return cls(
            hashlib.sha256(b"wasteland master key\0" + secret).hexdigest()[:_ID_DIGITS], secret
        )


class MasterKeys:
    """
    The master keys of a hub, read afresh whenever they are used.

    Attributes:
        path: Their file; made at first use, readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def current(self) -> MasterKey:
        """
        Return the key to wrap with; the first is made when there is none.

        Raises:
            Invalid: The file cannot be read, or others may read it.
            Tampered: A line of it is damaged.
        """
        if found := self._read():
            return found[0]
        with locked(self._lock):
            # Another process may have been quicker.
            return (self._read() or self._write([_new()]))[0]

    def find(self, key_id: str) -> MasterKey:
        """
        Return a key by its id.

        Raises:
            NotFound: It is not in the file any more, or never was.
            Invalid, Tampered: As for ``current``.
        """
        for key in self._read():
            if key.id == key_id:
                return key
        raise NotFound(
            f"The master key {visible(key_id)} is not in this hub's file of keys.",
            hint="put back the file that the key was in",
            key_id=key_id,
        )

    def add(self) -> MasterKey:
        """Make a new key and use it from now on; the others stay to unwrap with."""
        with locked(self._lock):
            return self._write([_new(), *self._read()])[0]

    def drop_all_but(self, kept: MasterKey) -> int:
        """Forget every other key; return how many that were."""
        with locked(self._lock):
            others = [key for key in self._read() if key != kept]
            self._write([kept])
        return len(others)

    @property
    def _lock(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    def _read(self) -> Sequence[MasterKey]:
        try:
            with self.path.open(encoding="ascii") as file:
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise Invalid(
                        "Other users may read the file of master keys.",
                        hint=f"chmod 600 {self.path}",
                        field="master_key",
                    )
                return [_parsed(line) for line in file.read().splitlines() if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(
                f"The file of master keys cannot be read ({type(error).__name__}).",
                hint=f"look at {self.path}",
                field="master_key",
            ) from error

    def _write(self, keys: Sequence[MasterKey]) -> Sequence[MasterKey]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.writelines(f"{key.id} {key.secret.hex()}\n" for key in keys)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return keys


def _new() -> MasterKey:
    return MasterKey.of(secrets.token_bytes(_BYTES))


def _parsed(line: str) -> MasterKey:
    key_id, _, digits = line.strip().partition(" ")
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    key = MasterKey.of(secret)
    if len(secret) != _BYTES or key.id != key_id:
        raise Tampered(
            "A line of the file of master keys is damaged.", hint="restore the file from its copy"
        )
    return key
