"""
Signing in at an OpenID Connect provider that the operator has named.

Authorization code with PKCE; the ID token alone is believed, after its signature, issuer, audience,
end and nonce. Needs the package authlib.

Source: OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ..commons.outgoing.client import Outgoing
from ..protocol.errors import Invalid, Unauthenticated, Unavailable
from ..protocol.lean import dataclass
from ..protocol.names import visible
from .identities import Person

_DISCOVERY: Final = "/.well-known/openid-configuration"
_NEEDED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
# No symmetric ones: a client's secret is no proof of who signed.
_SIGNATURES: Final = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
_LEEWAY_S: Final = 60
_OK: Final = 200
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Client:
    """
    This hub, as the provider knows it.

    Attributes:
        issuer: The provider's address, exactly as it names itself.
        secret: "" for a client that has none.
        makes_accounts: Whether who signs in there first gets an account here.
    """

    issuer: str
    id: str
    secret: str = field(default="", repr=False)
    makes_accounts: bool = False


class OpenIdProvider:
    """
    The provider; asked anew each time, for its keys change.

    Raises:
        Invalid: Its address is none that secrets may be sent to.
    """

    def __init__(self, client: Client) -> None:
        _check_address(client.issuer, "issuer")
        self._client = client
        host = urlsplit(client.issuer).hostname or ""
        # Whoever runs the hub has named it, so it may be on a network of theirs.
        self._outgoing = Outgoing(enabled=True, allow=(host,))

    @property
    def issuer(self) -> str:
        """Its address."""
        return self._client.issuer

    @property
    def makes_accounts(self) -> bool:
        """Whether who signs in there first gets an account here."""
        return self._client.makes_accounts

    def begin(self, state: str, *, nonce: str, verifier: str, redirect: str) -> str:
        """
        Return the address at which a person signs in.

        Raises:
            Unavailable: The provider does not say where.
        """
        found: str = prepare_grant_uri(
            self._metadata()["authorization_endpoint"],
            client_id=self._client.id,
            response_type="code",
            redirect_uri=redirect,
            scope="openid profile",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return found

    def finish(
        self, code: str, *, nonce: str, verifier: str, redirect: str, issuer: str = ""
    ) -> Person:
        """
        Return who has signed in there.

        Raises:
            Unauthenticated: Nobody has, or what the provider says is not for this.
            Unavailable: It does not answer.
        """
        if issuer and issuer != self.issuer:
            raise Unauthenticated("Another provider sent you back.", field="elsewhere")
        metadata = self._metadata()
        token = self._redeemed(metadata, code, verifier, redirect)
        keys = self._asked(metadata["jwks_uri"])
        return self._person(self._claims(token, keys, nonce))

    def _redeemed(
        self, metadata: Mapping[str, Any], code: str, verifier: str, redirect: str
    ) -> str:
        """Return the ID token that a code is good for."""
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect, code_verifier=verifier
        )
        url, headers, body = self._auth(metadata).prepare(
            "POST", metadata["token_endpoint"], {}, body
        )
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        answered = self._asked(url, body=body.encode(), headers=headers)
        if not isinstance(answered.get("id_token"), str):
            why = visible(str(answered.get("error", "it names nobody")))
            raise Unauthenticated(f"The provider refuses: {why}.", field="elsewhere")
        return str(answered["id_token"])

    def _auth(self, metadata: Mapping[str, Any]) -> Any:
        """Return what shows the provider who asks, in a way that it takes."""
        secret = self._client.secret
        taken = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not secret:
            return ClientAuth(self._client.id, "", "none")
        if "client_secret_basic" not in taken:
            return ClientAuth(self._client.id, secret, "client_secret_post")
        # Escaped before they are joined, as RFC 6749 has it in 2.3.1.
        escaped = (quote(self._client.id, safe=""), quote(secret, safe=""))
        return ClientAuth(*escaped, "client_secret_basic")

    def _claims(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        try:
            read = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=_SIGNATURES)  # type: ignore[arg-type]
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client.id},
                },
                params={"nonce": nonce, "client_id": self._client.id},
            )
            claims.validate(leeway=_LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unauthenticated(
                "What the provider says of you cannot be believed.",
                hint="sign in again",
                field="elsewhere",
            ) from error
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        return Person(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            wanted=str(claims.get("preferred_username") or ""),
            display_name=str(claims.get("name") or ""),
        )

    def _metadata(self) -> Mapping[str, Any]:
        """Return what the provider says of itself, if it is what was named and all is there."""
        found = self._asked(self.issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self.issuer or not all(
            isinstance(found.get(name), str) for name in _NEEDED
        ):
            raise Unavailable("The provider does not describe itself as what this hub was told.")
        for name in _NEEDED[1:]:
            _check_address(str(found[name]), name)
        return found

    def _asked(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        answer = self._outgoing.fetch(
            url,
            method="GET" if body is None else "POST",
            body=body,
            headers={"Accept": "application/json", **(headers or {})},
            redirects=0,
        )
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Unavailable("The provider answers with no JSON.", hint="try again") from error
        if not isinstance(found, dict) or (body is None and answer.status != _OK):
            raise Unavailable("The provider does not answer.", hint="try again")
        return found


def _check_address(url: str, name: str) -> None:
    """
    Return if secrets may be sent to *url*.

    Raises:
        Invalid: They would cross a network unencrypted, or it is no address.
    """
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or parts.fragment:
        raise Invalid(
            f"{visible(url)} cannot be the {name} of a provider: it has to be https.", field=name
        )
