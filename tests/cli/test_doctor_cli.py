"""``wl doctor`` and ``wl import`` as commands: output, exit codes, what is on which stream."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from commons.users import User, maintainer, run_sql
from wasteland.cli.main import run
from wasteland.hosts.base import RepoName

_DIRT = "INSERT INTO wanted (id, title) VALUES ('w-dirt', 'left behind')"


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user whose environment this process has."""
    found = maintainer(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WL_HOST", "WL_WASTELAND", "DOLT_CREDS_FILE", "DOLT_ROOT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return found


def wl(*arguments: str) -> int:
    return run(list(arguments))


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Give *data* as standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_healthy_set_up_ends_with_0(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == wl("doctor")
    assert "schema\tok\tThe schema is 1.2." in capsys.readouterr().out


def test_a_problem_ends_with_8(user: User) -> None:
    run_sql(user.file, _DIRT)

    assert 8 == wl("doctor")
    assert 8 == wl("doctor", "--check")


def test_a_warning_ends_with_0(user: User) -> None:
    user.file.with_name(f"{user.file.name}-gc-tmp").touch()

    assert 0 == wl("doctor", "--check")


def test_check_prints_only_what_is_not_well(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    run_sql(user.file, _DIRT)
    wl("doctor", "--check", "--json=check,level,fix")

    [finding] = json.loads(capsys.readouterr().out)

    assert ("dirty", "problem") == (finding["check"], finding["level"])
    assert finding["fix"].startswith("wl doctor --fix")


def test_fix_mends_and_ends_with_0(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    run_sql(user.file, _DIRT)

    assert 0 == wl("doctor", "--fix", "--json=check,fixed")
    assert {"dirty": True}.items() <= {
        f["check"]: f["fixed"] for f in json.loads(capsys.readouterr().out)
    }.items()
    assert 0 == wl("doctor")


def test_a_person_sees_the_command_that_mends(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    run_sql(user.file, _DIRT)
    wl("--color", "always", "doctor")

    shown = capsys.readouterr().out

    assert "org/board" in shown
    assert "→ wl doctor --fix" in shown


def test_a_commons_that_was_not_joined_ends_with_3(user: User) -> None:
    assert 3 == wl("--wasteland", str(RepoName("no", "such")), "doctor")


def test_import_reads_standard_input(
    user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"title\nA\nB\n")

    assert 0 == wl("import", "csv", "-", "--jq", ".added[].title")
    assert "A\nB\n" == capsys.readouterr().out


def test_import_reads_a_file_of_issues(
    user: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "issues.json"
    file.write_text(json.dumps([{"number": 1, "title": "A"}]))

    assert 0 == wl("import", "github", str(file), "--repo", "acme/app", "--json=added")
    [added] = json.loads(capsys.readouterr().out)["added"]
    assert ("A", "https://github.com/acme/app/issues/1") == (added["title"], added["source"])


def test_a_person_sees_what_was_skipped_and_why(
    user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"title,priority\nA,\n\x1b[31mB,low\nC,soon\n")

    assert 0 == wl("--color", "always", "import", "csv", "-")
    shown = " ".join(capsys.readouterr().out.split())
    assert "1 new, 0 updated, 0 already there, 0 changed, 2 skipped (merged)" in shown
    assert "line 4 'soon' is no priority" in shown


def test_a_file_that_is_no_import_ends_with_2(
    user: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"{}")

    assert 2 == wl("import", "github", "-")
    assert "a list of issues is expected" in capsys.readouterr().err


def test_a_missing_file_ends_with_2(user: User) -> None:
    assert 2 == wl("import", "csv", "/no/such/file.csv")
