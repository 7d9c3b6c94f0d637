"""
Letters by SMTP: plain text, to one address each.

Nothing that others have written gets into a header but through the standard library's policy,
which refuses line breaks.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from ...protocol.errors import Invalid, Unavailable
from ...protocol.text import terminal_safe

_WAIT_S: Final = 30.0
# Programs that read mail find an address in a header more surely on one line.
_POLICY: Final = SMTP.clone(max_line_length=300)
_TLS_PORT: Final = 465
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """
    How the hub sends letters.

    Attributes:
        host: Of the server that takes them.
        port: 465 speaks TLS from the beginning; others are asked for it where they offer it.
        sender: The address that they come from.
        url: Where people reach this hub, without a slash at its end.
        user: Name at the server; "" to send without.
        is_plain: Whether a server that offers no TLS may be told the password.
    """

    host: str
    port: int
    sender: str
    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    is_plain: bool = False


class Undeliverable(Exception):
    """The server refuses this letter; others may go through."""


def letter(
    mail: Mail, *, to: str, subject: str, text: str, headers: Mapping[str, str]
) -> EmailMessage:
    """
    Return a letter.

    Args:
        subject: Line breaks and control characters in it become spaces.
        headers: Of the hub's own making.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address("Wasteland", addr_spec=mail.sender)
    try:
        message["To"] = Address(addr_spec=to)
    except (HeaderParseError, ValueError) as error:
        raise Undeliverable(str(error)) from error
    message["Subject"] = " ".join(terminal_safe(subject).split())[:200]
    for name, value in headers.items():
        message[name] = value
    message.set_content(terminal_safe(text), cte="quoted-printable")
    return message


def send(mail: Mail, message: EmailMessage) -> None:
    """
    Hand a letter to the server.

    Raises:
        Undeliverable: The server refuses it for good.
        Unavailable: The server was not reached or puts it off; nothing was sent.
    """
    try:
        with _connected(mail) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _told(code, "the recipient is refused") from error
    except smtplib.SMTPResponseException as error:
        raise _told(error.smtp_code, _said(error.smtp_error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"The mail server {mail.host} was not reached: {error}.") from error


def _connected(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.port == _TLS_PORT:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=_WAIT_S, context=context
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_WAIT_S)
    try:
        _signed_in(server, mail, context)
    except BaseException:
        server.close()
        raise
    return server


def _signed_in(server: smtplib.SMTP, mail: Mail, context: ssl.SSLContext) -> None:
    server.ehlo_or_helo_if_needed()
    is_safe = mail.port == _TLS_PORT
    if not is_safe and server.has_extn("starttls"):
        server.starttls(context=context)
        is_safe = True
    if not mail.user:
        return
    if not is_safe and not mail.is_plain:
        raise Unavailable(f"The mail server {mail.host} offers no TLS, and is told no password.")
    server.login(mail.user, mail.password)


def _told(code: int, why: str) -> Exception:
    if code >= _PERMANENT:
        return Undeliverable(f"{code} {why}")
    return Unavailable(f"The mail server puts it off: {code} {why}.")


def _said(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return terminal_safe(text)[:200]


def read_server(text: str) -> tuple[str, int]:
    """
    Return host and port of ``HOST:PORT``; port 587 where none is named.

    Raises:
        Invalid: It is neither.
    """
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text, "587"
    name = host.removeprefix("[").removesuffix("]")
    if not name or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise Invalid(f"{text!r} is no mail server: it has the form HOST:PORT.", field="smtp")
    return name, int(port)
