"""The copy of a hub's commons: it follows main, and says when it is old."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commons.far import ROOT, SEATS, Far, direct, reading
from hub.desks import BOARD, hide, open_desk
from wasteland.commons import following
from wasteland.commons.data import to_data
from wasteland.commons.distant import DistantCommons
from wasteland.commons.following import Changed, Changes, EngineSource, Page
from wasteland.commons.replica import Replica, ReplicaError
from wasteland.commons.sdk import Commons
from wasteland.engines.dolthub.engine import DoltHubEngine
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits
from wasteland.engines.dolthub.secret import Secret
from wasteland.protocol.errors import NotFound, Unavailable, Unsupported
from wasteland.protocol.schema import TABLES

LISTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("browse", {"status": "all", "view": "upstream"}),
    ("search", {"words": "is"}),
    ("rig list", {}),
    ("rig show", {"handle": "ben"}),
    ("policy show", {}),
)


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Far]:
    """A hub on each engine, with ada and ben on its board."""
    dolt = request.getfixturevalue("dolt_program") if request.param == "dolt" else ""
    with open_desk(tmp_path / "host", engine=request.param, dolt=dolt) as desk:
        yield Far(desk, tmp_path)


@pytest.fixture(name="lite")
def on_doltlite(tmp_path: Path) -> Iterator[Far]:
    """A hub on the embedded engine."""
    with open_desk(tmp_path / "host") as desk:
        yield Far(desk, tmp_path)


def at_copy(copy: Replica) -> Commons:
    """Return mia at the copy."""
    return copy.session(Commons, BOARD, SEATS["mia"], place=ROOT, mode="pr")


def source(far: Far) -> EngineSource:
    """Return the board's own database as the source of copies."""
    return EngineSource(lambda: far.near("mia").engine)


def tables_of(session: Commons) -> dict[str, list[Any]]:
    """Return all rows of a commons' tables, by key."""
    engine = session.engine
    return {
        name: engine.read(f"SELECT * FROM `{name}` ORDER BY `{TABLES[name].key}`")
        for name in engine.tables()
        if name in TABLES
    }


def test_what_main_alone_answers_is_read_here_and_is_the_same(far: Far) -> None:
    far.story()
    copy = far.replica()
    for name, values in LISTED:
        far.wire.seen.clear()
        found = reading(far.at("ada", replica=copy), name, **values)

        assert direct(far.near("ada"), name, **values) == found
        assert f"GET {_route('changes')}" == far.wire.seen[0]
        assert all("/tables/" in line for line in far.wire.seen[1:])
    copy.close()


def test_a_copy_follows_row_by_row(far: Far) -> None:
    copy = far.replica()
    ada = far.at("ada", replica=copy)
    reading(ada, "rig list")
    item = far.near("ada").post(title="Later").id
    far.near("ben").claim(item)
    far.wire.seen.clear()

    assert [] == reading(ada, "browse")
    assert ["ben"] == [row["claimed_by"] for row in reading(ada, "browse", status="claimed")]
    assert {f"GET {_route('changes')}"} == set(far.wire.seen)
    far.near("ben").unclaim(item)
    assert [item] == [row["id"] for row in reading(ada, "browse")]
    copy.close()


def test_a_source_that_tells_no_difference_is_polled_and_read_whole_where_it_moved(
    lite: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def untold(*_: Any, **__: Any) -> Any:
        raise Unsupported("It tells no differences.")

    class Counted(EngineSource):
        def page(self, table: str, at: str, after: str | None) -> Page:
            asked.append(table)
            return super().page(table, at, after)

    monkeypatch.setattr(type(lite.near("mia").engine), "diff", untold)
    there = Counted(lambda: lite.near("mia").engine)
    copy = lite.replica()
    copy.refresh(there)
    first = len(asked)
    copy.refresh(there)
    unmoved = len(asked)
    lite.near("mia").post(title="Later")
    copy.refresh(there)

    assert first == unmoved < len(asked)
    assert ["Later"] == [shown.item.title for shown in at_copy(copy).browse()]
    copy.close()


def test_a_copy_holds_what_main_holds(far: Far) -> None:
    copy = far.replica()
    copy.refresh(source(far))
    far.story()
    copy.refresh(source(far))

    home, away = far.near("mia"), at_copy(copy)
    for item in far.items.values():
        assert to_data(home.show(item).stamps) == to_data(away.show(item).stamps)
        assert to_data(home.show(item).completions) == to_data(away.show(item).completions)
    assert to_data(home.browse(status="all", view="upstream")) == to_data(
        away.browse(status="all", view="upstream")
    )
    assert home.engine.head() == copy.head
    copy.close()


def test_without_the_hub_the_copy_answers_and_says_that_it_is_old(lite: Far) -> None:
    items = lite.story()
    ada = lite.at("ada", replica=lite.replica())
    before = {name: reading(ada, name, **values) for name, values in LISTED}
    lite.near("ada").post(title="Not seen here")
    lite.wire.down = True
    for name, values in LISTED:
        assert before[name] == reading(ada, name, **values)
        assert "cannot be reached" in ada.stale_because
    for name, values in (("me", {}), ("whoami", {}), ("show", {"id": items["claimed"]})):
        assert reading(ada, name, **values)
        assert "Pending work is not known" in ada.stale_because
    lite.wire.down = False

    assert "Not seen here" in str(reading(ada, "browse"))
    assert "" == ada.stale_because


def test_what_a_copy_cannot_know_is_unavailable_without_the_hub(lite: Far) -> None:
    items = lite.story()
    ada = lite.at("ada", replica=lite.replica())
    reading(ada, "browse")
    lite.wire.down = True
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("inbox", {}),
        ("review", {"pull": "1"}),
        ("why", {"id": items["open"]}),
        ("rig list", {"as_of": "2026-01-01"}),
    )
    for name, values in asked:
        with pytest.raises(Unavailable):
            reading(ada, name, **values)


def test_without_hub_and_copy_there_is_no_answer(lite: Far) -> None:
    lite.wire.down = True
    with pytest.raises(Unavailable):
        reading(lite.at("ada", replica=lite.replica()), "browse")
    assert not lite.replica().path.exists()


def test_a_board_with_pending_work_is_asked_of_the_hub(lite: Far) -> None:
    lite.story()
    ada = lite.at("ada", replica=lite.replica())
    whole = reading(ada, "browse", view="all", status="all")

    assert direct(lite.near("ada"), "browse", view="all", status="all") == whole
    assert f"GET {_route('wanted')}" in lite.wire.seen


def test_a_commons_made_anew_under_its_name_is_copied_anew(tmp_path: Path) -> None:
    copy = Replica(tmp_path / "copy.db")
    for number in (1, 2):
        with open_desk(tmp_path / f"host{number}") as desk:
            far = Far(desk, tmp_path)
            item = far.near("ada").post(title=f"Of hub {number}").id
            found = reading(far.at("ada", replica=copy), "browse")

            assert [item] == [row["id"] for row in found]
    copy.close()


def test_more_than_one_answer_holds_comes_in_pages(
    lite: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_PAGE_ROWS", 2)
    monkeypatch.setattr(following, "_MOST_ROWS", 3)
    lite.story()
    copy = lite.replica()
    copy.refresh(lite.at("ada"))
    lite.near("mia").trust("ada", 2)
    for title in ("One", "Two", "Three", "Four"):
        lite.near("ada").post(title=title)
    copy.refresh(lite.at("ada"))

    assert tables_of(at_copy(copy)) == tables_of(lite.near("ada"))


def test_pages_are_cut_by_length_too(lite: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_MOST_CHARACTERS", 10)
    lite.story()
    page = source(lite).page("wanted", lite.near("ada").engine.head(), None)
    copy = lite.replica()
    copy.refresh(lite.at("ada"))

    assert 1 == len(page.items)
    assert tables_of(at_copy(copy)) == tables_of(lite.near("ada"))


def test_another_process_that_was_quicker_is_no_harm(lite: Far) -> None:
    engine = lite.near("ada").engine
    mine, theirs = lite.replica(), lite.replica()
    mine.refresh(EngineSource(lambda: engine))
    lite.near("ada").post(title="One")

    class Overtaken(EngineSource):
        """Lets the other process go first, once."""

        is_first = True

        def changes(self, after: str) -> Changes:
            found = super().changes(after)
            if self.is_first:
                self.is_first = False
                theirs.refresh(EngineSource(lambda: engine))
            return found

    mine.refresh(Overtaken(lambda: engine))

    assert tables_of(at_copy(mine)) == tables_of(lite.near("ada"))
    assert engine.head() == mine.head == theirs.head


def test_a_copy_that_is_damaged_is_made_anew(lite: Far) -> None:
    lite.story()
    copy = lite.replica()
    copy.refresh(lite.at("ada"))
    copy.close()
    copy.path.write_bytes(b"no database" * 1000)

    found = reading(lite.at("ada", replica=lite.replica()), "rig list")
    assert direct(lite.near("ada"), "rig list") == found


@pytest.mark.parametrize(
    "changed",
    [
        Changed("wanted", "w-1", {"id": "w-1", "no_column": 1}),
        Changed("wanted", "w-1", {"id": "w-1", "title": ["a", "list"]}),  # type: ignore[dict-item]
        Changed("wanted", "w-1", {"id": "w-1", "title": "\ud800"}),
        Changed("sqlite_schema", "w-1", None),
        Changed("wanted`; DROP TABLE `wanted", "w-1", None),
    ],
)
def test_rows_that_no_commons_has_are_refused_and_the_copy_is_dropped(
    lite: Far, changed: Changed
) -> None:
    copy = lite.replica()
    copy.refresh(lite.at("ada"))

    class Hostile(EngineSource):
        """Says that something else happened."""

        def changes(self, after: str) -> Changes:
            del after
            return Changes("f" * 40, is_whole=True, rows=[changed])

    with pytest.raises(ReplicaError):
        copy.refresh(Hostile(lambda: lite.near("ada").engine))
    assert not copy.path.exists()


def test_a_source_that_never_ends_its_pages_is_left(lite: Far) -> None:
    class Endless(EngineSource):
        """Repeats its page."""

        def page(self, table: str, at: str, after: str | None) -> Page:
            del after
            return Page(super().page(table, at, None).items, "again")

    copy = lite.replica()
    with pytest.raises(ReplicaError):
        copy.refresh(Endless(lambda: lite.near("ada").engine))
    assert [] == [path.name for path in copy.path.parent.iterdir()]


def test_a_hub_that_has_no_such_routes_is_asked_for_everything(lite: Far) -> None:
    lite.story()

    class Older(httpx2.BaseTransport):
        """A hub before copies."""

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/changes"):
                return httpx2.Response(404, json={"code": "not_found", "detail": "No such route."})
            return lite.wire.handle_request(request)

    http = Http(ROOT, transport=Older(), limits=Limits(tries=1))
    older = DistantCommons(http, BOARD, SEATS["ada"], near=lite.nearby("ada", lite.replica()))

    assert direct(lite.near("ada"), "rig list") == reading(older, "rig list")
    assert "" == older.stale_because


def test_a_copy_cannot_be_written(lite: Far) -> None:
    copy = lite.replica()
    copy.refresh(lite.at("ada"))
    with pytest.raises(Unsupported):
        at_copy(copy).post(title="Into nothing")
    assert copy.head == lite.near("ada").engine.head()


def test_a_copy_is_for_nobody_else_to_read(lite: Far) -> None:
    copy = lite.replica()
    copy.refresh(lite.at("ada"))

    assert 0o600 == stat.S_IMODE(copy.path.stat().st_mode)
    assert 0o700 == stat.S_IMODE(copy.path.parent.stat().st_mode)


def test_its_age_counts_from_when_the_hub_was_last_heard(lite: Far) -> None:
    copy = lite.replica()
    assert copy.seen_at is None
    copy.refresh(lite.at("ada"))
    os.utime(copy.path, (1_000_000, 1_000_000))
    first = copy.seen_at
    copy.refresh(lite.at("ada"))

    assert first is not None
    assert copy.seen_at is not None
    assert copy.seen_at > first


def test_a_private_board_is_followed_by_its_members_alone(lite: Far) -> None:
    hide(lite.desk)

    assert reading(lite.at("mia", replica=lite.replica("mia")), "rig list")
    with pytest.raises(NotFound):
        reading(lite.at("ada", replica=lite.replica("ada")), "rig list")
    for path in ("changes", "tables/wanted/rows?at=" + "a" * 40):
        assert 404 == lite.desk.send("GET", _route(path), "ada").status_code
        assert 404 == lite.desk.send("GET", _route(path)).status_code


def test_only_tables_of_a_commons_and_commits_are_told(lite: Far) -> None:
    head = lite.near("ada").engine.head()
    for path, status in (
        (f"tables/sqlite_schema/rows?at={head}", 404),
        (f"tables/dolt_log/rows?at={head}", 404),
        ("tables/wanted/rows?at=main", 422),
        ("tables/wanted/rows?at=" + "0" * 40, 404),
        (f"tables/wanted/rows?at={head}", 200),
    ):
        assert status == lite.desk.send("GET", _route(path)).status_code, path


def _route(name: str) -> str:
    return f"/api/v1/commons/acme/board/{name}"


def test_a_copy_follows_a_database_behind_the_rest_api(lite: Far) -> None:
    token = Secret(lite.desk.tokens["ada"])
    http = Http(ROOT, token, transport=lite.wire, limits=Limits(tries=1))
    there = EngineSource(lambda: DoltHubEngine(http, "acme", "board"))
    copy = lite.replica()
    copy.refresh(there)
    lite.story()
    lite.wire.seen.clear()
    copy.refresh(there)
    asked = len(lite.wire.seen)
    copy.refresh(there)

    home, away = lite.near("mia"), at_copy(copy)
    assert home.engine.head() == copy.head
    for name, values in LISTED:
        assert direct(home, name, **values) == direct(away, name, **values)
    assert len(lite.wire.seen) - asked <= 2
