"""``wl`` at a commons of a hub: as at home, and what it does when the hub is gone."""

from __future__ import annotations

import io
import json
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
import uvicorn

from cli.conftest import Ran, environment
from hub.desks import Desk, open_desk
from wasteland.cli.complete import completer
from wasteland.cli.context import normalized
from wasteland.cli.main import run
from wasteland.commons.operations import Param
from wasteland.commons.outbox import QUEUED
from wasteland.hub.app import create_app


class Away:
    """
    A hub behind a real socket, and the shells of people who work there.

    Attributes:
        desk: The hub.
        url: Its address.
        stop: Ends it; its port is closed then.
    """

    def __init__(self, desk: Desk, root: Path, call: Callable[..., Ran]) -> None:
        self.desk = desk
        self.root = root
        self.wl = call
        self._server: uvicorn.Server | None = None
        self._port = 0
        self.start()

    def start(self) -> None:
        """Serve, on the port of the first time."""
        config = uvicorn.Config(
            create_app(self.desk.hub), port=self._port, log_level="critical", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End it."""
        if self._server:
            self._server.should_exit = True
            self._thread.join(30)
        self._server = None

    def joined(self, rig: str, account: str = "") -> Away:
        """Sign a rig in and join the board as it."""
        token = self.desk.tokens.get(account) or self.desk.account(rig)
        assert 0 == self.wl("login", self.url, "--token", rig=rig, typed=token).code
        handle = ("--handle", rig) if account else ()
        assert 0 == self.wl("join", f"{self.url}/acme/board", *handle, rig=rig).code
        return self

    def posted(self, title: str = "Fix it") -> str:
        """Post as the commons' owner; return the item's id."""
        return self.desk.post(title)


@pytest.fixture
def away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Away]:
    """A hub with a board, that ada and ben have joined."""

    def call(*arguments: str, rig: str = "ada", typed: str = "") -> Ran:
        for name, value in environment(tmp_path, rig).items():
            monkeypatch.setenv(name, value)
        for name in ("DOLTHUB_TOKEN", "DOLTHUB_API_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        with _typed(monkeypatch, typed):
            capsys.readouterr()
            code = run(normalized(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    with open_desk(tmp_path / "far") as desk:
        found = Away(desk, tmp_path, call)
        try:
            yield found.joined("ada").joined("ben")
        finally:
            found.stop()


@contextmanager
def _typed(monkeypatch: pytest.MonkeyPatch, text: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(text))
        yield


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
    assert f"post {told['id']} From the train" in mine.err or 7 == mine.code
    assert ["sent"] == [one["state"] for one in sent["sent"]]
    assert [told["id"]] == [row["id"] for row in json.loads(away.wl("browse", "--json").out)]
    assert [] == json.loads(away.wl("sync", "--json").out)["sent"]
    assert "wl: waiting" not in away.wl("me").err


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

    assert [(item, "Complete me")] == _completed(away, "item", "w-")
    assert [("ada", "ada")] == _completed(away, "rig", "ad")


def test_a_clone_reads_here_and_pushes_to_the_rigs_own_fork(away: Away) -> None:
    item = away.posted("Work in a clone")
    joined = away.wl("join", f"{away.url}/acme/board", "--clone")
    claimed = away.wl("claim", item, "--json")
    done = away.wl("done", item, "--evidence", "https://example.org/7", "--json")
    shown = json.loads(away.wl("show", item, "--json").out)
    accepted = away.joined("mia", "acme").wl("accept", item, "--quality", "good", rig="mia")
    synced = away.wl("sync", "--json")

    assert 0 == joined.code, joined.err
    assert 0 == claimed.code, claimed.err
    assert (
        "ada" == away.desk.rows(f"SELECT claimed_by FROM wanted WHERE id='{item}'")[0]["claimed_by"]
    )
    assert 0 == done.code, done.err
    assert "in_review" == shown["item"]["status"]
    assert 0 == accepted.code, accepted.err
    assert 0 == synced.code, synced.err
    assert "completed" == json.loads(away.wl("show", item, "--json").out)["item"]["status"]


def test_a_clone_is_read_without_the_hub_and_its_token_shows_nowhere(away: Away) -> None:
    item = away.posted("Seen before")
    away.wl("join", f"{away.url}/acme/board", "--clone")
    away.stop()
    board = away.wl("browse", "--json")
    refused = away.wl("claim", item, "--json")
    (file,) = (away.root / "ada").rglob("clones/**/board.db")

    assert [item] == [row["id"] for row in json.loads(board.out)]
    assert "cannot be reached" in board.err
    assert 7 == refused.code
    for ran in (board, refused, away.wl("doctor", "--json"), away.wl("list", "--json")):
        assert "wlt." not in ran.out + ran.err
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def _completed(away: Away, source: str, typed: str) -> list[tuple[str, str]]:
    away.wl("version")  # sets the environment of ada's shell
    complete = completer(Param(source=source))
    assert complete is not None
    context = click.Context(click.Command("claim"))
    items = complete(context, click.Argument(["id"]), typed)
    return [(str(found.value), str(found.help)) for found in items]


def _levels(ran: Ran) -> dict[str, str]:
    return {finding["check"]: finding["level"] for finding in json.loads(ran.out)}
