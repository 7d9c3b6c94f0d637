"""What reviewers are told of evidence that was handed in before."""

from __future__ import annotations

from typing import Any

import pytest

from commons.casts import Cast
from wasteland.commons.receipts import Receipt

LINK = "https://github.com/acme/relay/pull/12"
AGAIN = "see http://www.GitHub.com/Acme/Relay/pull/12/files"


def _accepted(cast: Cast, evidence: str = LINK) -> tuple[str, str]:
    """Let ben's work be accepted; return the ids of the item and the completion."""
    item = cast.claimed()
    cast.ben.done(item, evidence=evidence)
    cast.max.accept(item, quality="good")
    (completion,) = cast.max.show(item).completions
    return item, completion.id


def _handed_in(cast: Cast, evidence: str) -> Receipt:
    """Let eve hand in work for an item of her own."""
    item = cast.posted("Another")
    cast.eve.claim(item)
    return cast.eve.done(item, evidence=evidence)


def test_evidence_of_another_item_is_found_wherever_the_work_is_looked_at(cast: Cast) -> None:
    item, completion = _accepted(cast)
    offered = _handed_in(cast, AGAIN)
    told = [f"The same evidence was handed in by ben for {item} ({completion})."]

    assert told == [*cast.max.review(offered.pull).findings]
    assert [told] == [[*found.findings] for found in cast.max.inbox()]
    assert told == [*cast.max.show(offered.id).findings]


def test_a_finding_refuses_nothing(cast: Cast) -> None:
    _accepted(cast)
    offered = _handed_in(cast, LINK)

    assert cast.max.review(offered.pull).allowed
    assert "merged" == cast.max.accept(offered.id, quality="good").state


def test_fresh_evidence_has_no_findings(cast: Cast) -> None:
    _accepted(cast)
    offered = _handed_in(cast, "https://github.com/acme/relay/pull/13")

    assert [] == [*cast.max.review(offered.pull).findings]
    assert [] == [*cast.max.show(offered.id).findings]


def test_work_that_comes_again_from_the_same_rig_for_the_same_item_is_no_finding(
    cast: Cast,
) -> None:
    item = cast.claimed()
    cast.ben.done(item, evidence=LINK)
    cast.max.reject(item, reason="Add a test")
    offered = cast.ben.done(item, evidence=LINK)

    assert [] == [*cast.max.review(offered.pull).findings]


def test_work_that_was_accepted_is_not_searched_for_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read costs a search among all evidence only where something waits for review."""
    item, _ = _accepted(cast)
    asked: list[str] = []
    read = cast.engine.read

    def noted(sql: str, *rest: Any, **named: Any) -> Any:
        asked.append(sql)
        return read(sql, *rest, **named)

    monkeypatch.setattr(cast.engine, "read", noted)

    assert [] == [*cast.max.show(item).findings]
    assert asked
    assert not any("LIKE" in sql for sql in asked)
