"""Evidence as files over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.desks import API, BOARD, Desk, hide
from wasteland.commons.evidence.check import State, Verdict
from wasteland.commons.evidence.files import LIMIT_BYTES
from wasteland.hub.hub import BODY_LIMIT_BYTES
from wasteland.hub.tokens import Scope

EVIDENCE = f"{API}/evidence"
LOG = b"42 passed\n" * 20_000


@pytest.fixture
def joined(desk: Desk) -> Desk:
    """A hub with the rigs mia and ada, and the account eve without a rig."""
    desk.account("ada")
    desk.join("ada")
    desk.account("eve")
    return desk


def test_what_is_uploaded_is_handed_in_by_name_and_comes_back_as_it_was(joined: Desk) -> None:
    made = joined.send("POST", EVIDENCE, "ada", content=LOG, params={"name": "../a log.txt"})
    digest = hashlib.sha256(LOG).hexdigest()

    assert 201 == made.status_code
    assert {
        "evidence": f"file:sha256:{digest}/.._a_log.txt",
        "digest": digest,
        "name": ".._a_log.txt",
        "size_bytes": len(LOG),
    } == made.json()
    item = joined.post()
    joined.ok("POST", f"{API}/wanted/{item}/claim", "ada")
    body = {"evidence": made.json()["evidence"]}
    assert "pending" == joined.ok("POST", f"{API}/wanted/{item}/done", "ada", json=body)["state"]
    assert LOG == joined.send("GET", f"{EVIDENCE}/{digest}").content


def test_a_download_is_bytes_that_no_browser_runs(joined: Desk) -> None:
    page = b"<script>alert(1)</script>"
    digest = joined.ok("POST", EVIDENCE, "ada", content=page)["digest"]

    got = joined.send("GET", f"{EVIDENCE}/{digest}", params={"name": 'x".html\r\nSet-Cookie: a=b'})

    assert page == got.content
    assert "application/octet-stream" == got.headers["content-type"]
    assert "default-src 'none'; sandbox" == got.headers["content-security-policy"]
    assert 'attachment; filename="x_.html__Set-Cookie__a_b"' == got.headers["content-disposition"]
    assert "set-cookie" not in got.headers
    again = {"if-none-match": got.headers["etag"]}
    assert 304 == joined.send("GET", f"{EVIDENCE}/{digest}", headers=again).status_code


def test_who_has_no_rig_that_may_submit_uploads_nothing(joined: Desk) -> None:
    joined.tokens["reader"] = joined.hub.accounts.issue("ada", label="", scope=Scope.READ)[1]
    statuses = {
        who: joined.send("POST", EVIDENCE, who, content=b"x").status_code
        for who in ("", "eve", "reader", "ada")
    }
    stranger = {"x-wasteland-rig": "mia"}

    assert {"": 401, "eve": 422, "reader": 403, "ada": 201} == statuses
    refused = joined.send("POST", EVIDENCE, "ada", content=b"x", headers=stranger)
    assert 403 == refused.status_code


def test_a_private_commons_gives_its_files_to_its_readers_alone(joined: Desk) -> None:
    digest = joined.ok("POST", EVIDENCE, "ada", content=b"secret plan")["digest"]
    joined.account("acme-friend")
    hide(joined)

    for who in ("", "eve", "ada"):
        assert 404 == joined.send("GET", f"{EVIDENCE}/{digest}", who).status_code
    assert 404 == joined.send("POST", EVIDENCE, "ada", content=b"x").status_code
    assert b"secret plan" == joined.send("GET", f"{EVIDENCE}/{digest}", "acme").content


def test_a_file_of_another_commons_is_not_found(joined: Desk) -> None:
    joined.ok("POST", "/api/v1/commons", "ada", json={"owner": "ada", "name": "own"})
    digest = joined.ok("POST", EVIDENCE, "ada", content=b"x")["digest"]

    elsewhere = f"/api/v1/commons/ada/own/evidence/{digest}"
    assert 404 == joined.send("GET", elsewhere, "ada").status_code
    for name in ("0" * 64, digest.upper(), "..%2F..%2Fhub.db", "x"):
        assert 404 == joined.send("GET", f"{EVIDENCE}/{name}").status_code


def test_a_file_that_is_too_large_is_refused_and_not_kept(joined: Desk, tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(LIMIT_BYTES // 65_536 + 1):
            yield bytes(65_536)

    refused = joined.send("POST", EVIDENCE, "ada", content=endless())
    largest = joined.send("POST", EVIDENCE, "ada", content=bytes(LIMIT_BYTES))

    assert (413, "limit_reached") == (refused.status_code, refused.json()["code"])
    assert 201 == largest.status_code
    assert 1 == len([p for p in (tmp_path / "host" / ".evidence").rglob("*") if p.is_file()])


def test_an_empty_file_is_no_evidence(joined: Desk) -> None:
    assert 422 == joined.send("POST", EVIDENCE, "ada", content=b"").status_code


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/commons/acme/board%2Fevidence",
        "/api/v1/commons/acme%2Fboard/x/evidence",
        "/api/v1/commons/acme/board/wanted",
        f"{EVIDENCE}/x",
    ],
)
def test_no_other_route_reads_large_bodies(joined: Desk, path: str) -> None:
    """An escaped slash makes one route's path look like another's to whoever does not heed it."""
    method = "PATCH" if path.endswith("%2Fevidence") else "POST"
    refused = joined.send(method, path, "ada", content=bytes(BODY_LIMIT_BYTES + 1))

    assert 413 == refused.status_code


def test_an_upload_with_an_idempotency_key_is_not_kept_in_the_answers(joined: Desk) -> None:
    headers = {"idempotency-key": "one"}
    first = joined.ok("POST", EVIDENCE, "ada", content=LOG, headers=headers)

    assert first == joined.ok("POST", EVIDENCE, "ada", content=LOG, headers=headers)
    assert [] == joined.hub._store.read("SELECT * FROM answers WHERE key = 'one'")


def test_what_a_check_found_can_be_read(joined: Desk) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    checks = joined.hub.checks
    checks.note(str(BOARD), [("c-1", "https://x.test/")], at=at)
    (due,) = checks.due(at, limit=1)
    checks.record(due, State(at, Verdict.MISSING, "The server answers 404: it is not there."))

    assert {
        "completion": "c-1",
        "checked_at": "2026-03-01T12:00:00Z",
        "state": "missing",
        "detail": "The server answers 404: it is not there.",
    } == joined.ok("GET", f"{EVIDENCE}/checks/c-1")
    assert 404 == joined.send("GET", f"{EVIDENCE}/checks/c-2").status_code
