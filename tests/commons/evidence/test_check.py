"""What a look at evidence finds."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commons.outgoing.servers import LOOPBACK, Names, Receiver, Script, redirect, reply
from wasteland.commons.evidence.check import State, Verdict, check, worst
from wasteland.commons.evidence.files import FOLDER, Files
from wasteland.commons.evidence.store import open_store
from wasteland.commons.outgoing.client import Outgoing
from wasteland.protocol.evidence import Evidence, read

REPO = "acme/board"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CONTENT = b"the log of the run"
DIGEST = hashlib.sha256(CONTENT).hexdigest()

OUTGOING = Outgoing(
    enabled=True,
    allow=["log.test"],
    resolver=Names(log_test=[[LOOPBACK]], inside_test=[["10.0.0.1"]]),
)


def _look(evidence: Evidence, files: Files | None = None) -> Verdict:
    found = check(evidence, OUTGOING, files, repo=REPO, at=NOON)
    assert NOON == found.checked_at
    return found.state


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (reply(200, CONTENT), Verdict.OK),
        (reply(204, b""), Verdict.OK),
        (redirect("/again"), Verdict.UNREACHABLE),
        (reply(404), Verdict.MISSING),
        (reply(410), Verdict.MISSING),
        (reply(401), Verdict.UNCHECKED),
        (reply(403), Verdict.UNCHECKED),
        (reply(429), Verdict.UNREACHABLE),
        (reply(500), Verdict.UNREACHABLE),
    ],
)
def test_address_is_judged_by_what_its_server_says(script: Script, expected: Verdict) -> None:
    with Receiver([script]).running() as server:
        assert expected == _look(read(server.url("log.test", "/x")))


@pytest.mark.parametrize(
    ("digest", "expected"), [(DIGEST, Verdict.OK), ("0" * 64, Verdict.CHANGED)]
)
def test_content_is_compared_with_the_digest_that_was_handed_in(
    digest: str, expected: Verdict
) -> None:
    with Receiver([reply(200, CONTENT)]).running() as server:
        assert expected == _look(read(f"{server.url('log.test', '/x')}#sha256={digest}"))


def test_server_that_is_down_is_unreachable() -> None:
    with Receiver([reply()]).running() as server:
        url = server.url("log.test", "/x")

    assert Verdict.UNREACHABLE == _look(read(url))


@pytest.mark.parametrize(
    "text",
    [
        "All done.",
        "a" * 40,
        "hop://org/db/wanted/w-1",
        f"attestation:sha256:{DIGEST}",
        "http://inside.test/metadata",
        "http://127.0.0.1/",
    ],
)
def test_what_cannot_be_checked_here_is_unchecked_and_says_why(text: str) -> None:
    found = check(read(text), OUTGOING, None, repo=REPO, at=NOON)

    assert Verdict.UNCHECKED == found.state
    assert found.detail.endswith(".")


def test_address_is_unchecked_where_the_operator_allows_no_requests() -> None:
    found = check(read("https://log.test/"), Outgoing(enabled=False), None, repo=REPO, at=NOON)

    expected = "The operator of this host allows no outgoing requests."
    assert State(NOON, Verdict.UNCHECKED, expected) == found


def test_uploaded_file_holds_until_somebody_changes_it(tmp_path: Path) -> None:
    files = Files(tmp_path, open_store(tmp_path))
    upload = files.add(REPO, "log.txt", [CONTENT], account="ada", at=NOON)
    evidence = read(upload.reference)

    assert Verdict.OK == _look(evidence, files)
    assert Verdict.UNCHECKED == _look(evidence, None)
    assert Verdict.MISSING == _look(read(f"file:sha256:{'0' * 64}/x"), files)

    stored = tmp_path / FOLDER / DIGEST[:2] / DIGEST
    stored.write_bytes(b"something else")
    assert Verdict.CHANGED == _look(evidence, files)


def test_worst_is_what_a_reviewer_must_see_first() -> None:
    states = [State(NOON, verdict) for verdict in (Verdict.OK, Verdict.MISSING, Verdict.UNCHECKED)]

    assert Verdict.MISSING == worst(states).state
