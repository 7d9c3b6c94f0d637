"""Checks of the keys that the dolt program signs in with; their contents are never shown."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ..memberships import PLAIN
from .findings import Check, Finding, Site, ok, problem, some, warn, without

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def credentials(site: Site) -> Iterator[Finding]:
    """Which key does dolt use? (S0-113, S0-118 to S0-120)"""
    named = site.settings.dolt_credentials
    if named:
        yield from _key_file(Path(named), "DOLT_CREDS_FILE", site)
    elif any(m.kind == PLAIN and _asks_who(m.url) for m in site.joined):
        yield from _own_keys(site.settings.dolt_home, site)


def _asks_who(url: str) -> bool:
    return not url.startswith("file://") and not url.rstrip("/").endswith(".db")


def _own_keys(home: Path, site: Site) -> Iterator[Finding]:
    keys = sorted(path.stem for path in (home / "creds").glob("*.jwk"))
    used = _used_key(home)
    if not keys:
        yield warn(
            "credentials",
            f"Dolt has no key in {home / 'creds'} ; without one it reads but cannot push.",
            "dolt login (without a browser: open the URL that it prints on another machine)",
        )
    elif used and used in keys:
        yield from _key_file(home / "creds" / f"{used}.jwk", "Dolt's key", site)
    elif used:
        yield problem("credentials", f"Dolt is set to use key {used}, which is gone.", _use(keys))
    elif len(keys) > 1:
        yield problem(
            "credentials",
            f"Dolt has {len(keys)} keys and none is chosen: {some(keys)}; only the one that you "
            "authorised works.",
            f"{_use(keys)}, then: dolt creds check",
        )
    else:
        yield warn("credentials", f"Dolt has key {keys[0]}, which is not chosen.", _use(keys))
    if len(keys) > 1 and used in keys:
        message = f"Dolt has {len(keys)} keys and uses {used}; each dolt login makes another."
        yield warn("credentials", message, "dolt creds check; if it fails: dolt creds use ID")


def _use(keys: list[str]) -> str:
    return f"dolt creds use {keys[0] if len(keys) == 1 else 'ID'}"


def _used_key(home: Path) -> str:
    try:
        config = json.loads((home / "config_global.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(config.get("user.creds", "")) if isinstance(config, dict) else ""


def _key_file(path: Path, what: str, site: Site) -> Iterator[Finding]:
    """Look at one key file; its content is never shown."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield problem(
            "credentials",
            f"{what}: there is no file {path} .",
            "mount it, or unset DOLT_CREDS_FILE",
        )
        return
    except OSError as error:
        yield problem(
            "credentials", f"{what}: {path} cannot be read: {error.strerror}.", f"chmod u+r {path}"
        )
        return
    except ValueError:
        key = None
    if not isinstance(key, dict) or not {"kty", "d"} <= set(key):
        yield problem(
            "credentials", f"{what}: {path} is no private key (JWK).", "dolt creds export"
        )
        return
    if mode & _OTHERS:
        message = f"{what}: {path} can be read by others."
        yield warn("credentials", message, f"chmod 600 {path}", fixed=without(path, _OTHERS, site))
        return
    yield ok("credentials", f"{what}: {path} is a key.")


CHECKS: Final[Sequence[Check]] = (Check("credentials", credentials),)
