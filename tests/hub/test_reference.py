"""The description of the APIs, the page made of it, and the page on which people confirm codes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from hub.desks import Desk
from wasteland.hub.http.openapi import operations, plain
from wasteland.hub.http.pages import page
from wasteland.hub.http.reference import kind_of
from wasteland.hub.tokens import Scope


class _Page(HTMLParser):
    """Notes elements and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _schema(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = desk.ok("GET", "/openapi.json")
    return found


def test_every_route_of_every_api_is_on_the_page(desk: Desk) -> None:
    shown = _Page(desk.send("GET", "/api").text)
    described = list(operations(_schema(desk)))

    assert len(described) > 100
    assert {operation["operationId"] for _, _, operation in described} == {
        attrs["id"] for tag, attrs in shown.elements if tag == "details"
    }
    assert {path for path, _, _ in described} <= set(shown.texts)
    assert {"v1", "feeds", "v1alpha1", "v2"} <= {a.get("id") for _, a in shown.elements}


def test_every_anchor_is_there_once(desk: Desk) -> None:
    shown = _Page(desk.send("GET", "/api").text)
    ids = Counter(attrs["id"] for _, attrs in shown.elements if "id" in attrs)
    links = {str(attrs["href"]) for tag, attrs in shown.elements if tag == "a"}

    assert 1 == max(ids.values())
    assert {link[1:] for link in links if link.startswith("#")} <= ids.keys()
    assert {"/openapi.json", "/login"} == {link for link in links if not link.startswith("#")}


@pytest.mark.parametrize("path", ["/api", "/login"])
def test_pages_run_no_scripts_and_load_nothing(desk: Desk, path: str) -> None:
    answer = desk.send("GET", path)
    shown = _Page(answer.text)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]

    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not {"unsafe-inline", "http:", "https:", "*"} & set(re.split(r"[\s']", policy))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in shown.elements}
    assert not any(
        name.startswith("on") or name == "style" for _, a in shown.elements for name in a
    )


def test_what_a_page_shows_is_text(desk: Desk) -> None:
    text = "<script>alert(1)</script>\"' onload=x"
    answer = page("login.html", login=None, error=text)

    shown = _Page(bytes(answer.body).decode())
    assert "script" not in {tag for tag, _ in shown.elements}
    assert text in shown.texts


def test_the_root_leads_to_the_reference(desk: Desk) -> None:
    answer = desk.send("GET", "/", follow_redirects=False)

    assert (307, "/api") == (answer.status_code, answer.headers["location"])


def test_operations_have_names_of_their_own_and_say_what_they_do(desk: Desk) -> None:
    described = [operation for _, _, operation in operations(_schema(desk))]
    names = Counter(operation["operationId"] for operation in described)

    assert 1 == max(names.values())
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert all(operation["summary"] and operation["tags"] for operation in described)
    assert {"browse", "claim", "v1_webhooks_create", "v2_pulls_create"} <= names.keys()


def test_errors_are_described_as_they_come(desk: Desk) -> None:
    schema = _schema(desk)

    for path, method, operation in operations(schema):
        errors = {s: a for s, a in operation["responses"].items() if s >= "400"}
        assert {"401", "403", "404"} <= errors.keys(), (path, method)
        if path.startswith(("/api/v1/", "/api/v2/", "/feeds/")):
            kinds = {kind for answer in errors.values() for kind in answer["content"]}
            assert {"application/problem+json"} == kinds, (path, method)
    problem = desk.send("GET", "/api/v1/commons/acme/none/wanted")
    assert set(schema["components"]["schemas"]["Problem"]["required"]) <= problem.json().keys()
    assert "HTTPValidationError" not in str(schema)


def test_how_callers_prove_who_they_are_is_described(desk: Desk) -> None:
    schema = _schema(desk)

    assert "bearer" == schema["components"]["securitySchemes"]["token"]["scheme"]
    claim = schema["paths"]["/api/v1/commons/{owner}/{database}/wanted/{id}/claim"]["post"]
    board = schema["paths"]["/api/v1/commons/{owner}/{database}/wanted"]["get"]
    assert ([{"token": []}], [{"token": []}, {}]) == (claim["security"], board["security"])


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, "a or b or null"),
        ({"$ref": "#/components/schemas/Pair"}, "{left: string, right: object}"),
        ({}, "any"),
    ],
)
def test_types_are_told_in_words(told: dict[str, Any], expected: str) -> None:
    """A type that holds itself ends."""
    pair = {"type": "object", "title": "Pair", "properties": {}}
    pair["properties"] = {
        "left": {"type": "string"},
        "right": {"$ref": "#/components/schemas/Pair"},
    }
    schema = {"components": {"schemas": {"Pair": pair}}}

    assert expected == kind_of(schema, told, depth=1)


def test_names_in_a_docstring_are_quoted() -> None:
    assert "Return “at”, or “after”." == plain("Return *at*,\n    or ``after``.")


# --- the page on which people confirm codes


def _begun(desk: Desk, scope: str = "write") -> dict[str, str]:
    found: dict[str, str] = desk.ok(
        "POST", "/api/v1/logins", json={"label": "wl on <i>box</i>", "scope": scope}
    )
    return found


def _confirmed(desk: Desk, **form: str) -> Any:
    return desk.send("POST", "/login", data=form, headers={"origin": "http://127.0.0.1"})


def test_a_person_lets_a_program_sign_in_on_the_page_that_it_names(desk: Desk) -> None:
    token = desk.account("ada")
    begun = _begun(desk)
    assert "http://127.0.0.1/login" == begun["url"]
    assert 200 == desk.send("GET", "/login").status_code

    answer = _confirmed(desk, code=begun["code"].lower(), token=f" {token}\n")
    finished = desk.ok("POST", "/api/v1/logins/token", json={"secret": begun["secret"]})

    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert "wl on &lt;i&gt;box&lt;/i&gt;" in answer.text
    assert ("ada", "write") == (finished["account"], finished["scope"])


def test_the_token_is_never_shown_and_never_kept_by_the_browser(desk: Desk) -> None:
    token = desk.account("ada")
    forms = [
        {"code": "XXXX-XXXX", "token": token},
        {"code": token, "token": "wlt.v1.aaaaaaaaaaaa." + "b" * 43},
        {"code": _begun(desk)["code"], "token": token},
    ]

    answers = [_confirmed(desk, **form) for form in forms]
    assert [404, 401, 200] == [answer.status_code for answer in answers]
    secret = token.rpartition(".")[2]
    assert not any(secret in answer.text for answer in answers)
    shown = _Page(desk.send("GET", "/login").text)
    fields = {attrs["name"]: attrs for tag, attrs in shown.elements if tag == "input"}
    assert ("password", "off") == (fields["token"]["type"], fields["token"]["autocomplete"])


def test_a_form_of_another_site_signs_nobody_in(desk: Desk) -> None:
    token = desk.account("ada")
    begun = _begun(desk)
    form = {"code": begun["code"], "token": token}

    for origin in ("https://evil.test", "null"):
        refused = desk.send("POST", "/login", data=form, headers={"origin": origin})
        assert 403 == refused.status_code
    waiting = desk.send("POST", "/api/v1/logins/token", json={"secret": begun["secret"]})
    assert 202 == waiting.status_code


def test_browsers_send_the_origin_of_our_own_form(desk: Desk) -> None:
    """With the policy of all other answers they would send "null", which is refused."""
    assert "same-origin" == desk.send("GET", "/login").headers["referrer-policy"]


def test_a_token_confirms_no_more_than_it_may_itself(desk: Desk) -> None:
    desk.account("ada")
    reader = desk.hub.accounts.issue("ada", label="", scope=Scope.READ)[1]
    begun = _begun(desk)

    assert 403 == _confirmed(desk, code=begun["code"], token=reader).status_code
    assert (
        403
        == _confirmed(
            desk, code=_begun(desk, "admin")["code"], token=desk.tokens["ada"]
        ).status_code
    )


def test_a_form_without_its_fields_is_told_so(desk: Desk) -> None:
    assert 401 == _confirmed(desk).status_code
    assert 401 == _confirmed(desk, code="x" * 5000, token="y" * 5000).status_code
