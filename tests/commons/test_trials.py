"""Rules tried on the past, before they are stated."""

from __future__ import annotations

import pytest

from commons.casts import Cast
from wasteland.commons.trials import PastChange
from wasteland.protocol import policy
from wasteland.protocol.errors import Invalid, Stale, TrustTooLow
from wasteland.protocol.trials import Outcome


def _told(changes: list[PastChange]) -> list[tuple[str, str, str, str]]:
    return [(one.title.split(":")[0], one.rig, one.before, one.after) for one in changes]


@pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)
def test_a_stricter_rule_tells_what_it_would_have_refused_and_why(cast: Cast) -> None:
    cast.claimed()
    before = cast.world()

    found = cast.max.try_rule("claim", "trust:2")

    assert [("wl claim", "ben", "lands", "refused")] == _told(list(found.changes))
    assert "trust 1" in found.changes[0].reason
    assert (1, 1) == (found.refused["claim"], found.counts["claim"])
    assert before == cast.world()


def test_a_rule_as_it_is_makes_no_difference(cast: Cast) -> None:
    item = cast.submitted()
    cast.max.accept(item, quality="good")

    found = cast.max.try_rule("claim", cast.max.policy().text("claim"))

    assert [] == found.changes
    assert 0 < found.counts["accept"]


def test_an_acceptance_is_tried_as_the_reviewers_although_it_brought_work_along(
    cast: Cast,
) -> None:
    cast.max.trust("ada", 2)
    item = cast.max.post(title="Work").id
    cast.ben.claim(item)
    cast.ben.done(item, evidence="https://example.org/1")
    cast.ada.accept(item, quality="good")

    found = cast.max.try_rule("accept", "trust:3")

    assert [("wl accept", "ada", "lands", "refused")] == _told(list(found.changes))


def test_a_pull_request_that_was_refused_shows_up_once_a_rule_would_let_it_pass(
    cast: Cast,
) -> None:
    cast.max.set_rule("post", "trust:2")
    cast.max.set_rule("merge_at_once", "none")
    cast.max.trust("ada", 2)
    cast.ada.post(title="Waits")
    cast.max.trust("ada", 1)

    found = cast.max.try_rules({"merge_at_once": "post"})

    waiting = [one for one in found.changes if one.pull]
    assert [(Outcome.WAITS, Outcome.LANDS)] == [(one.before, one.after) for one in waiting]


def test_a_lower_cap_counts_as_it_was_at_the_time(cast: Cast) -> None:
    for _ in range(2):
        cast.claimed()

    found = cast.max.try_rule("claims_cap", "0:0,1:1,2:10")

    assert 1 == len(found.changes)
    assert "1 open claims at once" in found.changes[0].reason


def test_what_no_row_shows_is_said_to_be_unseen(cast: Cast) -> None:
    cast.claimed()

    found = cast.max.try_rules({"lease_hours": "12", "review": "trust:3"})

    assert (["lease_hours", "review"], []) == (list(found.unseen), list(found.changes))


def test_the_past_is_looked_at_up_to_a_bound_that_is_told(cast: Cast) -> None:
    for _ in range(4):
        cast.posted()

    part = cast.max.try_rule("post", "trust:2", last=3)
    whole = cast.max.try_rule("post", "trust:2")

    assert (3, False) == (part.tried, part.is_whole)
    assert (3, True) == (len(part.changes), whole.is_whole)
    assert 4 == len(whole.changes)


def test_nothing_is_tried_of_a_rule_that_cannot_be(cast: Cast) -> None:
    with pytest.raises(Invalid):
        cast.max.try_rule("claim", "trust:9")
    with pytest.raises(Invalid):
        cast.max.try_rule("claim", "trust:2", last=0)


def test_several_rules_are_one_commit_and_an_empty_one_is_the_presets_again(cast: Cast) -> None:
    cast.max.set_rules({"post": "trust:2", "lease_hours": "24"})

    cast.max.set_rules({"post": None, "lease_hours": "48"})

    found = cast.max.policy()
    assert ("trust:1", "preset open") == (found.text("post"), found.origin("post"))
    assert 48 == found.lease_hours
    assert "wl policy: lease_hours, post" == cast.engine.log(limit=1)[0].message.splitlines()[0]


def test_rules_that_changed_meanwhile_are_not_overwritten(cast: Cast) -> None:
    seen = policy.digest({"policy.preset": "open", "valence_scale": "1"})
    cast.max.set_rule("post", "trust:2")
    head = cast.engine.head()

    with pytest.raises(Stale):
        cast.max.set_rules({"post": "trust:3"}, seen=seen)
    assert head == cast.engine.head()


def test_the_name_of_a_commons_is_a_setting_that_maintainers_state(cast: Cast) -> None:
    cast.max.set_rule(policy.NAME_KEY, "Dry Lake Commons")

    with pytest.raises(TrustTooLow):
        cast.ada.set_rule(policy.NAME_KEY, "Mine")
    with pytest.raises(Invalid):
        cast.max.set_rule(policy.NAME_KEY, " ")
    assert [{"value": "Dry Lake Commons"}] == cast.engine.read(
        "SELECT `value` FROM `_meta` WHERE `key` = 'wasteland_name'"
    )
