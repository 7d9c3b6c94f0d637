"""What the doctor finds about a plain remote and its clone."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commons.users import BOARD, User, follower, maintainer
from wasteland.commons import memberships, workspace
from wasteland.commons.doctor import clone as checks_clone
from wasteland.commons.doctor.findings import Finding, Level, Site
from wasteland.commons.session import Seat
from wasteland.commons.work import Work
from wasteland.engines.doltlite.engine import DoltLiteEngine

_POST = "INSERT INTO wanted (id, title, posted_by) VALUES (:id, :id, 'org')"


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    return maintainer(tmp_path / "upstream").file


@pytest.fixture
def user(tmp_path: Path, upstream: Path) -> User:
    return follower(tmp_path / "home", upstream)


def post(file: Path, item: str) -> None:
    with DoltLiteEngine(file) as engine, engine.change() as change:
        change.execute(_POST, {"id": item})
        change.commit("post", author="org", at=datetime.now(UTC), tables=["wanted"])


def rejoin(user: User, **fields: str) -> None:
    """Change the membership of org/board."""
    found = memberships.choose(user.settings.config, "")
    memberships.save(user.settings.config, replace(found, other={}, **fields))  # type: ignore[arg-type]


def findings(user: User, check: str) -> list[Finding]:
    """Return what one check of the clone says."""
    membership = memberships.choose(user.settings.config, "")
    site = Site(user.settings, [membership], membership=membership)
    run = next(one.run for one in checks_clone.CHECKS if one.name == check)
    return list(run(site))


def test_a_clone_in_step_is_well(user: User) -> None:
    assert {Level.OK} == {finding.level for finding in user.diagnose()}


def test_a_clone_that_has_pushed_is_well(user: User) -> None:
    membership = memberships.choose(user.settings.config, "")
    with workspace.open_host(user.settings, membership) as host:
        Work(host, BOARD, Seat("org", "org"), mode="direct").post(title="x")

    assert {Level.OK} == {finding.level for finding in user.diagnose()}


def test_a_remote_that_is_gone_is_a_problem(user: User, upstream: Path) -> None:
    upstream.unlink()

    assert Level.PROBLEM is user.finding("remote").level


def test_a_remote_that_answers_is_well(user: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        rejoin(user, url=f"http://127.0.0.1:{server.getsockname()[1]}/org/board.db")

        assert [Level.OK] == [finding.level for finding in findings(user, "remote")]


def test_a_remote_that_does_not_answer_is_a_problem(user: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    rejoin(user, url=f"http://127.0.0.1:{port}/org/board.db")

    assert [Level.PROBLEM] == [finding.level for finding in findings(user, "remote")]


def test_a_missing_clone_is_a_problem_and_is_not_made(user: User) -> None:
    user.file.unlink()

    assert ("wl sync", Level.PROBLEM) == (user.finding("open").fix, user.finding("open").level)
    assert not user.file.exists()


def test_a_board_behind_its_remote_is_a_warning_and_is_brought_forward(
    user: User, upstream: Path
) -> None:
    post(upstream, "w-1")
    post(upstream, "w-2")

    assert (Level.WARN, True) == (
        user.finding("stale").level,
        "2 commits behind" in user.finding("stale").message,
    )
    assert user.finding("stale", fix=True).fixed
    assert Level.OK is user.finding("stale").level


def test_commits_of_ones_own_on_main_are_a_problem(user: User) -> None:
    post(user.file, "w-own")

    finding = user.finding("diverged")

    assert Level.PROBLEM is finding.level
    assert "1 commits on main that the remote lacks" in finding.message


def test_sides_that_both_moved_are_a_problem(user: User, upstream: Path) -> None:
    post(user.file, "w-own")
    post(upstream, "w-theirs")

    assert Level.PROBLEM is user.finding("diverged").level


def dolt_clone(user: User, tmp_path: Path, *, origin: str, head: str, account: str) -> None:
    """Make what a clone by the dolt program looks like from outside."""
    folder = tmp_path / "clone"
    (folder / ".dolt").mkdir(parents=True)
    remotes = {"origin": {"name": "origin", "url": origin}} if origin else {}
    state = {"head": f"refs/heads/{head}", "remotes": remotes}
    (folder / ".dolt" / "repo_state.json").write_text(json.dumps(state))
    rejoin(user, engine="dolt", local_dir=str(folder), account=account)


@pytest.mark.parametrize(
    ("origin", "account", "level"),
    [
        ("https://api.example.org/org/board", "ada", Level.PROBLEM),
        ("https://api.example.org/ada/board", "ada", Level.OK),
        ("https://api.example.org/org/board", "org", Level.OK),
        ("", "ada", Level.PROBLEM),
    ],
)
def test_a_clone_that_pushes_to_upstream_is_a_problem(
    user: User, tmp_path: Path, origin: str, account: str, level: Level
) -> None:
    dolt_clone(user, tmp_path, origin=origin, head="main", account=account)

    [finding] = findings(user, "fork")

    assert level is finding.level
    if origin and level is Level.PROBLEM:
        assert finding.fix.endswith("dolt remote add origin https://api.example.org/ada/board")


@pytest.mark.parametrize(("head", "level"), [("main", Level.OK), ("wl/ada/w-1", Level.WARN)])
def test_another_branch_checked_out_is_a_warning(
    user: User, tmp_path: Path, head: str, level: Level
) -> None:
    dolt_clone(user, tmp_path, origin="", head=head, account="ada")

    assert [level] == [finding.level for finding in findings(user, "branch")]


def test_the_probe_of_a_silent_remote_has_a_timeout(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def connect(_: object, timeout_s: float) -> socket.socket:
        given.append(timeout_s)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", connect)
    rejoin(user, url="https://example.invalid/org/board.db")

    assert [Level.PROBLEM] == [finding.level for finding in findings(user, "remote")]
    assert [checks_clone.PROBE_TIMEOUT_S] == given


def test_an_old_clone_of_a_remote_that_does_not_answer_is_a_warning(user: User) -> None:
    rejoin(user, url="http://127.0.0.1:9/org/board.db")
    long_ago = time.time() - 3 * 24 * 3600
    os.utime(user.file, (long_ago, long_ago))

    finding = user.finding("stale")

    assert (Level.WARN, "wl sync, when the remote answers") == (finding.level, finding.fix)
    assert "3 days ago" in finding.message
