"""``wl`` at a commons of a hub: as at home, and what it does when the hub is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.away import Away, completed, open_away
from cli.conftest import Ran
from hub.desks import API, BOARD
from wasteland.commons.outbox import QUEUED
from wasteland.hub.notifications.gathering import gather


@pytest.fixture
def away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Away]:
    """A hub with a board, that ada and ben have joined."""
    with open_away(tmp_path, monkeypatch, capsys) as found:
        yield found.joined("ada").joined("ben")


def test_a_round_of_work_is_done_over_http(away: Away) -> None:
    item = away.posted("Add retry logic")
    board = away.wl("browse", "--json=id,title")
    claimed = away.wl("claim", item, "--jq", ".state")
    lost = away.wl("claim", item, rig="ben")
    done = away.wl("done", item, "--evidence", "https://example.org/7", "--plain")

    assert [{"id": item, "title": "Add retry logic"}] == json.loads(board.out)
    assert (0, "merged\n") == (claimed.code, claimed.out)
    assert (5, True) == (lost.code, "is claimed by ada" in lost.err)
    assert 0 == done.code
    assert f"\t{item}\n" in done.out
    assert "in_review" in away.wl("show", item).out


def test_output_flags_and_exit_codes_are_those_of_home(away: Away) -> None:
    item = away.posted()

    assert away.wl("browse", "--csv").out.startswith("id,")
    assert item in away.wl("search", "fix", "--plain").out
    assert 3 == away.wl("show", "w-none").code
    assert 2 == away.wl("post", "--title", "").code
    assert 6 == away.wl("policy", "set", "post", "trust:2").code
    error = away.wl("show", "w-none", "--json")
    assert "not_found" == json.loads(error.err)["error"]["code"]


def test_a_dry_run_writes_nothing_and_an_operation_id_is_good_twice(away: Away) -> None:
    shown = json.loads(away.wl("post", "--title", "Not yet", "--dry-run", "--json").out)
    op = ("--op-id", "op-" + "1" * 32, "--json")
    first, again = (json.loads(away.wl("post", "--title", "Once", *op).out) for _ in range(2))

    assert ("dry_run", True) == (shown["state"], bool(shown["diff"]))
    assert (first["id"], True) == (again["id"], again["replayed"])
    assert ["Once"] == [row["title"] for row in json.loads(away.wl("browse", "--json").out)]


def test_a_token_that_is_not_good_any_more_asks_to_sign_in(away: Away) -> None:
    token = away.desk.tokens["ada"]
    account = away.desk.hub.accounts
    for known in account.tokens("ada"):
        account.revoke("ada", known.id)
    refused = away.wl("me")

    assert 4 == refused.code
    assert "wl login" in refused.err
    assert token not in refused.err + refused.out


def test_without_the_hub_reads_answer_from_before_and_say_so(away: Away) -> None:
    item = away.posted("Seen before")
    away.wl("browse")
    away.stop()
    for command in (("browse",), ("show", item), ("search", "before"), ("me",), ("rig", "list")):
        found = away.wl(*command, "--json")

        assert 0 == found.code, found.err
        assert "This is what was here just now." in found.err
        assert "cannot be reached" in found.err
    assert 7 == away.wl("inbox").code
    assert 7 == away.wl("why", item).code


def test_what_needs_the_whole_history_says_how_to_get_it(away: Away) -> None:
    refused = away.wl("export", str(away.root / "pages"))

    assert 1 == refused.code
    assert f"wl join {away.url}/acme/board --clone" in refused.err


def test_a_write_without_the_hub_waits_and_is_sent_once(away: Away) -> None:
    away.stop()
    waits = away.wl("post", "--title", "From the train", "--json")
    again = away.wl("post", "--title", "From the train", "--json")
    told = json.loads(waits.err)["error"]
    mine = away.wl("me")
    away.start()
    sent = json.loads(away.wl("sync", "--json").out)

    assert (7, 7) == (waits.code, again.code)
    assert told["queued"] == json.loads(again.err)["error"]["queued"]
    assert re.search(f"waiting since .+: post {told['id']} From the train", mine.err)
    assert ["sent"] == [one["state"] for one in sent["sent"]]
    assert [told["id"]] == [row["id"] for row in json.loads(away.wl("browse", "--json").out)]
    assert [] == json.loads(away.wl("sync", "--json").out)["sent"]
    assert "waiting" not in away.wl("me").err


def test_what_must_win_at_once_never_waits(away: Away) -> None:
    item = away.posted()
    away.stop()
    for command in (("claim", item), ("post", "--title", "Now", "--no-queue")):
        refused = away.wl(*command)

        assert 7 == refused.code
        assert "waits" not in refused.err
    assert not {"claim", "accept", "reject", "close", "merge", "undo"} & QUEUED


def test_an_import_goes_to_the_hub_and_adds_nothing_twice(away: Away, tmp_path: Path) -> None:
    file = tmp_path / "backlog.csv"
    file.write_text("id,title\n1,First\n2,Second\n3,\n")
    shown, done, again = (
        json.loads(away.wl("import", "csv", str(file), *flags, "--json").out)
        for flags in (("--dry-run",), (), ())
    )

    assert (2, 1) == (len(shown["added"]), len(shown["skipped"]))
    assert shown["added"] == done["added"]
    assert ([], 2) == (again["added"], len(again["unchanged"]))
    assert 2 == len(json.loads(away.wl("browse", "--json").out))


def test_the_doctor_looks_at_hub_token_rig_copy_and_outbox(away: Away) -> None:
    away.wl("browse")
    well = _levels(away.wl("doctor", "--json"))
    away.stop()
    away.wl("post", "--title", "Waits")
    ill = away.wl("doctor", "--json")

    assert {"hub": "ok", "token": "ok", "rig": "ok", "copy": "ok"}.items() <= well.items()
    assert 8 == ill.code
    assert ("problem", "warn") == (_levels(ill)["hub"], _levels(ill)["outbox"])


def test_the_doctor_says_who_is_not_signed_in(away: Away) -> None:
    away.wl("logout", away.url)

    assert "warn" == _levels(away.wl("doctor", "--json"))["token"]


def test_completion_reads_the_copy_and_asks_nobody(away: Away) -> None:
    item = away.posted("Complete me")
    away.wl("browse")
    away.stop()

    assert [(item, "Complete me")] == completed(away, "item", "w-")
    assert [("ada", "ada")] == completed(away, "rig", "ad")


def _levels(ran: Ran) -> dict[str, str]:
    return {finding["check"]: finding["level"] for finding in json.loads(ran.out)}


def test_what_became_of_one_s_work_is_told_beside_it(away: Away) -> None:
    items = [away.posted(title) for title in ("Shown once", "Shown twice")]
    for item in items:
        away.wl("claim", item)
        away.desk.ok("POST", f"{API}/wanted/{item}/unclaim", "acme")
    gather(away.desk.hub, BOARD)

    mine = away.wl("me")

    assert 0 == mine.code
    assert "wl: new: mia took your claim back: Shown once" in mine.err
    assert "wl: new" not in away.wl("me", rig="ben").err
