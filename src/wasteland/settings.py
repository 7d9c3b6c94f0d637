"""
The environment and the home directory, read in one place.

Only adapters call this; what lies below them takes paths and values as arguments.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .protocol.errors import Invalid
from .protocol.lean import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Where things are for this user.

    Attributes:
        config: ``$XDG_CONFIG_HOME/wasteland``: which commons are joined.
        data: ``$XDG_DATA_HOME/wasteland``: clones, and the local host.
        state: ``$XDG_STATE_HOME/wasteland``: unfinished intents, logs.
        cache: ``$XDG_CACHE_HOME/wasteland``: search indexes; may be deleted at any time.
        host: The local host's directory.
        commons: The commons named by WL_WASTELAND; "" for none.
        dolt: The dolt program named by WL_DOLT; "" to look on PATH.
        token: For hosts that ask who one is; never shown.
        dolt_home: Where the dolt program keeps its own configuration and keys.
        dolt_credentials: The key file named by DOLT_CREDS_FILE; "" for dolt's own choice.
        hub: The hub named by WL_HUB, for commons that are not on the local host; "" for DoltHub.
        keyring: Whether tokens are kept in the system's keyring (WL_KEYRING=1).
        dolt_password: For a Dolt server that somebody else runs; never shown.
        dolt_password_file: Holds that password and nothing else; "" for none.
        master_keys: The file of a hub's master keys (WL_MASTER_KEYS); None for one in its host.
        oidc_secret: Of this hub as a client of the provider where people sign in; never shown.
        oidc_secret_file: Holds that secret and nothing else; "" for none.
        smtp_password: Of this hub at its mail server; never shown.
        smtp_password_file: Holds that password and nothing else; "" for none.
        allow_plain: Whether tokens may cross a network unencrypted (WL_ALLOW_PLAIN_HTTP=1).
    """

    config: Path
    data: Path
    state: Path
    cache: Path
    host: Path
    commons: str = ""
    dolt: str = ""
    token: str = ""
    dolt_home: Path = Path(".dolt")
    dolt_credentials: str = ""
    hub: str = ""
    keyring: bool = False
    allow_plain: bool = False
    dolt_password: str = ""
    dolt_password_file: str = ""
    master_keys: Path | None = None
    oidc_secret: str = ""
    oidc_secret_file: str = ""
    smtp_password: str = ""
    smtp_password_file: str = ""

    def __repr__(self) -> str:
        return f"Settings(config={self.config}, data={self.data}, host={self.host})"

    def read_dolt_password(self) -> str:
        """
        Return WL_DOLT_PASSWORD, or what the file named by WL_DOLT_PASSWORD_FILE holds, or "".

        Raises:
            Invalid: There is no such file, or other users may read it.
        """
        return self.dolt_password or _read_secret(self.dolt_password_file, "WL_DOLT_PASSWORD_FILE")

    def read_oidc_secret(self) -> str:
        """
        Return WL_OIDC_SECRET, or what the file named by WL_OIDC_SECRET_FILE holds, or "".

        Raises:
            Invalid: There is no such file, or other users may read it.
        """
        return self.oidc_secret or _read_secret(self.oidc_secret_file, "WL_OIDC_SECRET_FILE")

    def read_smtp_password(self) -> str:
        """
        Return WL_SMTP_PASSWORD, or what the file named by WL_SMTP_PASSWORD_FILE holds, or "".

        Raises:
            Invalid: There is no such file, or other users may read it.
        """
        return self.smtp_password or _read_secret(self.smtp_password_file, "WL_SMTP_PASSWORD_FILE")


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process, or those that *env* describes."""
    values = os.environ if env is None else env
    home = Path(values.get("HOME") or Path.home())

    def base(name: str, default: str) -> Path:
        return Path(values.get(name) or home / default) / "wasteland"

    data = base("XDG_DATA_HOME", ".local/share")
    return Settings(
        config=base("XDG_CONFIG_HOME", ".config"),
        data=data,
        state=base("XDG_STATE_HOME", ".local/state"),
        cache=base("XDG_CACHE_HOME", ".cache"),
        host=Path(values.get("WL_HOST") or data / "host"),
        commons=values.get("WL_WASTELAND", ""),
        dolt=values.get("WL_DOLT", ""),
        token=values.get("DOLTHUB_TOKEN") or values.get("DOLTHUB_API_TOKEN") or "",
        dolt_home=Path(values.get("DOLT_ROOT_PATH") or home) / ".dolt",
        dolt_credentials=values.get("DOLT_CREDS_FILE", ""),
        hub=values.get("WL_HUB", ""),
        keyring=values.get("WL_KEYRING", "") == "1",
        allow_plain=values.get("WL_ALLOW_PLAIN_HTTP", "") == "1",
        dolt_password=values.get("WL_DOLT_PASSWORD", ""),
        dolt_password_file=values.get("WL_DOLT_PASSWORD_FILE", ""),
        master_keys=Path(values["WL_MASTER_KEYS"]) if values.get("WL_MASTER_KEYS") else None,
        oidc_secret=values.get("WL_OIDC_SECRET", ""),
        oidc_secret_file=values.get("WL_OIDC_SECRET_FILE", ""),
        smtp_password=values.get("WL_SMTP_PASSWORD", ""),
        smtp_password_file=values.get("WL_SMTP_PASSWORD_FILE", ""),
    )


def _read_secret(file_name: str, named_by: str) -> str:
    if not file_name:
        return ""
    path = Path(file_name)
    try:
        with path.open() as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Invalid(f"Other users may read {path} .", hint=f"chmod 600 {path}")
            return file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"The password file {path} cannot be read: {error}.", hint=f"see {named_by}"
        ) from error
