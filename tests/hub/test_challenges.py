from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wasteland.hub.challenges import LIFETIME, Challenges
from wasteland.protocol.errors import Forbidden


class Clock:
    """A clock that is set."""

    at = datetime(2030, 5, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def challenges(clock: Clock) -> Challenges:
    return Challenges(clock)


def test_a_challenge_is_spent_once(challenges: Challenges) -> None:
    asked = challenges.make("sign in", "browser")

    challenges.spend(asked, "sign in", "browser")

    with pytest.raises(Forbidden):
        challenges.spend(asked, "sign in", "browser")


@pytest.mark.parametrize(
    ("purpose", "browser"), [("sign in", "other"), ("link", "browser"), ("sign in", "")]
)
def test_it_is_for_one_browser_and_one_purpose(
    challenges: Challenges, purpose: str, browser: str
) -> None:
    asked = challenges.make("sign in", "browser")

    with pytest.raises(Forbidden):
        challenges.spend(asked, purpose, browser)
    challenges.spend(asked, "sign in", "browser")


def test_it_ends_after_five_minutes(challenges: Challenges, clock: Clock) -> None:
    asked = challenges.make("sign in", "browser")

    clock.at += LIFETIME

    with pytest.raises(Forbidden):
        challenges.spend(asked, "sign in", "browser")


@pytest.mark.parametrize("made_up", ["", ".", "..", "x.99999999999.y", "é.1.é", "a" * 5000])
def test_what_was_never_asked_is_refused(challenges: Challenges, made_up: str) -> None:
    with pytest.raises(Forbidden):
        challenges.spend(made_up, "sign in", "browser")


def test_a_later_end_cannot_be_written_in(challenges: Challenges) -> None:
    nonce, ends, signature = challenges.make("sign in", "browser").split(".")

    with pytest.raises(Forbidden):
        challenges.spend(f"{nonce}.{int(ends) + 60}.{signature}", "sign in", "browser")


def test_secrets_that_go_with_a_challenge_differ_by_use_and_process(
    challenges: Challenges, clock: Clock
) -> None:
    asked = challenges.make("sign in", "browser")
    found = challenges.secret_of(asked, "nonce")

    assert found == challenges.secret_of(asked, "nonce")
    assert found not in {
        challenges.secret_of(asked, "verifier"),
        Challenges(clock).secret_of(asked, "nonce"),
    }
    assert 43 == len(found)
