"""What waits for a branch to move."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.remotes import bodies
from hub.remotes.hubs import BOARD
from wasteland.hosts.base import RepoName
from wasteland.hub.remotes import blake3
from wasteland.hub.remotes.quarantine import LIFETIME_S, Quarantine, Waiting
from wasteland.protocol.errors import Invalid, LimitReached, Tampered

_ONE, _TWO = blake3.digest(b"one"), blake3.digest(b"two")


def _send(waiting: Waiting, body: bytes) -> None:
    draft = waiting.draft()
    draft.write_bytes(body)
    waiting.keep(draft)


def test_what_was_sent_is_found_by_its_sender_for_that_repository(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, limit_bytes=1000)
    _send(quarantine.of(BOARD, "ann"), bodies.hashed(b"one"))
    _send(quarantine.of(BOARD, "ann"), bodies.hashed(b"two"))

    assert [b"two", None, b"one"] == list(
        quarantine.of(BOARD, "ann").index().get([_TWO, bytes(20), _ONE])
    )
    for stranger in (("ann", RepoName("org", "other")), ("bob", BOARD)):
        assert [False] == quarantine.of(stranger[1], stranger[0]).index().has([_ONE])


def test_a_draft_that_was_not_kept_does_not_count(tmp_path: Path) -> None:
    waiting = Quarantine(tmp_path, limit_bytes=1000).of(BOARD, "ann")
    draft = waiting.draft()
    draft.write_bytes(b"cut short")
    with pytest.raises(Invalid):
        waiting.keep(draft)

    assert 0 == waiting.size_bytes()


def test_too_much_is_refused(tmp_path: Path) -> None:
    waiting = Quarantine(tmp_path, limit_bytes=100).of(BOARD, "ann")
    _send(waiting, bodies.hashed(b"x" * 60))

    with pytest.raises(LimitReached):
        _send(waiting, bodies.hashed(b"y" * 60))


def test_bodies_go_once_all_of_them_has_landed(tmp_path: Path) -> None:
    waiting = Quarantine(tmp_path, limit_bytes=1000).of(BOARD, "ann")
    _send(waiting, bodies.hashed(b"one"))
    _send(waiting, bodies.hashed(b"two"))

    waiting.drop_landed(lambda hashes: [each == _ONE for each in hashes])

    assert [False, True] == waiting.index().has([_ONE, _TWO])


def test_what_is_old_goes(tmp_path: Path) -> None:
    now = [0.0]
    quarantine = Quarantine(tmp_path, limit_bytes=1000, clock=lambda: now[0])
    _send(quarantine.of(BOARD, "ann"), bodies.hashed(b"one"))
    sent = quarantine.of(BOARD, "ann").index()
    made = max(folder.stat().st_mtime for folder in tmp_path.iterdir())

    now[0] = made + LIFETIME_S
    quarantine.sweep()
    kept = quarantine.of(BOARD, "ann").index().has([_ONE])
    now[0] = made + LIFETIME_S + 1
    quarantine.sweep()

    assert [True] == kept
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(Tampered):
        list(sent.get([_ONE]))


def test_others_cannot_look_in(tmp_path: Path) -> None:
    folder = Quarantine(tmp_path / "sent", limit_bytes=1).of(BOARD, "ann").draft().parent

    assert 0o700 == folder.stat().st_mode & 0o777
