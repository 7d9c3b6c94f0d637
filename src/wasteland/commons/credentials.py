"""
Tokens of this user for hubs: in a file that nobody else reads, or in the system's keyring.

A token of one kind of host is never sent to the other: those of a hub of ours say so themselves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..protocol.errors import Unsupported

DOLTHUB: Final = "https://www.dolthub.com"
_OURS: Final = "wlt."
_SERVICE: Final = "wasteland"


class Credentials:
    """
    The store of tokens by hub.

    Attributes:
        path: The file; holds no token of a hub whose token is in the keyring.
    """

    def __init__(self, path: Path, *, use_keyring: bool = False) -> None:
        self.path = path
        self._use_keyring = use_keyring

    def token(self, root: str, *, given: str = "") -> str:
        """
        Return the token to send to the host at *root*, "" for none.

        Args:
            given: From the environment; it goes first where it is for this kind of host.
        """
        if given and given.startswith(_OURS) != is_dolthub(root):
            return given
        kept = self._load().get(_key(root), {})
        if kept.get("keyring"):
            return _keyring().get_password(_SERVICE, _key(root)) or ""
        return str(kept.get("token", ""))

    def account(self, root: str) -> str:
        """Return the account that was signed in with at *root*, "" for none."""
        return str(self._load().get(_key(root), {}).get("account", ""))

    def keep(self, root: str, token: str, account: str) -> None:
        """
        Keep the token for the host at *root*.

        Raises:
            Unsupported: The keyring is wanted and not there.
        """
        entry: dict[str, Any] = {"account": account}
        if self._use_keyring:
            _keyring().set_password(_SERVICE, _key(root), token)
            entry["keyring"] = True
        else:
            entry["token"] = token
        self._store({**self._load(), _key(root): entry})

    def forget(self, root: str) -> bool:
        """Drop the token for the host at *root*; return whether there was one."""
        kept = self._load()
        entry = kept.pop(_key(root), None)
        if entry is None:
            return False
        if entry.get("keyring"):
            _keyring().delete_password(_SERVICE, _key(root))
        self._store(kept)
        return True

    def roots(self) -> list[str]:
        """Return the hosts that a token is kept for."""
        return sorted(self._load())

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        entries = data.items() if isinstance(data, dict) else ()
        return {root: entry for root, entry in entries if isinstance(entry, dict)}

    def _store(self, data: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path.with_name(f".{self.path.name}.{os.urandom(8).hex()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2, sort_keys=True)
        draft.replace(self.path)


def is_dolthub(root: str) -> bool:
    """Return whether *root* is DoltHub itself."""
    return urlsplit(root).hostname in {"www.dolthub.com", "dolthub.com"}


def _key(root: str) -> str:
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _keyring() -> Any:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise Unsupported(
            "The keyring is not installed.", hint="pip install 'wasteland[keyring]'"
        ) from error
    return keyring
