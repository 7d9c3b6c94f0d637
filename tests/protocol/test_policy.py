"""What a commons states in ``_meta``, and what holds where it states nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.errors import Invalid
from wasteland.protocol.policy import PRESETS, RULES, Action, Policy, Relation, Who, check_rule


@pytest.mark.requirement("X-11")
def test_a_commons_without_policy_rows_states_none() -> None:
    policy = Policy.from_meta({"schema_version": "1.2", "valence_scale": "5"})

    assert (policy.is_stated, policy.scale) == (False, "5")
    assert policy.origin("post") == "default (no policy stated)"


@pytest.mark.requirement("X-11")
def test_a_rule_comes_from_the_commons_or_from_its_preset() -> None:
    policy = Policy.from_meta({"policy.preset": "team", "policy.post": "trust:1|claimer"})

    assert policy.text("post") == "trust:1|claimer"
    assert policy.origin("post") == "_meta policy.post"
    assert policy.text("merge") == "trust:3"
    assert policy.origin("merge") == "preset team"


@pytest.mark.parametrize("action", Action)
def test_each_rule_can_be_stated(action: Action) -> None:
    policy = Policy.from_meta({f"policy.{action.value}": "nobody"})

    assert policy.who(action) == Who(None)
    assert policy.is_stated
    assert policy.preset == "open"


OTHERS = {
    "mode": ("direct", "direct"),
    "merge_at_once": ("claim", "claim"),
    "lease_hours": ("1", "1"),
    "claims_cap": ("1:none,2:5", "1:none,2:5"),
    "submissions_cap": ("5", "5"),
    "posts_per_day": ("0", "0"),
    "registrations_per_day": ("3", "3"),
    "reports_per_day": ("4", "4"),
    "new_rig_trust": ("0", "0"),
}


@pytest.mark.parametrize("rule", OTHERS)
def test_each_other_rule_can_be_stated(rule: str) -> None:
    written, text = OTHERS[rule]

    assert Policy.from_meta({f"policy.{rule}": f" {written}\n"}).text(rule) == text


def test_every_rule_is_an_action_or_has_a_form_of_its_own() -> None:
    assert set(RULES) == {*(action.value for action in Action), *OTHERS}
    assert all(set(preset) == set(RULES) for preset in PRESETS.values())


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rule", RULES)
def test_a_presets_own_texts_are_in_stored_form(preset: str, rule: str) -> None:
    text = PRESETS[preset][rule]

    assert check_rule(rule, text) == text


BROKEN = ["", " ", "trust:4", "trust:", "trust:2|", "everyone", "nobody|trust:1", "anyone,poster"]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("text", [*BROKEN, None])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_rule_that_cannot_be_read_falls_back_to_the_preset(preset: str, text: str | None) -> None:
    policy = Policy.from_meta({"policy.preset": preset, "policy.accept": text})

    assert policy.text("accept") == PRESETS[preset]["accept"]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("key", ["policy.accept", "policy.colour", "policy.new_rig_trust"])
@pytest.mark.parametrize("text", ["broken", None])
def test_a_commons_whose_only_rule_cannot_be_read_has_a_policy_still(
    key: str, text: str | None
) -> None:
    policy = Policy.from_meta({key: text})

    assert (policy.is_stated, policy.preset) == (True, "open")


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("text", ["teem", "", "Team", None])
def test_a_preset_that_cannot_be_read_is_the_strictest(text: str | None) -> None:
    assert Policy.from_meta({"policy.preset": text}).preset == "team"


@pytest.mark.parametrize("action", Action)
def test_team_is_nowhere_looser_than_open(action: Action) -> None:
    loose, strict = Policy(preset="open").who(action), Policy(preset="team").who(action)

    assert strict.relations <= loose.relations
    if Relation.ANYONE not in loose.relations and strict.trust is not None:
        assert strict.trust >= (loose.trust or 0)


@given(st.dictionaries(st.sampled_from([f"policy.{rule}" for rule in RULES]), st.text()))
def test_nothing_in_meta_keeps_a_policy_from_answering(meta: dict[str, str | None]) -> None:
    policy = Policy.from_meta(meta)

    assert all(isinstance(policy.who(action), Who) for action in Action)
    assert policy.lease_hours > 0
    assert policy.new_rig_trust in {0, 1, 2}
    assert policy.mode in {"pr", "direct"}
    assert all((policy.claims_cap(trust) or 0) >= 0 for trust in range(4))
    assert policy.daily("posts_per_day") >= 0


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("trust:2", Who(2)),
        ("trust:3|poster", Who(3, frozenset({Relation.POSTER}))),
        (" claimer | trust:0 ", Who(0, frozenset({Relation.CLAIMER}))),
        ("anyone", Who(None, frozenset({Relation.ANYONE}))),
        ("trust:3|trust:1", Who(1)),
        ("nobody", Who(None)),
    ],
)
def test_a_rule_names_a_trust_or_relations(text: str, who: Who) -> None:
    assert Who.parse(text) == who
    assert Who.parse(str(who)) == who


@pytest.mark.parametrize("text", BROKEN)
def test_a_rule_of_other_words_is_invalid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_rule("accept", text)

    assert caught.value.hint == "wl policy shows every rule"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("mode", "wild"),
        ("merge_at_once", ""),
        ("merge_at_once", "claim,"),
        ("lease_hours", "0"),
        ("lease_hours", "100000"),
        ("lease_hours", "٣"),
        ("claims_cap", "3"),
        ("claims_cap", "4:1"),
        ("posts_per_day", "-1"),
        ("new_rig_trust", "3"),
        ("preset", "closed"),
        ("colour", "red"),
        ("", "trust:1"),
    ],
)
def test_what_is_no_rule_or_not_its_form_is_invalid(rule: str, text: str) -> None:
    with pytest.raises(Invalid):
        check_rule(rule, text)


def test_the_older_word_for_direct_mode_is_stored_as_direct() -> None:
    assert check_rule("mode", "wild-west") == "direct"
    assert Policy.from_meta({"policy.mode": "wild-west"}).mode == "direct"


def test_what_merges_at_once_is_the_policys_to_say() -> None:
    assert Policy(preset="open").merges_at_once("claim")
    assert not Policy(preset="open").merges_at_once("submit")
    assert not Policy.from_meta({"policy.merge_at_once": "none"}).merges_at_once("claim")
    assert Policy.from_meta({"policy.mode": "direct"}).merges_at_once("submit")


@pytest.mark.parametrize(
    ("policy", "actions", "at_once"),
    [
        (Policy(preset="open"), [Action.CLAIM, Action.POST], True),
        (Policy(preset="open"), [Action.CLAIM, Action.SUBMIT], False),
        (Policy(preset="open"), [Action.ACCEPT], True),
        (Policy(preset="open"), [Action.ACCEPT, Action.EDIT], False),
        (Policy(preset="open"), [], True),
        (Policy({"merge_at_once": "none"}, "open"), [Action.CLAIM], False),
        (Policy({"merge_at_once": "none"}, "open"), [Action.TRUST, Action.REJECT], True),
        (Policy({"mode": "direct"}, "open"), list(Action), True),
        (Policy(), [Action.CLAIM], False),
        (Policy(), [Action.CLOSE, Action.POLICY, Action.MODERATE], True),
    ],
)
def test_a_change_lands_at_once_if_all_that_it_does_would(
    policy: Policy, actions: list[Action], at_once: bool
) -> None:
    assert policy.lands_at_once(actions) == at_once


def test_the_cap_on_claims_grows_with_trust() -> None:
    assert [Policy(preset="open").claims_cap(trust) for trust in range(4)] == [0, 3, 10, None]


@pytest.mark.parametrize(
    ("stored", "scale"), [("1", "1"), ("5", "5"), ("10", None), ("", None), (None, None)]
)
def test_a_scale_is_one_of_two_words(stored: str | None, scale: str | None) -> None:
    assert Policy.from_meta({"valence_scale": stored}).scale == scale
