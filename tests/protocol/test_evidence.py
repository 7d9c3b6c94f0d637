"""Evidence in many spellings, and what is not accepted as evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.errors import Invalid
from wasteland.protocol.evidence import Evidence, Kind, accepted, file_reference, read, read_all

DIGEST = "ab" * 32

SAME = {
    "https://github.com/org/repo/pull/12": [
        "https://github.com/org/repo/pull/12",
        "HTTPS://GitHub.com/Org/Repo/pull/12/",
        "http://www.github.com:80/org/repo/pull/12",
        "https://github.com./org/repo/pull/12/files?w=1#diff-7",
        "https://github.com/org/repo/pull/12.diff",
        "https://github.com/org//repo/./pull/12#issuecomment-1",
        "https://github.com/org/repo/issues/12",
        "https://api.github.com/repos/org/repo/pulls/12",
        "Fixed, see (https://github.com/org/repo/pull/12).",
        "[the request](https://github.com/org/repo/pull/12)",
        "https://github.com/org/%72epo/pull/12?utm_source=x",
    ],
    "https://gitlab.com/a/b/c/-/merge_requests/3": [
        "https://gitlab.com/a/b/c/-/merge_requests/3/diffs",
        "https://gitlab.com/A/B/c/merge_requests/3",
    ],
    "https://codeberg.org/a/b/pulls/9": [
        "https://codeberg.org/A/b/pulls/9/files",
        "https://codeberg.org/api/v1/repos/a/b/pulls/9",
    ],
    "https://bitbucket.org/a/b/pull-requests/4": ["https://bitbucket.org/a/b/pull-requests/4/fix"],
    "https://dolthub.com/repositories/hop/wl-commons/pulls/7": [
        "https://www.dolthub.com/repositories/hop/wl-commons/pulls/7",
        "https://www.dolthub.com/api/v1alpha1/hop/wl-commons/pulls/7",
    ],
    "https://git.example:8443/a/b/pull/5": [
        "https://git.example:8443/a/b/pull/5",
        "https://git.example:8443/api/v3/repos/a/b/pulls/5",
    ],
}


@pytest.mark.parametrize(
    ("text", "canonical"), [(text, key) for key, texts in SAME.items() for text in texts]
)
def test_pull_request_is_the_same_in_every_spelling(text: str, canonical: str) -> None:
    found = read(text)

    assert (Kind.PULL_REQUEST, canonical) == (found.kind, found.canonical)


@pytest.mark.parametrize(
    ("text", "kind", "canonical"),
    [
        (
            "https://github.com/a/b/commit/ABCDEF1",
            Kind.COMMIT,
            "https://github.com/a/b/commit/abcdef1",
        ),
        (
            "https://github.com/a/b/pull/3/commits/abcdef1",
            Kind.COMMIT,
            "https://github.com/a/b/commit/abcdef1",
        ),
        (
            "https://gitlab.com/a/b/c/-/commit/abcdef1",
            Kind.COMMIT,
            "https://gitlab.com/a/b/c/commit/abcdef1",
        ),
        ("A" * 40, Kind.COMMIT, "git:" + "a" * 40),
        (
            "https://github.com/a/b/actions/runs/77/job/5",
            Kind.CI_RUN,
            "https://github.com/a/b/actions/runs/77",
        ),
        ("https://gitlab.com/a/b/-/jobs/8", Kind.CI_RUN, "https://gitlab.com/a/b/-/jobs/8"),
        ("https://example.org/a/../b/?b=2&a=%7e#top", Kind.URL, "https://example.org/b?a=~&b=2"),
        ("https://github.com/org/repo", Kind.URL, "https://github.com/org/repo"),
        ("https://github.com/org/repo/pull/0", Kind.URL, "https://github.com/org/repo/pull/0"),
        ("https://example.org/company/jobs/8", Kind.URL, "https://example.org/company/jobs/8"),
        ("https://a.example/#/page", Kind.URL, "https://a.example#/page"),
        ("https://a.example/x.intoto.jsonl", Kind.ATTESTATION, "https://a.example/x.intoto.jsonl"),
        (f"attestation:sha256:{DIGEST}", Kind.ATTESTATION, f"sha256:{DIGEST}"),
        (f"file:sha256:{DIGEST.upper()}/log.txt", Kind.FILE, f"sha256:{DIGEST}"),
        ("hop://Org/db/wanted/w-1", Kind.RECORD, "hop://org/db/wanted/w-1"),
        ("beads://github/org/repo/bd-1", Kind.RECORD, "beads://github/org/repo/bd-1"),
        ("done", Kind.TEXT, ""),
        ("hop://", Kind.TEXT, ""),
        ("javascript:alert(1)", Kind.TEXT, ""),
        ("https://u:p@example.org/", Kind.TEXT, ""),
    ],
)
def test_evidence_is_read_as_what_it_is(text: str, kind: Kind, canonical: str) -> None:
    found = read(text)

    assert (kind, canonical) == (found.kind, found.canonical)


def test_evidence_names_its_parts() -> None:
    url = "https://GitHub.com/Org/Repo/pull/12"

    assert Evidence(
        Kind.PULL_REQUEST,
        "https://github.com/org/repo/pull/12",
        url=url,
        host="github.com",
        project="org/repo",
        id="12",
    ) == read(url)


@pytest.mark.parametrize(
    "text", [f"https://a.example/x#sha256={DIGEST}", f"https://a.example/x sha256:{DIGEST.upper()}"]
)
def test_digest_belongs_to_the_address_before_it(text: str) -> None:
    found = read(text)

    assert ("https://a.example/x", DIGEST) == (found.canonical, found.digest)
    assert found.identities & read(f"file:sha256:{DIGEST}/x").identities


def test_every_piece_is_found_once_and_in_order() -> None:
    text = (
        "https://github.com/a/b/pull/1 with https://github.com/a/b/actions/runs/2, "
        f"file:sha256:{DIGEST}/log.txt and again https://github.com/A/b/pull/1/files"
    )

    assert [Kind.PULL_REQUEST, Kind.CI_RUN, Kind.FILE] == [e.kind for e in read_all(text)]


def test_commit_is_known_by_the_beginning_of_its_hash_and_in_a_fork() -> None:
    whole = read("https://github.com/a/b/commit/" + "ab12" * 10)
    short = read("https://github.com/a/b/commit/ab12ab12")
    fork = read("https://github.com/eve/b/commit/" + "ab12" * 10)
    other = read("https://github.com/a/b/commit/ab12ab99")

    assert whole.identities & short.identities
    assert whole.identities & fork.identities
    assert whole.identities & read("ab12" * 10).identities
    assert not fork.identities & other.identities


def test_text_is_known_by_its_words_once_it_is_long_enough() -> None:
    text = "I measured the relay with and without retries; the log is in the channel."

    assert read(text).canonical == read(f"  {text.upper()}\n").canonical
    assert read(text).canonical.startswith("text:")
    assert frozenset() == read("All done.").identities


def test_mail_address_of_a_hop_uri_is_not_told() -> None:
    assert "alice" not in read("hop://alice@example.com/chain/rig/id").canonical


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    assert read_all(text)


@given(st.sampled_from([text for texts in SAME.values() for text in texts]))
def test_canonical_address_reads_as_itself(text: str) -> None:
    canonical = read(text).canonical

    assert canonical == read(canonical).canonical


@pytest.mark.parametrize(
    "text",
    [
        "https://ada:hunter2@example.org/log",
        "see https://token@example.org/",
        "file:sha256:abc/log.txt",
        "file:sha1:" + "a" * 40,
        "https://example.org/x#sha256=abc",
    ],
)
def test_evidence_that_is_clearly_wrong_is_not_accepted(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        accepted(text)
    assert "hunter2" not in f"{refused.value} {refused.value.facts}"


@pytest.mark.parametrize(
    "text",
    [
        "  two lines\n\tstay as they are  ",
        "mail me at ada@example.org about https://example.org/@ada",
        f"https://example.org/x#sha256={DIGEST}.",
        "sha256: see the log",
        "<script>",
    ],
)
def test_accepted_evidence_is_stored_as_it_was_written(text: str) -> None:
    assert text == accepted(text)


def test_file_reference_can_be_read_whatever_the_file_is_called() -> None:
    for name in ("log.txt", "../../etc/passwd", "ä b\n", "", "x" * 300):
        found = read(file_reference(DIGEST, name))

        assert (Kind.FILE, DIGEST) == (found.kind, found.digest)
        assert "/" not in found.name
        assert found.name
