"""
Who is known to a hub: accounts, organisations, and the tokens that prove who asks.

An account owns the namespace of its name and those of the organisations that it owns.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.names import NAME_RULE, is_repo_part, visible
from ..protocol.records import write_time
from . import tokens
from .contacts import Contacts
from .tokens import Scope, Token

LOGIN_LIFETIME_S: Final = 900
_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # none that spell words or look like digits
_CODE_LENGTH: Final = 8
_LABEL_LIMIT: Final = 100
_NOTED_EVERY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Account:
    """
    An account or an organisation.

    Attributes:
        name: Unique without regard to case.
        is_admin: Whether it runs the hub.
    """

    name: str
    display_name: str
    is_admin: bool
    is_organisation: bool
    is_disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """
    A login that waits for somebody to confirm its code.

    Attributes:
        secret: What the program that waits holds; "" when it is read by code.
        code: What a person types, such as ``BCDF-GHJK``.
        account: Who confirmed it; "" while nobody did.
    """

    secret: str
    code: str
    label: str
    scope: Scope
    account: str
    expires_at: datetime


class Accounts(Contacts):
    """The tables of accounts, members, tokens and logins, and of how accounts are written to."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def now(self) -> datetime:
        """Return the time by which tokens end."""
        return self._clock()

    # --- accounts

    def add(
        self,
        name: str,
        *,
        display_name: str = "",
        is_admin: bool = False,
        is_organisation: bool = False,
    ) -> Account:
        """
        Add an account or an organisation.

        Raises:
            Conflict: The name is taken.
            Invalid: It cannot be the owner of a repository.
        """
        if not is_repo_part(name):
            raise Invalid(
                f"{visible(name)} cannot be an account: {NAME_RULE}.", field="name", value=name
            )
        added = self._file.write(
            "INSERT OR IGNORE INTO accounts (name, display_name, is_admin, is_organisation, "
            "created_at) VALUES (?, ?, ?, ?, ?)",
            (name, display_name, is_admin, is_organisation, write_time(self._clock())),
        )
        if not added:
            raise Conflict(f"The account {name} exists already.", hint="wl hub user list")
        return self.find(name)

    def find(self, name: str) -> Account:
        """
        Return one account.

        Raises:
            NotFound: There is none of that name.
        """
        rows = self._file.read("SELECT * FROM accounts WHERE name = ?", (name,))
        if not rows:
            raise NotFound(f"This hub has no account {visible(name)}.", hint="wl hub user list")
        return _account(rows[0])

    def all(self) -> list[Account]:
        """Return accounts and organisations, by name."""
        return [_account(row) for row in self._file.read("SELECT * FROM accounts ORDER BY name")]

    def disable(self, name: str, *, disabled: bool = True) -> Account:
        """Keep an account from signing in, or let it again; its tokens stop at once."""
        self.find(name)
        sql = "UPDATE accounts SET is_disabled = ? WHERE name = ?"
        self._file.write(sql, (disabled, name))
        return self.find(name)

    def set_member(self, organisation: str, account: str, *, is_owner: bool = False) -> None:
        """
        Make *account* a member of *organisation*, or change whether it owns it.

        Raises:
            Invalid: The first is no organisation, or the second is one.
        """
        if not self.find(organisation).is_organisation or self.find(account).is_organisation:
            raise Invalid(
                f"{account} cannot be a member of {organisation}.",
                hint="wl hub user add --organisation NAME",
                field="organisation",
                value=organisation,
            )
        self._file.write(
            "INSERT INTO members (organisation, account, is_owner) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET is_owner = excluded.is_owner",
            (organisation, account, is_owner),
        )

    def remove_member(self, organisation: str, account: str) -> None:
        """End a membership; a missing one is no error."""
        sql = "DELETE FROM members WHERE organisation = ? AND account = ?"
        self._file.write(sql, (organisation, account))

    def owners(self, organisation: str) -> list[str]:
        """Return the accounts that own *organisation*, by name."""
        sql = "SELECT account FROM members WHERE organisation = ? AND is_owner ORDER BY account"
        return [row["account"] for row in self._file.read(sql, (organisation,))]

    def organisations(self, account: str) -> dict[str, bool]:
        """Return the organisations of *account*, each with whether it owns it."""
        rows = self._file.read("SELECT * FROM members WHERE account = ?", (account,))
        return {row["organisation"]: bool(row["is_owner"]) for row in rows}

    # --- tokens

    def issue(
        self,
        account: str,
        *,
        label: str,
        scope: Scope,
        rig: str = "",
        lifetime: timedelta | None = None,
    ) -> tuple[Token, str]:
        """
        Return a new token and its text, which is not kept.

        Args:
            rig: The only rig that it may act as.
            lifetime: None for one that does not expire.
        Raises:
            Forbidden: An organisation or a disabled account signs in nowhere; only an account that
                runs the hub has tokens of scope "admin".
        """
        owner = self.find(account)
        if owner.is_organisation or owner.is_disabled:
            raise Forbidden(f"{owner.name} cannot sign in.", hint="wl hub user list")
        if scope is Scope.ADMIN and not owner.is_admin:
            raise Forbidden(
                f"{owner.name} does not run this hub; its tokens have scope write at most.",
                hint="wl hub token create --scope write",
            )
        token_id, text, digest = tokens.new_token()
        now = self._clock()
        token = Token(
            id=token_id,
            account=owner.name,
            label=label[:_LABEL_LIMIT],
            scope=scope,
            rig=rig,
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
        self._file.write(
            "INSERT INTO tokens (id, account, digest, label, scope, rig, created_at, expires_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                token.id,
                token.account,
                digest,
                token.label,
                token.scope.value,
                token.rig,
                write_time(now),
                write_time(token.expires_at) if token.expires_at else None,
            ),
        )
        return token, text

    def authenticate(self, text: str) -> Token:
        """
        Return the token that *text* is.

        Raises:
            Unauthenticated: It is none, or has expired, was revoked, or its account is disabled.
        """
        read = tokens.read_token(text)
        rows = self._live_token(read[0] if read else "")
        if not read or not rows or not tokens.equal(rows[0]["digest"], read[1]):
            raise Unauthenticated(
                "no token found for given API token",
                hint="wl login; keys of dolt creds and tokens of other hosts are none of this hub",
            )
        return self._noted(self._in_force(_token(rows[0])))

    def still_in_force(self, token_id: str) -> Token:
        """
        Return a token that was shown before, to begin a session with.

        Raises:
            Unauthenticated: It has expired, was revoked, or its account is disabled.
        """
        rows = self._live_token(token_id)
        if not rows:
            raise Unauthenticated("The token of this session is gone.", hint="sign in again")
        return self._in_force(_token(rows[0]))

    def tokens(self, account: str) -> list[Token]:
        """Return an account's tokens, oldest first, revoked ones too."""
        sql = "SELECT * FROM tokens WHERE account = ? ORDER BY created_at, id"
        return [_token(row) for row in self._file.read(sql, (account,))]

    def revoke(self, account: str, token_id: str) -> None:
        """
        End a token now.

        Raises:
            NotFound: The account has none of that id.
        """
        sql = "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE account = ? AND id = ?"
        if not self._file.write(sql, (write_time(self._clock()), account, token_id)):
            raise NotFound(f"{account} has no token {visible(token_id)}.", hint="wl hub token list")

    def _live_token(self, token_id: str) -> list[sqlite3.Row]:
        """Return the row of a token whose account is not disabled."""
        return self._file.read(
            "SELECT t.* FROM tokens AS t JOIN accounts AS a ON a.name = t.account "
            "WHERE t.id = ? AND NOT a.is_disabled",
            (token_id,),
        )

    def _in_force(self, token: Token) -> Token:
        if token.revoked_at or (token.expires_at and token.expires_at <= self._clock()):
            raise Unauthenticated(
                "no token found for given API token: it has expired or was revoked",
                hint="wl login",
            )
        return token

    def _noted(self, token: Token) -> Token:
        """Note that a token is used, now and then; return it."""
        now = self._clock()
        if token.used_at is None or now - token.used_at >= _NOTED_EVERY:
            sql = "UPDATE tokens SET used_at = ? WHERE id = ?"
            self._file.write(sql, (write_time(now), token.id))
        return token

    # --- logins without a browser on the same machine

    def begin_login(self, *, label: str, scope: Scope) -> Login:
        """Return a login that waits for its code to be confirmed."""
        now = self._clock()
        secret = secrets.token_urlsafe(32)
        login = Login(
            secret=secret,
            code=_new_code(),
            label=label[:_LABEL_LIMIT],
            scope=scope,
            account="",
            expires_at=now + timedelta(seconds=LOGIN_LIFETIME_S),
        )
        self._file.write("DELETE FROM logins WHERE expires_at < ?", (write_time(now),))
        self._file.write(
            "INSERT INTO logins (digest, code, label, scope, created_at, expires_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                tokens.digest(secret),
                login.code,
                login.label,
                login.scope.value,
                write_time(now),
                write_time(login.expires_at),
            ),
        )
        return login

    def login_of(self, code: str) -> Login:
        """
        Return the login that waits under *code*.

        Raises:
            NotFound: None does, or it has expired.
        """
        rows = self._file.read(
            "SELECT * FROM logins WHERE code = ? AND expires_at > ?",
            (_plain_code(code), write_time(self._clock())),
        )
        if not rows:
            raise NotFound("No login waits under that code.", hint="wl login prints a fresh one")
        return _login(rows[0])

    def confirm_login(self, code: str, account: str) -> Login:
        """
        Let the program that waits under *code* sign in as *account*; again does no harm.

        Raises:
            NotFound: None waits.
            Conflict: Another account has confirmed it.
        """
        login = self.login_of(code)
        name = self.find(account).name
        sql = "UPDATE logins SET account = ? WHERE code = ? AND account IN ('', ?)"
        if not self._file.write(sql, (name, login.code, name)):
            raise Conflict("That login was confirmed already.", hint="wl login")
        return self.login_of(code)

    def finish_login(self, secret: str) -> tuple[Token, str] | None:
        """
        Return the token of a confirmed login, once; None while nobody has confirmed it.

        Raises:
            NotFound: No such login waits.
        """
        place = (tokens.digest(secret), write_time(self._clock()))
        rows = self._file.read("SELECT * FROM logins WHERE digest = ? AND expires_at > ?", place)
        if not rows:
            raise NotFound("That login has expired or was finished.", hint="wl login")
        login = _login(rows[0])
        if not login.account:
            return None
        if not self._file.write("DELETE FROM logins WHERE digest = ?", place[:1]):
            raise NotFound("That login has expired or was finished.", hint="wl login")
        return self.issue(login.account, label=login.label, scope=login.scope)


def _new_code() -> str:
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _plain_code(code: str) -> str:
    letters = "".join(c for c in code.upper() if c in _CODE_LETTERS)
    return f"{letters[:4]}-{letters[4:]}"


def _account(row: sqlite3.Row) -> Account:
    return Account(
        name=row["name"],
        display_name=row["display_name"],
        is_admin=bool(row["is_admin"]),
        is_organisation=bool(row["is_organisation"]),
        is_disabled=bool(row["is_disabled"]),
        created_at=stored_time(row["created_at"]),
    )


def _token(row: sqlite3.Row) -> Token:
    return Token(
        id=row["id"],
        account=row["account"],
        label=row["label"],
        scope=Scope(row["scope"]),
        rig=row["rig"],
        created_at=stored_time(row["created_at"]),
        expires_at=stored_time(row["expires_at"]) if row["expires_at"] else None,
        revoked_at=stored_time(row["revoked_at"]) if row["revoked_at"] else None,
        used_at=stored_time(row["used_at"]) if row["used_at"] else None,
    )


def _login(row: sqlite3.Row) -> Login:
    return Login(
        secret="",
        code=row["code"],
        label=row["label"],
        scope=Scope(row["scope"]),
        account=row["account"],
        expires_at=stored_time(row["expires_at"]),
    )
