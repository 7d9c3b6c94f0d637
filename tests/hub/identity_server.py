"""A small OpenID Connect provider on loopback, that can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT = "wl"
SECRET = "a secret: with spaces"


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


@dataclass(slots=True)
class IdentityServer:
    """
    The provider.

    Attributes:
        person: Claims of whom everybody signs in as.
        claims: What its ID tokens say instead of the truth.
        signs_with: "rsa", "other" (a key that it does not publish) or "hmac" (the client's secret).
        codes: Code -> what it was asked with.
        asked: What authorization requests said.
    """

    url: str
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "s-1", "preferred_username": "grace", "name": "Grace"}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    signs_with: str = "rsa"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    key: RSAKey = field(default_factory=_new_key)
    other: RSAKey = field(default_factory=_new_key)

    def described(self) -> dict[str, Any]:
        """Return the document of discovery."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **self.metadata,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign the person in without a word; return where the browser goes back to."""
        self.asked.append(asked)
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return f"{asked['redirect_uri']}?{back}"

    def token(self, authorization: str, sent: dict[str, str]) -> dict[str, Any]:
        """Return the answer to a code, which is good for one."""
        asked = self.codes.pop(sent.get("code", ""), None)
        if _basic(authorization) != (CLIENT, SECRET):
            return {"error": "invalid_client"}
        if not asked or asked["redirect_uri"] != sent.get("redirect_uri"):
            return {"error": "invalid_grant"}
        made = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(made).decode().rstrip("=") != asked["code_challenge"]:
            return {"error": "invalid_grant"}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self._id_token(asked)}

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60}
        claims = {**told, "nonce": asked["nonce"], **self.person, **self.claims}
        if self.signs_with == "hmac":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        key = self.key if self.signs_with == "rsa" else self.other
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)


@contextmanager
def open_identity_server() -> Iterator[IdentityServer]:
    """Yield a provider that listens on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    found = IdentityServer(f"http://127.0.0.1:{server.server_port}")
    server.found = found  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer what browsers and clients read."""
        place = urlsplit(self.path)
        if place.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self._found.authorize(_fields(place.query)))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif place.path == "/keys":
            self._answer(KeySet([self._found.key]).as_dict(private=False))
        elif place.path == "/.well-known/openid-configuration":
            self._answer(self._found.described())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Answer a code."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self._found.token(self.headers.get("Authorization", ""), _fields(body))
        self._answer(answer, 400 if "error" in answer else 200)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    @property
    def _found(self) -> IdentityServer:
        found: IdentityServer = self.server.found  # type: ignore[attr-defined]
        return found

    def _answer(self, told: Any, status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _fields(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _basic(header: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(header.partition(" ")[2]).decode()
    except ValueError:
        return "", ""
    name, _, secret = text.partition(":")
    return unquote(name), unquote(secret)
