"""What the doctor finds on a user's machine: programs, keys, configuration, directories."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commons.users import BOARD, User, maintainer
from wasteland import settings as user_settings
from wasteland.commons import memberships
from wasteland.commons.doctor import diagnosis as doctor
from wasteland.commons.doctor.findings import Check, Finding, Level, Site
from wasteland.commons.memberships import Membership
from wasteland.hosts.base import RepoName
from wasteland.protocol.errors import NotFound, Unavailable

_KEY = json.dumps({"kty": "OKP", "d": "secret", "x": "public"})


@pytest.fixture
def user(tmp_path: Path) -> User:
    return maintainer(tmp_path / "home")


@pytest.fixture
def dolt_user(user: User) -> User:
    """A user who has joined a commons on a Dolt remote besides."""
    other = RepoName("acme", "wl")
    url = "https://doltremoteapi.example.invalid/acme/wl"
    memberships.save(user.settings.config, Membership(other, "org", "org", "plain", url, "dolt"))
    return user


def findings(user: User, check: str, *, fix: bool = False) -> list[Finding]:
    """Return what one check of the machine says, without looking at any commons."""
    site = Site(user.settings, memberships.joined(user.settings.config), fix)
    run = next(one.run for one in doctor.MACHINE if one.name == check)
    return list(run(site))


def program(path: Path, output: str) -> str:
    """Make a program that prints *output*."""
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)
    return str(path)


def with_dolt(user: User, name: str) -> User:
    return replace(user, settings=replace(user.settings, dolt=name))


def keys(user: User, *names: str, used: str = "") -> Path:
    folder = user.settings.dolt_home / "creds"
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.jwk").write_text(_KEY)
        (folder / f"{name}.jwk").chmod(0o600)
    if used:
        config = user.settings.dolt_home / "config_global.json"
        config.write_text(json.dumps({"user.creds": used}))
    return folder


# --- programs


def test_a_missing_library_is_a_problem(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    [finding] = findings(user, "library")

    assert Level.PROBLEM is finding.level
    assert "pip install" in finding.fix


def test_dolt_is_not_asked_for_where_nothing_needs_it(user: User) -> None:
    assert [] == findings(with_dolt(user, "no-such-dolt"), "dolt")


def test_a_missing_dolt_program_is_a_problem(dolt_user: User) -> None:
    [finding] = findings(with_dolt(dolt_user, "no-such-dolt"), "dolt")

    assert (Level.PROBLEM, True) == (finding.level, "1.83.1" in finding.fix)


@pytest.mark.parametrize(
    ("version", "level"),
    [("1.83.0", Level.PROBLEM), ("1.83.1", Level.OK), ("2.0.0", Level.OK), ("?", Level.PROBLEM)],
)
def test_the_version_of_dolt_is_compared(
    dolt_user: User, tmp_path: Path, version: str, level: Level
) -> None:
    name = program(tmp_path / "dolt", f"dolt version {version}")

    [finding] = findings(with_dolt(dolt_user, name), "dolt")

    assert level is finding.level


# --- keys


def test_no_key_is_a_warning_that_tells_of_login_without_a_browser(dolt_user: User) -> None:
    [finding] = findings(dolt_user, "credentials")

    assert (Level.WARN, True) == (finding.level, finding.fix.startswith("dolt login"))


def test_several_keys_and_none_chosen_is_a_problem(dolt_user: User) -> None:
    keys(dolt_user, "aaa", "bbb")

    [finding] = findings(dolt_user, "credentials")

    assert Level.PROBLEM is finding.level
    assert "aaa, bbb" in finding.message
    assert "dolt creds use ID, then: dolt creds check" == finding.fix


def test_the_key_in_use_is_named_among_several(dolt_user: User) -> None:
    keys(dolt_user, "aaa", "bbb", used="bbb")

    first, second = findings(dolt_user, "credentials")

    assert (Level.OK, Level.WARN) == (first.level, second.level)
    assert "uses bbb" in second.message


def test_a_chosen_key_that_is_gone_is_a_problem(dolt_user: User) -> None:
    keys(dolt_user, "aaa", used="zzz")

    [finding] = findings(dolt_user, "credentials")

    assert (Level.PROBLEM, "dolt creds use aaa") == (finding.level, finding.fix)


def test_one_key_that_is_not_chosen_is_a_warning(dolt_user: User) -> None:
    keys(dolt_user, "aaa")

    [finding] = findings(dolt_user, "credentials")

    assert (Level.WARN, "dolt creds use aaa") == (finding.level, finding.fix)


@pytest.mark.parametrize(
    ("content", "level"),
    [(_KEY, Level.OK), ("{}", Level.PROBLEM), ("no key", Level.PROBLEM), (None, Level.PROBLEM)],
)
def test_the_key_file_named_in_the_environment_is_looked_at(
    user: User, tmp_path: Path, content: str | None, level: Level
) -> None:
    file = tmp_path / "mounted.jwk"
    if content is not None:
        file.write_text(content)
        file.chmod(0o600)
    named = replace(user, settings=replace(user.settings, dolt_credentials=str(file)))

    [finding] = findings(named, "credentials")

    assert level is finding.level
    assert "secret" not in finding.message


def test_a_key_that_others_can_read_is_closed(user: User, tmp_path: Path) -> None:
    file = tmp_path / "mounted.jwk"
    file.write_text(_KEY)
    file.chmod(0o644)
    named = replace(user, settings=replace(user.settings, dolt_credentials=str(file)))

    assert f"chmod 600 {file}" == findings(named, "credentials")[0].fix
    assert findings(named, "credentials", fix=True)[0].fixed
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_settings_honour_dolts_own_variables() -> None:
    found = user_settings.load({"HOME": "/h", "DOLT_ROOT_PATH": "/d", "DOLT_CREDS_FILE": "/k"})

    assert (Path("/d/.dolt"), "/k") == (found.dolt_home, found.dolt_credentials)


# --- configuration and directories


def test_a_broken_configuration_is_named(user: User) -> None:
    file = user.settings.config / "wastelands" / "org" / "board.json"
    file.write_text("{")

    found = findings(user, "config")

    assert str(file) in found[0].message
    assert Level.PROBLEM is found[0].level


def test_nobody_joined_is_only_a_warning(tmp_path: Path) -> None:
    found = doctor.diagnose(user_settings.load({"HOME": str(tmp_path)}), "")

    assert ["wl join org/db, or: wl demo"] == [f.fix for f in found if f.level is not Level.OK]


@pytest.mark.parametrize("check", ["config", "host"])
def test_what_others_may_write_is_closed(user: User, check: str) -> None:
    place = user.settings.config if check == "config" else user.settings.host
    place.chmod(0o777)

    assert findings(user, check)[0].is_open_problem
    assert findings(user, check, fix=True)[0].fixed
    assert 0o755 == stat.S_IMODE(place.stat().st_mode)


def test_a_host_that_is_gone_is_a_problem_and_is_not_made(user: User) -> None:
    shutil.rmtree(user.settings.host)

    found = {f.check: f.level for f in user.diagnose()}

    assert (Level.PROBLEM, Level.PROBLEM) == (found["host"], found["open"])
    assert not user.settings.host.exists()


def test_a_directory_without_a_host_in_it_stays_empty(user: User) -> None:
    shutil.rmtree(user.settings.host)
    user.settings.host.mkdir(mode=0o700)

    assert Level.PROBLEM is user.finding("open").level
    assert [] == list(user.settings.host.iterdir())


def test_a_full_disk_is_a_problem(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  # the library's own form
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 99 * 2**20))

    assert Level.PROBLEM is findings(user, "disk")[0].level


# --- intents


def intent(user: User, age_s: float) -> Path:
    file = user.settings.state / "intents" / f"note-{age_s:.0f}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("op-1")
    os.utime(file, (time.time() - age_s, time.time() - age_s))
    return file


def test_a_command_that_died_is_reported_and_forgotten_after_a_day(user: User) -> None:
    young, old = intent(user, 60), intent(user, 2 * 24 * 3600)

    assert findings(user, "intents")[0].message.startswith("2 commands")
    assert not findings(user, "intents", fix=True)[0].fixed
    assert (True, False) == (young.exists(), old.exists())


def test_a_command_that_still_runs_is_not_reported(user: User) -> None:
    with intent(user, 60).open("rb") as note:
        fcntl.flock(note, fcntl.LOCK_EX)

        assert [] == findings(user, "intents")


# --- running checks


def run(monkeypatch: pytest.MonkeyPatch, user: User, check: Check) -> Finding:
    monkeypatch.setattr(doctor, "MACHINE", (check,))
    return user.diagnose()[0]


def test_a_check_that_hangs_is_given_up(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(_: Site) -> Iterator[Finding]:
        release.wait()
        yield from ()

    try:
        finding = run(monkeypatch, user, Check("hanging", hang, 0.01))
    finally:
        release.set()

    assert (Level.WARN, "hanging") == (finding.level, finding.check)


def test_a_check_that_fails_does_not_silence_the_others(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Site) -> Iterator[Finding]:
        yield Finding("failing", Level.OK, "so far")
        raise ValueError("broken")

    monkeypatch.setattr(doctor, "MACHINE", (Check("failing", fail),))
    found = user.diagnose()

    assert [Level.OK, Level.PROBLEM] == [f.level for f in found[:2]]
    assert "schema" in {f.check for f in found}


def test_an_error_becomes_a_problem_with_its_hint(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Site) -> Iterator[Finding]:
        raise Unavailable("It is away.", hint="wl wait")
        yield

    assert Finding("failing", Level.PROBLEM, "It is away.", "wl wait") == run(
        monkeypatch, user, Check("failing", fail)
    )


def test_a_commons_that_was_not_joined_is_not_found(user: User) -> None:
    with pytest.raises(NotFound):
        doctor.diagnose(user.settings, "no/such")


def test_every_joined_commons_is_examined_where_none_is_named(dolt_user: User) -> None:
    assert {"", str(BOARD), "acme/wl"} == {finding.commons for finding in dolt_user.diagnose()}


def test_a_damaged_host_file_is_restored_and_not_sent_round_in_a_circle(user: User) -> None:
    for beside in ("-wal", "-shm"):
        (user.settings.host / f"host.db{beside}").unlink(missing_ok=True)
    (user.settings.host / "host.db").write_bytes(b"no database at all" * 100)

    finding = user.finding("open")

    assert (Level.PROBLEM, False) == (finding.level, "wl doctor" in finding.fix)
    assert "from a backup" in finding.fix


def test_a_membership_that_says_no_name_is_a_problem(user: User) -> None:
    file = user.settings.config / "wastelands" / "org" / "odd.json"
    file.write_text('{"upstream": 3}')

    assert [True] == [str(file) in f.message for f in findings(user, "config") if f.fix]
