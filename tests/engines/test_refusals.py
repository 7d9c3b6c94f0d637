"""What every engine refuses: bad names, and a past before the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from wasteland.engines.refusals import began_later, check_name, refuse_strays
from wasteland.protocol.errors import Conflict, Invalid


@pytest.mark.parametrize("name", ["", "-D", "a b", "a:b", "a\nb", "`", "ü"])
def test_a_name_that_could_be_read_as_something_else_is_invalid(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


def test_a_change_may_touch_only_what_its_commit_names() -> None:
    refuse_strays(["wanted"], ["rigs", "wanted"])

    with pytest.raises(Conflict) as error:
        refuse_strays(["rigs", "wanted"], ["wanted"])
    assert ["rigs"] == error.value.facts["tables"]


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 1, 1, 12),  # noqa: DTZ001  # taken as UTC
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_date_before_the_history_is_named_in_utc(when: datetime) -> None:
    assert "after 2026-01-01 12:00:00 UTC" in str(began_later("c0ffee", when))
