"""
Tokens of this user for hubs: in a file that nobody else reads, or in the system's keyring.

A token of one kind of host is never sent to the other: those of a hub of ours say so themselves.
One that the environment gives does not say which hub it is for, so it goes to none that this user
has not named before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..engines.dolthub.roots import LOOPBACK
from ..protocol.errors import Invalid, Unsupported
from .private_files import locked, write_json

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

    def token(self, root: str, *, given: str = "", known: Iterable[str] = ()) -> str:
        """
        Return the token to send to the host at *root*, "" for none.

        Args:
            given: From the environment; it goes first, to DoltHub if it is DoltHub's, else to a
                hub that is known, kept here, or on this machine.
            known: Roots of hubs that this user has named for themselves.
        Raises:
            Invalid: The file cannot be read.
        """
        entries = self._load()
        if given.startswith(_OURS):
            may_go = not is_dolthub(root) and _is_known(root, (*known, *entries))
        else:
            may_go = is_dolthub(root)
        if given and may_go:
            return given
        kept = entries.get(_key(root), {})
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
            Invalid: The file cannot be read; it stays as it is.
            Unsupported: The keyring is wanted and not there.
        """
        entry: dict[str, Any] = {"account": account}
        with self._changing() as entries:
            if self._use_keyring:
                _keyring().set_password(_SERVICE, _key(root), token)
                entry["keyring"] = True
            else:
                entry["token"] = token
            entries[_key(root)] = entry

    def forget(self, root: str) -> bool:
        """Drop the token for the host at *root*; return whether there was one."""
        with self._changing() as entries:
            entry = entries.pop(_key(root), None)
            if entry and entry.get("keyring"):
                _keyring().delete_password(_SERVICE, _key(root))
        return entry is not None

    def roots(self) -> list[str]:
        """Return the hosts that a token is kept for."""
        return sorted(self._load())

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """Yield the entries, and write what the block made of them; other processes wait."""
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            entries = self._load()
            yield entries
            write_json(self.path, entries)

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(error.strerror or type(error).__name__) from error
        except (ValueError, RecursionError):
            # Without its cause, which holds the text with the tokens.
            raise self._unreadable("it holds no JSON") from None
        if not isinstance(data, dict) or not all(isinstance(e, dict) for e in data.values()):
            raise self._unreadable("it holds no tokens by hub")
        return data

    def _unreadable(self, why: str) -> Invalid:
        return Invalid(
            f"The tokens in {self.path} cannot be read: {why}.",
            hint=f"correct or remove {self.path}, then: wl login",
            field="credentials",
        )


def is_dolthub(root: str) -> bool:
    """Return whether *root* is DoltHub itself."""
    return urlsplit(root).hostname in {"www.dolthub.com", "dolthub.com"}


def _is_known(root: str, known: Iterable[str]) -> bool:
    """Return whether the hub at *root* is one of those, or on this machine."""
    return urlsplit(root).hostname in LOOPBACK or _key(root) in map(_key, known)


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
