"""What the doctor finds in a commons' rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commons.users import User, follower, maintainer
from wasteland.commons.doctor.findings import Level
from wasteland.protocol.records import write_time
from wasteland.protocol.schema import Value

_STAMP = "INSERT INTO stamps (id, author, subject, valence) VALUES (:id, :author, 'org', :valence)"


@pytest.fixture
def user(tmp_path: Path) -> User:
    return maintainer(tmp_path / "home")


def write(user: User, sql: str, **params: Value) -> None:
    with user.engine() as engine, engine.change() as change:
        change.execute(sql, params)
        tables = ["wanted", "stamps", "completions", "_meta", "badges"]
        change.commit("test", author="org", at=datetime.now(UTC), tables=tables)


_POSTED = "INSERT INTO wanted (id, title, {}) VALUES ('w', '', 'ghost')"
_SUBMITTED = "INSERT INTO completions (id, {}) VALUES ('c', 'ghost')"
_STAMPED = "INSERT INTO stamps (id, author, subject, valence) VALUES ('s', {}, '{{}}')"


@pytest.mark.parametrize(
    ("place", "sql"),
    [
        ("wanted.posted_by", _POSTED.format("posted_by")),
        ("wanted.claimed_by", _POSTED.format("claimed_by")),
        ("completions.completed_by", _SUBMITTED.format("completed_by")),
        ("completions.validated_by", _SUBMITTED.format("validated_by")),
        ("stamps.author", _STAMPED.format("'ghost', 'org'")),
        ("stamps.subject", _STAMPED.format("'org', 'ghost'")),
        ("badges.rig_handle", "INSERT INTO badges (id, rig_handle) VALUES ('b', 'ghost')"),
    ],
)
def test_a_handle_that_names_no_rig_is_reported(user: User, place: str, sql: str) -> None:
    write(user, sql)

    finding = user.finding("handles")

    assert Level.WARN is finding.level
    assert finding.message.startswith(f"{place} names 1 that are no rig: ghost")


@pytest.mark.parametrize(
    ("valences", "level"),
    [
        ([{"quality": 1}], Level.WARN),
        ([{"quality": 4}, {"quality": 0.5}], Level.WARN),
        ([{"quality": 1}, {"quality": 4}], Level.OK),
        ([{"quality": 0.5}], Level.OK),
        ([{"quality": "good"}], Level.OK),
    ],
)
def test_scores_that_fit_both_scales_are_named(
    user: User, valences: list[object], level: Level
) -> None:
    write(user, "DELETE FROM `_meta` WHERE `key` = 'valence_scale'")
    for number, valence in enumerate(valences):
        write(user, _STAMP, id=f"s-{number}", author="eve", valence=json.dumps(valence))

    finding = user.finding("scale")

    assert level is finding.level
    assert ("eve" in finding.message) == (level is Level.WARN)


def test_a_stated_scale_leaves_nothing_unclear(user: User) -> None:
    write(user, _STAMP, id="s-1", author="eve", valence='{"quality": 1}')

    assert Level.OK is user.finding("scale").level


def test_an_old_claim_on_a_plain_remote_is_reported(user: User, tmp_path: Path) -> None:
    old = write_time(datetime.now(UTC) - timedelta(hours=73))
    new = write_time(datetime.now(UTC) - timedelta(hours=71))
    claim = (
        "INSERT INTO wanted (id, title, status, claimed_by, updated_at) "
        "VALUES (:id, 't', 'claimed', 'org', :at)"
    )
    write(user, claim, id="w-old", at=old)
    write(user, claim, id="w-new", at=new)

    finding = follower(tmp_path / "other", user.file).finding("claims")

    assert (Level.WARN, "wl unclaim w-old (holder, poster or a maintainer)") == (
        finding.level,
        finding.fix,
    )
    assert "w-new" not in finding.message
