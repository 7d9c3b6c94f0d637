"""
What is new, by e-mail: one letter a day or a week to each account that asks for it.

How far a letter tells is noted before it is sent, and taken back only where the server certainly
did not take it. So a hub that dies in between sends nothing twice; what the lost letter would have
told waits, unread, on the page.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final
from urllib.parse import quote

from ...hosts.state.file import StateFile
from ...protocol.errors import NotFound, Unavailable
from ...protocol.lean import dataclass
from ...protocol.records import read_time, write_time
from .. import callers
from ..contacts import Contact, Digest
from ..hub import Hub
from ..rights import Right
from . import mail
from .records import Notification, advice, headline

UNSUBSCRIBE: Final = "/-/unsubscribe"
_EVERY: Final = {Digest.DAILY: timedelta(days=1), Digest.WEEKLY: timedelta(days=7)}
_MOST: Final = 50
_PUT_OFF: Final = timedelta(minutes=10)

_log = logging.getLogger("wasteland.hub")


@dataclass(frozen=True, slots=True)
class Sent:
    """
    How far an account was told by e-mail.

    Attributes:
        token: What its letters are ended with, without signing in.
        at: When the last one was sent, or when letters began; None for never.
        serial: Of the last notification that it told.
    """

    token: str
    at: datetime | None
    serial: int


class Digests:
    """Sends what is due."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._later: datetime | None = None
        self._turn = threading.Lock()

    def __call__(self) -> int:
        """Send the letters that are due; return how many were sent."""
        now = self._hub.host.now()
        server = self._hub.options.mail
        if server is None or (self._later and now < self._later):
            return 0
        with self._turn:
            try:
                found = [c for every in _EVERY for c in self._hub.accounts.contacts(every)]
                return sum(self._tell(server, contact, now) for contact in found)
            except Unavailable as error:
                self._later = now + _PUT_OFF
                _log.warning("digests wait: %s", error.message)
                return 0

    def _tell(self, server: mail.Mail, contact: Contact, now: datetime) -> bool:
        file = self._hub.notifications.file
        before = sent(file, contact.account)
        if before.at is None:
            # What happened before the account asked for letters is no news to it.
            newest = self._news(contact.account, 0, limit=1)
            _note(file, contact.account, now, newest[0].serial if newest else 0)
            return False
        # Half an hour of grace, or letters come later from day to day.
        if now - before.at < _EVERY[contact.digest] - timedelta(minutes=30):
            return False
        told = self._news(contact.account, before.serial, limit=_MOST)
        if not told:
            return False
        _note(file, contact.account, now, max(each.serial for each in told))
        try:
            mail.send(server, _letter(server, contact, told, before.token))
        except mail.Undeliverable as error:
            _log.warning("the digest of %s is refused: %s", contact.account, error)
            return False
        except Unavailable:
            _note(file, contact.account, before.at, before.serial)
            raise
        return True

    def _news(self, account: str, after: int, *, limit: int) -> list[Notification]:
        """Return what an account has not read of what it may see, newest first."""
        caller = callers.whole(self._hub.accounts, account)
        found = self._hub.notifications.of(caller, is_unread=True, after=after, limit=limit)
        repos = {each.repo for each in found}
        seen = {repo for repo in repos if self._hub.right(caller, repo) >= Right.READ}
        return [each for each in found if each.repo in seen]


def sent(file: StateFile, account: str) -> Sent:
    """Return how far an account was told, as one that has a token from now on."""
    file.write(
        "INSERT OR IGNORE INTO digests (account, token) VALUES (?, ?)",
        (account.casefold(), secrets.token_urlsafe(24)),
    )
    row = file.read("SELECT * FROM digests WHERE account = ?", (account.casefold(),))[0]
    return Sent(row["token"], read_time(row["sent_at"]), row["serial"])


def account_of(hub: Hub, token: str) -> str:
    """
    Return the account whose letters bear *token*.

    Raises:
        NotFound: None does.
    """
    sql = "SELECT account FROM digests WHERE token = ?"
    rows = hub.notifications.file.read(sql, (token,))
    if not rows:
        raise NotFound("This link ends no letters: they have ended, or it is cut off.")
    return hub.accounts.find(rows[0]["account"]).name


def end(hub: Hub, token: str) -> str:
    """Send the account that *token* stands for no more letters, and return it."""
    account = account_of(hub, token)
    contact = hub.accounts.contact(account)
    if contact.email:
        hub.accounts.set_contact(account, email=contact.email, digest=Digest.OFF)
    return account


def _note(file: StateFile, account: str, at: datetime, serial: int) -> None:
    sql = "UPDATE digests SET sent_at = ?, serial = ? WHERE account = ?"
    file.write(sql, (write_time(at), serial, account.casefold()))


def _letter(
    server: mail.Mail, contact: Contact, told: Sequence[Notification], token: str
) -> EmailMessage:
    leave = f"{server.url}{UNSUBSCRIBE}/{token}"
    many = len(told) > 1
    return mail.letter(
        server,
        to=contact.email,
        subject=f"{len(told)} things about your work" if many else headline(told[0]),
        text=_text(server, contact, told, leave),
        headers={
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Precedence": "bulk",
        },
    )


def _text(server: mail.Mail, contact: Contact, told: Sequence[Notification], leave: str) -> str:
    parts = [f"What is new about the work of {contact.account}, newest first."]
    for repo in dict.fromkeys(each.repo for each in told):
        parts.append(f"{repo}\n{'-' * len(str(repo))}")
        parts += [_entry(server, each) for each in told if each.repo == repo]
        parts.append(f"All of it: {server.url}/{repo}/work")
    parts.append(f"You get this {contact.digest.value}. End it: {leave}")
    return "\n\n".join(parts) + "\n"


def _entry(server: mail.Mail, it: Notification) -> str:
    lines = [f"* {headline(it)}: {' '.join((it.title or it.item).split())}"]
    lines += [f"  > {line}" for line in it.reason.splitlines()]
    if it.item:
        lines.append(f"  {server.url}/{it.repo}/wanted/{quote(it.item)}")
    if found := advice(it):
        lines.append(f"  {found}")
    return "\n".join(lines)
