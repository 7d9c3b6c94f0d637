"""What is offered to a reviewer is what the rules allow, and the order in which work is shown."""

from __future__ import annotations

from commons.casts import REPO, Cast
from wasteland.commons.choices import Chooser
from wasteland.commons.sdk import Commons
from wasteland.commons.triage import Order, entries, ordered


def offered(session: Commons, number: int = 0) -> dict[str, str]:
    """Return operation -> why not, of one of the pull requests that wait."""
    pull = session.pending()[number].id
    return {c.operation: c.why_not for c in Chooser(session).choices(session.review(pull))}


def test_submitted_work_is_accepted_rejected_or_closed(cast: Cast) -> None:
    cast.submitted()

    assert {"accept": "", "reject": "", "close": "", "comment": ""} == offered(cast.max)


def test_another_offer_is_merged_or_declined(cast: Cast) -> None:
    cast.ada.update(cast.posted(), title="Another title")

    assert {"merge": "", "decline": "", "comment": ""} == offered(cast.max)


def test_one_s_own_work_is_not_to_be_accepted_and_one_is_told_why(cast: Cast) -> None:
    cast.max.trust("ben", 2)
    cast.submitted()

    found = offered(cast.ben)

    assert "ben may not stamp the work of ben: ben is the same rig." == found["accept"]


def test_work_of_a_rig_of_the_same_owner_is_not_to_be_accepted(cast: Cast) -> None:
    cast.max.link("ben")
    cast.ben.link("max")
    cast.submitted()

    assert "linked as one owner's" in offered(cast.max)["accept"]


def test_too_little_trust_is_told(cast: Cast) -> None:
    cast.submitted()

    found = offered(cast.eve)

    assert "eve has trust 1 (participant); accept needs trust:2." == found["accept"]
    assert "" == found["comment"]


def test_what_the_gate_refuses_is_neither_accepted_nor_merged_but_may_be_turned_down(
    cast: Cast,
) -> None:
    cast.submitted()
    cast.max.trust("ben", 0)

    found = offered(cast.max)

    assert found["accept"].startswith("the gate refuses it: ben has trust 0")
    assert "" == found["reject"]


def test_nothing_is_offered_once_it_has_ended(cast: Cast) -> None:
    item = cast.submitted()
    (pull,) = cast.host.pulls(REPO)
    cast.max.accept(item, quality="good")

    assert [] == Chooser(cast.max).choices(cast.max.review(pull.id))


def test_the_most_trusted_rig_comes_first_then_the_oldest_then_the_most_urgent(cast: Cast) -> None:
    cast.max.trust("eve", 2)
    titles = {}
    for rig, priority, minutes in (("ben", "low", 0), ("ada", "critical", 1), ("eve", "low", 1)):
        cast.clock.move(minutes=minutes)
        item = cast.max.post(title=f"Of {rig}", priority=priority).id
        getattr(cast, rig).claim(item)
        getattr(cast, rig).done(item, evidence=f"https://example.org/{rig}")
        titles[item] = rig
    waiting = entries(cast.max, cast.max.inbox())

    def rigs(order: Order) -> list[str]:
        return [entry.found.rig for entry in ordered(waiting, order)]

    assert ["eve", "ben", "ada"] == rigs(Order.TRUST)
    assert ["ben", "ada", "eve"] == rigs(Order.AGE)
    assert ["ada", "eve", "ben"] == rigs(Order.PRIORITY)
