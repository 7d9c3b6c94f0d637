"""Evidence that was handed in before."""

from __future__ import annotations

import pytest

from commons.casts import REPO, Cast, refusal, write_rows
from wasteland.commons import queries
from wasteland.commons.evidence.reuse import finding, reused
from wasteland.hosts.local import LocalHost
from wasteland.protocol.errors import Conflict, Invalid
from wasteland.protocol.records import Completion
from wasteland.protocol.schema import Value

DIGEST = "ab" * 32
LONG = "I measured the relay with and without retries; the log is in the channel."
STORED = (
    "https://github.com/acme/relay/pull/12",
    "http://www.GitHub.com:80/Acme/Relay/pull/12/files, and the tests pass",
    "https://github.com/%61cme/relay/pull/%31%32",
    "https://github.com/acme/relay/pull/123",
    "https://github.com/acme/other/pull/12",
    "https://github.com/acme/relay/commit/AB12CD34" + "ab" * 16,
    f"https://files.example/log#sha256={DIGEST.upper()}",
    "https://Example.ORG/a_b/?utm_source=mail",
    LONG.upper(),
    "All done.",
    "100 % done",
    None,
)
CASES: list[tuple[str, list[str]]] = [
    ("https://github.com/acme/relay/issues/12 is fixed", ["c-00", "c-01", "c-02"]),
    ("https://github.com/acme/relay/pull/1", []),
    ("https://github.com/eve/relay/commit/ab12cd34" + "AB" * 16, ["c-05"]),
    ("https://github.com/acme/relay/commit/ab12cd3", ["c-05"]),
    (f"file:sha256:{DIGEST}/log.txt", ["c-06"]),
    ("http://example.org/a_b", ["c-07"]),
    ("http://example.org/aXb", []),
    (f"  {LONG}\n", ["c-08"]),
    ("All done.", []),
    ("see https://new.example/ and https://github.com/acme/other/pull/12", ["c-04"]),
]


@pytest.fixture
def commons(host: LocalHost) -> queries.Query:
    """Main with one completion for each of STORED: c-00, c-01, and so on."""
    engine = host.engine(REPO)
    rows: list[dict[str, Value]] = [
        {"id": f"c-{n:02}", "wanted_id": "w-1", "completed_by": "eve", "evidence": text}
        for n, text in enumerate(STORED)
    ]
    write_rows(engine, "completions", rows)
    return queries.at(engine)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_same_evidence_is_found_in_whatever_spelling(
    commons: queries.Query, text: str, expected: list[str]
) -> None:
    assert expected == [completion.id for completion in reused(commons, text)]


@pytest.mark.dolt
@pytest.mark.parametrize("host", ["dolt"], indirect=True)
def test_dolt_finds_the_same(commons: queries.Query) -> None:
    found = {text: [completion.id for completion in reused(commons, text)] for text, _ in CASES}

    assert dict(CASES) == found


def test_completion_that_is_asked_about_is_not_found(commons: queries.Query) -> None:
    found = reused(commons, STORED[0] or "", besides="c-00")

    assert ["c-01", "c-02"] == [completion.id for completion in found]


def test_finding_says_who_and_for_what() -> None:
    completion = Completion(id="c-1", wanted_id="w-1", completed_by="eve", evidence="x")

    assert "The same evidence was handed in by eve for w-1 (c-1)." == finding(completion)


def test_second_submission_of_a_rig_for_one_bounty_is_refused(cast: Cast) -> None:
    item = cast.ada.post(title="Find a name", bounty=True).id
    cast.ben.done(item, evidence=LONG)
    cast.max.merge(cast.max.inbox()[0].pull.id)

    assert isinstance(refusal(lambda: cast.ben.done(item, evidence=LONG)), Conflict)


def test_evidence_with_a_password_is_not_handed_in(cast: Cast) -> None:
    item = cast.claimed()
    error = refusal(lambda: cast.ben.done(item, evidence="https://ben:hunter2@example.org/x"))

    assert isinstance(error, Invalid)
    assert "hunter2" not in f"{error} {error.facts}"


def test_evidence_is_stored_as_it_was_written(cast: Cast) -> None:
    item = cast.claimed()
    text = "HTTP://Example.org:80/a/../b?utm_source=x#y\n\nand more"
    cast.ben.done(item, evidence=text)
    cast.max.merge(cast.max.inbox()[0].pull.id)

    found = queries.completions_of(queries.at(cast.engine), item)
    assert [text] == [completion.evidence for completion in found]
