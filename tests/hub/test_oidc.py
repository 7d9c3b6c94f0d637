from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from hub.identity_server import CLIENT, SECRET, IdentityServer, open_identity_server
from wasteland.hub.identities import Person
from wasteland.hub.oidc import Client, OpenIdProvider
from wasteland.protocol.errors import Invalid, Unauthenticated, Unavailable

BACK = "http://127.0.0.1/back"
NONCE = "n" * 43
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityServer]:
    """One provider for all tests of this file."""
    with open_identity_server() as found:
        yield found


@pytest.fixture
def server(running: IdentityServer) -> IdentityServer:
    """The provider, as it behaves unless it is told otherwise."""
    running.claims, running.metadata, running.signs_with = {}, {}, "rsa"
    return running


def test_the_way_there_names_client_state_nonce_and_a_hidden_verifier(
    server: IdentityServer,
) -> None:
    asked = parse_qs(urlsplit(_begin(server)).query)

    assert [CLIENT] == asked["client_id"]
    assert (["state"], [NONCE], [BACK]) == (asked["state"], asked["nonce"], asked["redirect_uri"])
    assert (["code"], ["S256"]) == (asked["response_type"], asked["code_challenge_method"])
    assert VERIFIER not in str(asked)


def test_the_way_back_names_who_signed_in(server: IdentityServer) -> None:
    found = _finish(server)

    assert Person(server.url, "s-1", "grace", "Grace") == found


def test_a_code_is_good_for_one(server: IdentityServer) -> None:
    code = _code(server)
    _finish(server, code)

    with pytest.raises(Unauthenticated):
        _finish(server, code)


@pytest.mark.parametrize(
    "wrong",
    [{"verifier": "w" * 43}, {"nonce": "m" * 43}, {"redirect": "http://127.0.0.1/other"}],
)
def test_a_code_of_another_question_is_refused(
    server: IdentityServer, wrong: dict[str, str]
) -> None:
    with pytest.raises(Unauthenticated):
        _finish(server, **wrong)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"exp": 1},
        {"nonce": "m"},
        {"nonce": None},
        {"sub": None},
    ],
)
def test_an_id_token_for_another_or_of_another_time_is_refused(
    server: IdentityServer, claims: dict[str, Any]
) -> None:
    server.claims = claims

    with pytest.raises(Unauthenticated):
        _finish(server)


@pytest.mark.parametrize("key", ["other", "hmac"])
def test_an_id_token_that_the_provider_has_not_signed_is_refused(
    server: IdentityServer, key: str
) -> None:
    server.signs_with = key

    with pytest.raises(Unauthenticated):
        _finish(server)


def test_an_answer_of_another_provider_is_refused(server: IdentityServer) -> None:
    with pytest.raises(Unauthenticated):
        _finish(server, issuer="https://evil.example")


def test_the_secret_is_not_sent_to_who_is_not_what_was_named(server: IdentityServer) -> None:
    server.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(Unavailable):
        _begin(server)

    server.metadata = {"token_endpoint": "http://evil.example/token"}
    with pytest.raises(Invalid):
        _begin(server)


def test_a_wrong_secret_signs_nobody_in_and_is_not_repeated(server: IdentityServer) -> None:
    provider = OpenIdProvider(Client(server.url, CLIENT, "another secret"))

    with pytest.raises(Unauthenticated) as refused:
        provider.finish(_code(server), nonce=NONCE, verifier=VERIFIER, redirect=BACK)

    assert "another secret" not in f"{refused.value}{provider!r}{Client(server.url, 'c', 'hush')!r}"


def test_a_provider_that_is_gone_is_named_so() -> None:
    provider = OpenIdProvider(Client("http://127.0.0.1:9", CLIENT))

    with pytest.raises(Unavailable):
        provider.begin("state", nonce=NONCE, verifier=VERIFIER, redirect=BACK)


@pytest.mark.parametrize("issuer", ["http://id.example.org", "id.example.org", "file:///etc", ""])
def test_only_https_is_a_provider_away_from_this_machine(issuer: str) -> None:
    with pytest.raises(Invalid):
        OpenIdProvider(Client(issuer, CLIENT))


def _provider(server: IdentityServer) -> OpenIdProvider:
    return OpenIdProvider(Client(server.url, CLIENT, SECRET))


def _begin(server: IdentityServer) -> str:
    return _provider(server).begin("state", nonce=NONCE, verifier=VERIFIER, redirect=BACK)


def _code(server: IdentityServer) -> str:
    """Sign in there, and return the code that the browser comes back with."""
    location = httpx2.get(_begin(server), follow_redirects=False).headers["location"]
    return parse_qs(urlsplit(location).query)["code"][0]


def _finish(server: IdentityServer, code: str = "", **given: str) -> Person:
    asked = {"nonce": NONCE, "verifier": VERIFIER, "redirect": BACK, **given}
    return _provider(server).finish(code or _code(server), **asked)
