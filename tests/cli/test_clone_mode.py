"""``wl`` with a clone of a hub's commons: rows are here, decisions and pull requests there."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.away import Away, completed, open_away
from cli.conftest import Ran
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.engines.urls import scrubbed
from wasteland.hosts.clones import ORIGIN
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Unavailable

EVIDENCE = "https://example.org/pull/7"


@pytest.fixture
def away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Away]:
    """A hub with a board, of which ada keeps a clone."""
    with open_away(tmp_path, monkeypatch, capsys) as found:
        assert 0 == found.joined("ada").wl("join", f"{found.url}/acme/board", "--clone").code
        yield found


@pytest.fixture
def mia(away: Away) -> Away:
    """Its maintainer keeps a clone too, in a home of her own."""
    away.joined("mia", "acme")
    joined = away.wl("join", f"{away.url}/acme/board", "--handle", "mia", "--clone", rig="mia")
    assert 0 == joined.code, joined.err
    return away


def told(ran: Ran) -> Any:
    """Return what a command that succeeded printed as JSON."""
    assert 0 == ran.code, ran.err
    return json.loads(ran.out)


def clone_of(away: Away, rig: str = "ada") -> Path:
    """Return the file of a rig's clone."""
    (file,) = (away.root / rig).rglob("clones/**/board.db")
    return file


def item_of(away: Away, item: str, rig: str = "ada") -> dict[str, Any]:
    """Return an item as a rig's clone shows it."""
    found: dict[str, Any] = told(away.wl("show", item, "--json", rig=rig))["item"]
    return found


def test_work_goes_from_claim_to_stamp_between_two_clones(mia: Away) -> None:
    item = mia.posted("Work in a clone")
    claimed = told(mia.wl("claim", item, "--json"))
    lost = mia.wl("claim", item, rig="mia")
    done = told(mia.wl("done", item, "--evidence", EVIDENCE, "--json"))
    waiting = told(mia.wl("inbox", "--json", rig="mia"))
    accepted = told(mia.wl("accept", item, "--quality", "good", "--json", rig="mia"))
    synced = told(mia.wl("sync", "--json"))

    assert ("merged", "ada") == (claimed["state"], claimed["after"]["claimed_by"])
    assert (5, True) == (lost.code, "is claimed by ada" in lost.err)
    assert ("pending", [[item]]) == (done["state"], [one["card"]["wanted_ids"] for one in waiting])
    assert "merged" == accepted["state"]
    assert ("fast-forward", True) == (synced["steps"][0]["action"], synced["clean"])
    assert ("completed", "ada") == (item_of(mia, item)["status"], item_of(mia, item)["claimed_by"])
    assert [{"author": "mia", "subject": "ada"}] == mia.desk.rows(
        "SELECT author, subject FROM stamps"
    )


def test_rejected_work_is_handed_in_again(mia: Away) -> None:
    item = mia.posted()
    mia.wl("claim", item)
    mia.wl("done", item, "--evidence", EVIDENCE)
    rejected = told(mia.wl("reject", item, "--reason", "No test", "--json", rig="mia"))
    given_back = item_of(mia, item)
    again = told(mia.wl("done", item, "--evidence", f"{EVIDENCE}8", "--json"))
    closed = told(mia.wl("close", item, "--json", rig="mia"))

    assert "merged" == rejected["state"]
    assert ("claimed", "ada") == (given_back["status"], given_back["claimed_by"])
    assert ("pending", "merged") == (again["state"], closed["state"])
    assert "completed" == item_of(mia, item)["status"]


def test_what_was_merged_leaves_no_branch_here(away: Away) -> None:
    away.wl("claim", away.posted())
    with DoltLiteEngine(clone_of(away)) as clone:
        branches = [branch.name for branch in clone.branches()]

    assert ["main"] == branches


def test_leases_are_the_hubs_and_are_asked_for_there(away: Away) -> None:
    item = away.posted()
    away.wl("claim", item)

    # Within the second of the claim, the lease ends when it did.
    assert told(away.wl("extend", item, "--json"))["state"] in {"merged", "unchanged"}


def test_without_the_hub_a_clone_is_read_and_says_how_old_it_is(away: Away) -> None:
    item = away.posted("Seen before")
    away.wl("browse")
    away.stop()
    for command in (("browse",), ("show", item), ("search", "before"), ("me",), ("why", item)):
        found = away.wl(*command, "--json")

        assert 0 == found.code, found.err
        assert f"{away.url} cannot be reached. Main is what it was at 20" in found.err
    assert 1 == len(told(away.wl("browse", "--json")))


def test_a_claim_while_the_hub_is_gone_is_none_and_can_be_repeated(away: Away) -> None:
    item = away.posted()
    away.wl("browse")
    away.stop()
    refused = away.wl("claim", item)
    away.start()
    status = item_of(away, item)["status"]
    claimed = told(away.wl("claim", item, "--json"))

    assert 7 == refused.code
    assert "open" == status
    assert ("merged", "ada") == (claimed["state"], claimed["after"]["claimed_by"])


def test_the_doctor_looks_at_hub_and_clone(away: Away) -> None:
    clone_of(away).chmod(0o644)
    found = {f["check"]: f["level"] for f in json.loads(away.wl("doctor", "--json").out)}
    away.wl("doctor", "--fix")

    assert {
        "hub": "ok",
        "token": "ok",
        "rig": "ok",
        "tokens": "problem",
        "stale": "ok",
        "diverged": "ok",
    }.items() <= found.items()
    assert 0o600 == stat.S_IMODE(clone_of(away).stat().st_mode)


def test_completion_reads_the_clone_and_asks_nobody(away: Away) -> None:
    item = away.posted("Complete me")
    away.wl("browse")
    away.stop()

    assert [(item, "Complete me")] == completed(away, "item", "w-")
    assert [("ada", "ada")] == completed(away, "rig", "ad")
    assert [] == completed(away, "pull", "")


def test_other_programs_are_told_the_commons_address_without_a_token(away: Away) -> None:
    assert f"{away.url}/acme/board.db" == told(away.wl("remote", "--json"))["url"]


def test_a_clone_that_was_cut_short_gets_its_other_remote_when_it_is_joined_again(
    away: Away,
) -> None:
    with DoltLiteEngine(clone_of(away)) as clone:
        clone.remove_remote("fork")
    away.wl("join", f"{away.url}/acme/board", "--clone")

    assert 0 == away.wl("claim", away.posted()).code


def test_a_token_that_was_revoked_says_what_to_do_and_is_not_shown(away: Away) -> None:
    accounts = away.desk.hub.accounts
    for token in accounts.tokens("ada"):
        if token.scope is Scope.PUSH:
            accounts.revoke("ada", token.id)
    refused = away.wl("browse")

    assert 6 == refused.code
    assert f"wl join {away.url}/acme/board --clone" in refused.err
    assert "wlt." not in refused.err


def test_a_clone_that_cannot_be_made_leaves_no_token_and_the_commons_joined(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(url: str, _: Path) -> None:
        raise Unavailable(f"{scrubbed(url)} cannot be cloned.")

    away.joined("ben")
    monkeypatch.setattr("wasteland.hosts.dolthub.cloned.make_clone", failing)
    refused = away.wl("join", f"{away.url}/acme/board", "--clone", rig="ben")
    tokens = away.desk.hub.accounts.tokens("ben")

    assert (7, False) == (refused.code, "wlt." in refused.err)
    assert [True] == [bool(t.revoked_at) for t in tokens if t.scope is Scope.PUSH]
    assert 0 == away.wl("browse", rig="ben").code


def test_what_waits_for_the_hub_is_sent_before_it_is_cloned(away: Away) -> None:
    away.joined("ben")
    away.stop()
    away.wl("post", "--title", "From the train", rig="ben")
    away.start()
    early = away.wl("join", f"{away.url}/acme/board", "--clone", rig="ben")
    away.wl("sync", rig="ben")
    joined = away.wl("join", f"{away.url}/acme/board", "--clone", rig="ben")

    assert (5, True) == (early.code, "wl sync" in early.err)
    assert 0 == joined.code
    assert ["From the train"] == [row["title"] for row in told(away.wl("browse", "--json"))]


def test_the_clones_token_is_in_its_own_file_and_nowhere_else(
    away: Away, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def started(*_: Any, **__: Any) -> None:
        raise AssertionError("A program was started: others may read its arguments.")

    monkeypatch.setattr(subprocess, "Popen", started)
    caplog.set_level(logging.DEBUG)
    file = clone_of(away)
    with DoltLiteEngine(file) as clone:
        origin = next(remote.url for remote in clone.remotes() if remote.name == ORIGIN)
    secret = origin.partition("/t/")[2].partition("/")[0].rpartition(".")[2]
    item = away.posted()
    words = ("claim", item), ("done", item, "--evidence", EVIDENCE), ("sync",), ("doctor",)
    ran = [away.wl(*word, "--json") for word in (*words, ("list",), ("remote",), ("whoami",))]
    away.stop()
    ran += [away.wl(*word) for word in (("browse",), ("claim", item), ("sync",), ("doctor",))]
    others = [path for path in (away.root / "ada").rglob("*") if path.is_file() and path != file]

    assert len(secret) == 43
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert [] == [one for one in ran if secret in one.out + one.err]
    assert secret not in caplog.text
    assert [] == [path for path in others if secret.encode() in path.read_bytes()]
