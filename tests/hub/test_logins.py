"""Signing in from a program without a browser, and what tokens may make of themselves."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from hub.desks import API, V1, Desk, pull_body
from wasteland.hub.accounts import LOGIN_LIFETIME_S
from wasteland.hub.tokens import Scope

LOGINS = "/api/v1/logins"
TOKENS = "/api/v1/tokens"


def _begin(desk: Desk, scope: str = "write") -> dict[str, Any]:
    found: dict[str, Any] = desk.ok("POST", LOGINS, json={"label": "laptop", "scope": scope})
    return found


def _finish(desk: Desk, begun: dict[str, Any]) -> Any:
    return desk.send("POST", f"{LOGINS}/token", json={"secret": begun["secret"]})


def _confirm(desk: Desk, begun: dict[str, Any], who: str) -> Any:
    return desk.send("POST", f"{LOGINS}/confirm", who, json={"code": begun["code"]})


def test_a_program_gets_a_token_once_somebody_has_confirmed_its_code(desk: Desk) -> None:
    begun = _begin(desk)

    waiting = _finish(desk, begun)
    confirmed = _confirm(desk, begun, "acme").json()
    issued = _finish(desk, begun)
    again = _finish(desk, begun)

    assert (202, {"status": "pending"}) == (waiting.status_code, waiting.json())
    assert int(waiting.headers["retry-after"]) == begun["interval_s"]
    assert {"label": "laptop", "scope": "write", "account": "acme"} == confirmed
    assert 200 == issued.status_code
    assert "no-store" == issued.headers["cache-control"]
    desk.tokens["program"] = issued.json()["token"]
    assert "acme" == desk.ok("GET", f"{V1}/user", "program")["username"]
    assert 404 == again.status_code


def test_a_code_is_confirmed_by_one_account_only(desk: Desk) -> None:
    desk.account("eve")
    begun = _begin(desk)

    first, second = _confirm(desk, begun, "acme"), _confirm(desk, begun, "eve")

    assert (200, 409) == (first.status_code, second.status_code)
    assert "acme" == _finish(desk, begun).json()["account"]


def test_a_code_is_read_in_any_case_and_without_its_hyphen(desk: Desk) -> None:
    begun = _begin(desk)
    code = begun["code"].replace("-", " ").lower()

    assert 200 == desk.send("POST", f"{LOGINS}/confirm", "acme", json={"code": code}).status_code


def test_an_unknown_code_and_an_unknown_secret_are_not_found(desk: Desk) -> None:
    assert 404 == _confirm(desk, {"code": "BCDF-GHJK"}, "acme").status_code
    assert 404 == _finish(desk, {"secret": "x"}).status_code


def test_a_code_ends_after_a_quarter_of_an_hour(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, confirmed = _begin(desk), _begin(desk)
    _confirm(desk, confirmed, "acme")
    later = desk.hub.host.now() + timedelta(seconds=LOGIN_LIFETIME_S + 1)
    monkeypatch.setattr(desk.hub.accounts, "_clock", lambda: later)

    assert 404 == _confirm(desk, begun, "acme").status_code
    assert 404 == _finish(desk, confirmed).status_code


def test_an_account_that_was_disabled_after_it_confirmed_lets_nobody_in(desk: Desk) -> None:
    desk.account("eve")
    begun = _begin(desk)
    _confirm(desk, begun, "eve")
    desk.hub.accounts.disable("eve")

    assert 403 == _finish(desk, begun).status_code
    assert 404 == _finish(desk, begun).status_code


def test_nobody_confirms_without_a_token_or_for_more_than_their_own_token_may(desk: Desk) -> None:
    desk.account("root", is_admin=True)
    desk.tokens["reader"] = _issued(desk, "acme", Scope.READ)

    assert 401 == _confirm(desk, _begin(desk), "").status_code
    assert 403 == _confirm(desk, _begin(desk), "reader").status_code
    assert 403 == _confirm(desk, _begin(desk, "admin"), "acme").status_code
    assert 403 == _confirm(desk, _begin(desk, "admin"), "root").status_code


@pytest.mark.parametrize("limits", [{"rig": "mia"}, {"lifetime": timedelta(days=1)}])
def test_a_token_that_is_less_than_its_account_lets_no_program_sign_in(
    desk: Desk, limits: dict[str, Any]
) -> None:
    desk.tokens["less"] = _issued(desk, "acme", Scope.WRITE, **limits)

    assert 403 == _confirm(desk, _begin(desk), "less").status_code


def test_secrets_of_logins_are_kept_as_digests(desk: Desk) -> None:
    begun = _begin(desk)

    with sqlite3.connect(desk.hub.host.root / "hub.db") as connection:
        rows = str(connection.execute("SELECT * FROM logins").fetchall())
    assert begun["code"] in rows
    assert begun["secret"] not in rows


# --- tokens that make tokens


def test_a_token_is_made_shown_once_listed_and_revoked(desk: Desk) -> None:
    made = desk.ok("POST", TOKENS, "acme", json={"label": "bot", "scope": "read"})
    desk.tokens["bot"] = made["token"]

    listed = desk.ok("GET", TOKENS, "bot")["items"]
    before = desk.send("GET", f"{V1}/user", "bot").status_code
    desk.ok("DELETE", f"{TOKENS}/{made['id']}", "acme")
    after = desk.send("GET", f"{V1}/user", "bot").status_code

    assert "bot" in {token["label"] for token in listed}
    assert made["token"].rpartition(".")[2] not in str(listed)
    assert (200, 401) == (before, after)


@pytest.mark.parametrize("scope", ["write", "admin"])
def test_no_token_makes_one_for_more(desk: Desk, scope: str) -> None:
    desk.tokens["less"] = _issued(desk, "acme", Scope.WRITE if scope == "admin" else Scope.READ)

    assert 403 == desk.send("POST", TOKENS, "less", json={"scope": scope}).status_code


def test_the_token_of_a_rig_makes_tokens_of_that_rig_only(desk: Desk) -> None:
    desk.tokens["bot"] = _issued(desk, "acme", Scope.WRITE, rig="bot")

    same = desk.ok("POST", TOKENS, "bot", json={"scope": "write"})
    other = desk.send("POST", TOKENS, "bot", json={"scope": "write", "rig": "mia"})

    assert "bot" == same["rig"]
    assert 403 == other.status_code


def test_a_token_that_expires_makes_none_that_outlives_it(desk: Desk) -> None:
    desk.tokens["short"] = _issued(desk, "acme", Scope.WRITE, lifetime=timedelta(days=2))
    (own,) = (t.expires_at for t in desk.hub.accounts.tokens("acme") if t.expires_at)

    lasting = desk.ok("POST", TOKENS, "short", json={"scope": "read"})
    longer = desk.ok("POST", TOKENS, "short", json={"scope": "read", "expires_in_days": 30})
    shorter = desk.ok("POST", TOKENS, "short", json={"scope": "read", "expires_in_days": 1})

    ends = [made["expires_at"] for made in (lasting, longer, shorter)]
    assert ends[0] == ends[1] == f"{own:%Y-%m-%dT%H:%M:%SZ}"
    assert ends[2] < ends[0]


# --- a token acts as its rig and as no other


def test_the_token_of_a_rig_writes_and_offers_that_rigs_branches_only(desk: Desk) -> None:
    """Whatever the branch is called: what is on it lands as the rig that it names."""
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    desk.tokens["bot"] = _issued(desk, "ada", Scope.WRITE, rig="bot")
    claim = f"UPDATE wanted SET claimed_by='ada', status='claimed' WHERE id='{item}'"
    path = f"{V1}/ada/board/write/main"

    for branch in (f"wl/ada/{item}", "feature"):
        refused = desk.send(
            "POST", f"{path}/{branch.replace('/', '%2F')}", "bot", params={"q": claim}
        )
        assert (403, "acts as bot only") == (
            refused.status_code,
            _found(refused, "acts as bot only"),
        )
    desk.write("ada", f"wl/ada/{item}", claim)
    body = pull_body("ada", f"wl/ada/{item}")
    offered = desk.send("POST", f"{V1}/acme/board/pulls", "bot", json=body)

    assert 403 == offered.status_code
    assert [{"status": "open"}] == desk.rows(f"SELECT status FROM wanted WHERE id='{item}'")


def _found(answer: Any, words: str) -> str:
    return words if words in answer.text else str(answer.text)


@pytest.mark.parametrize("rig", ["zoe", "ada"])
def test_nobody_acts_as_a_rig_that_is_not_theirs_by_a_header(desk: Desk, rig: str) -> None:
    for who in ("ada", "zoe"):
        desk.account(who)
        desk.join(who)
    other = {"zoe": "ada", "ada": "zoe"}[rig]
    item = desk.post()
    header = {"x-wasteland-rig": rig}
    pull = _waiting(desk, other, item)
    pulls = f"{V1}/acme/board/pulls/{pull}"
    tries = [
        ("POST", f"{API}/wanted", {"title": "x"}),
        ("POST", f"{API}/wanted/{item}/claim", {}),
        ("POST", f"{API}/pulls/{pull}/comments", {"body": "x"}),
        ("POST", f"{API}/pulls/{pull}/merge", {}),
        ("GET", f"{API}/me", None),
        ("POST", f"{pulls}/comments", {"comment": "x"}),
        ("POST", f"{pulls}/merge", None),
        ("POST", f"{pulls}/reviews", {"verdict": "approved"}),
        ("PATCH", f"{pulls}", {"state": "closed"}),
        ("GET", f"{pulls}", None),
        ("POST", f"/api/v2/databases/acme/board/pulls/{pull}/comments", {"body": "x"}),
        ("POST", f"/api/v2/databases/acme/board/pulls/{pull}/merge", None),
    ]

    found = {
        f"{method} {path}": desk.send(method, path, other, json=body, headers=header).status_code
        for method, path, body in tries
    }
    assert {403} == set(found.values()), found
    assert "open" == desk.ok("GET", f"/api/v2/databases/acme/board/pulls/{pull}")["data"]["state"]


def _waiting(desk: Desk, who: str, item: str) -> str:
    """Return the number of a pull request that waits."""
    branch = f"wl/{who}/{item}"
    desk.write(
        who, branch, f"UPDATE wanted SET claimed_by='{who}', status='claimed' WHERE id='{item}'"
    )
    desk.offer(who, branch)
    desk.write(
        who,
        branch,
        "INSERT INTO completions (id, wanted_id, completed_by, evidence, completed_at) VALUES "
        f"('c-0123456789abcdef', '{item}', '{who}', 'https://example.org/1', NOW())",
    )
    return str(desk.offer(who, branch).json()["pull_id"])


def _issued(desk: Desk, account: str, scope: Scope, **limits: Any) -> str:
    return desk.hub.accounts.issue(account, label="", scope=scope, **limits)[1]
