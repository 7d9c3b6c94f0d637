"""
Making a passkey, and signing in with one.

A passkey stands for the whole account, so the person is verified where it is kept. It belongs to a
name of this hub, and browsers make none for a bare IP address.

Source: W3C Web Authentication Level 3, 7.1 and 7.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Final

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ..protocol.errors import Invalid, LimitReached, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.names import visible
from .challenges import LIFETIME, Challenges
from .passkeys import MOST, Passkey, Passkeys

MAKE: Final = "make a passkey"
SIGN_IN: Final = "sign in with a passkey"
_LABEL_LIMIT: Final = 60
_LONGEST: Final = 16_384
_LOOPBACK: Final = "localhost"
_NAME: Final = "Wasteland"


@dataclass(frozen=True, slots=True)
class Site:
    """
    This hub as a browser that asks knows it.

    Attributes:
        name: Without port.
        origin: What pages of it come from.
    """

    name: str
    origin: str

    @property
    def can_have_passkeys(self) -> bool:
        """Whether browsers make passkeys for it: they do for names, and not for addresses."""
        try:
            ip_address(self.name.strip("[]"))
        except ValueError:
            return True
        return False

    @property
    def local_name(self) -> str:
        """The origin of the same hub that can have passkeys, if this is its loopback address."""
        try:
            is_loopback = ip_address(self.name.strip("[]")).is_loopback
        except ValueError:
            return ""
        return f"http://{_LOOPBACK}{self.origin.partition(self.name)[2]}" if is_loopback else ""


class Ceremonies:
    """What browsers are asked about passkeys, and what becomes of their answers."""

    def __init__(self, passkeys: Passkeys, challenges: Challenges) -> None:
        self._passkeys = passkeys
        self._challenges = challenges

    # --- making one

    def options_to_make(self, account: str, site: Site, browser: str) -> dict[str, Any]:
        """
        Return what a browser needs to make a passkey for *account*.

        Raises:
            LimitReached: It has as many as it may.
        """
        known = self._passkeys.of_account(account)
        if len(known) >= MOST:
            raise LimitReached(f"An account has {MOST} passkeys at most.", limit=MOST)
        options = webauthn.generate_registration_options(
            rp_id=site.name,
            rp_name=_NAME,
            user_name=account,
            user_id=_user_id(account),
            challenge=self._challenges.make(MAKE, browser).encode(),
            timeout=int(LIFETIME.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known
            ],
        )
        return options_to_json_dict(options)

    def add(self, account: str, label: str, answer: str, site: Site, browser: str) -> Passkey:
        """
        Keep the passkey that a browser has made for *account*.

        Args:
            answer: The credential, as JSON of the browser.
        Raises:
            Invalid: It has no name, or the answer is none to what this browser was asked.
            Forbidden: It was asked of another browser, or too long ago.
            Conflict: It is kept already.
        """
        named = " ".join(label.split())[:_LABEL_LIMIT]
        if not named:
            raise Invalid("Give the passkey a name, to tell it from others.", field="label")
        credential, challenge = _read(answer)
        self._challenges.spend(challenge, MAKE, browser)
        with _refused():
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge.encode(),
                expected_rp_id=site.name,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        return self._passkeys.keep(
            account,
            named,
            passkey_id=bytes_to_base64url(made.credential_id),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
        )

    # --- signing in with one

    def options_to_sign_in(self, site: Site, browser: str) -> dict[str, Any]:
        """Return what a browser needs to offer the passkeys that it has for this hub."""
        options = webauthn.generate_authentication_options(
            rp_id=site.name,
            challenge=self._challenges.make(SIGN_IN, browser).encode(),
            timeout=int(LIFETIME.total_seconds() * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def check(self, answer: str, site: Site, browser: str) -> Passkey:
        """
        Return the passkey that a browser has answered with.

        Raises:
            Invalid: That is no answer of a passkey.
            Forbidden: It was asked of another browser, or too long ago.
            Unauthenticated: It is no passkey of this hub, or may be a copy of one.
        """
        credential, challenge = _read(answer)
        self._challenges.spend(challenge, SIGN_IN, browser)
        found = self._passkeys.find(str(credential.get("id", "")))
        if found is None or not _is_for(credential, found.account):
            raise Unauthenticated("This hub does not know that passkey.", field="passkey")
        with _refused():
            shown = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge.encode(),
                expected_rp_id=site.name,
                expected_origin=site.origin,
                credential_public_key=found.public_key,
                credential_current_sign_count=found.sign_count,
                require_user_verification=True,
            )
        self._passkeys.note_use(found, shown.new_sign_count)
        return found


def site_of(host: str) -> Site:
    """
    Return this hub as a browser knows it that names *host*.

    A hub is reached by TLS, of a proxy's, from everywhere but its own machine.
    """
    name = host[: host.rindex("]") + 1] if "]" in host else host.partition(":")[0]
    name = name.lower()
    is_local = name in {_LOOPBACK, "127.0.0.1", "[::1]"}
    return Site(name, f"{'http' if is_local else 'https'}://{host.lower()}")


def _read(answer: str) -> tuple[dict[str, Any], str]:
    """Return a browser's answer, and the challenge that it says it answers."""
    try:
        if len(answer) > _LONGEST:
            raise ValueError(len(answer))
        credential = json.loads(answer)
        client = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return credential, base64url_to_bytes(client["challenge"]).decode()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid(
            "The browser sent no passkey.", hint="switch scripts on", field="passkey"
        ) from error


@contextmanager
def _refused() -> Iterator[None]:
    """Say of what the library refuses, whatever it is, that it is no passkey of ours."""
    try:
        yield
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unauthenticated(
            f"That passkey is refused: {visible(str(error), 200)}.", field="passkey"
        ) from error


def _is_for(credential: dict[str, Any], account: str) -> bool:
    """Return whether an answer is for that account, as far as it says for whom it is."""
    said = credential["response"].get("userHandle")
    return not said or said == bytes_to_base64url(_user_id(account))


def _user_id(account: str) -> bytes:
    """Return what stands for an account where passkeys are kept; it tells nobody its name."""
    return hashlib.sha256(f"wasteland account {account.casefold()}".encode()).digest()
