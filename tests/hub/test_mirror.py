"""Mirrors follow, refuse to be written, and take over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from commons.casts import NOON, REPO, Cast
from hub.played import finish, play, servers, stage, tale
from wasteland.hosts.base import PullState
from wasteland.hosts.digests import digest
from wasteland.hosts.local import LocalHost
from wasteland.hub.mirror import Mirror, age, promote
from wasteland.protocol.errors import Conflict, NotFound, Unsupported

BOTH = [
    pytest.param(("doltlite", "doltlite"), id="fetched"),
    pytest.param(("doltlite", "dolt"), id="to-dolt", marks=pytest.mark.dolt),
    pytest.param(("dolt", "doltlite"), id="from-dolt", marks=pytest.mark.dolt),
    pytest.param(("dolt", "dolt"), id="on-dolt", marks=pytest.mark.dolt),
]


class Pair:
    """A commons and its mirror."""

    def __init__(self, cast: Cast, mirror: Mirror) -> None:
        self.claimed = play(cast)[2]
        self.cast = cast
        self.mirror = mirror

    @property
    def target(self) -> LocalHost:
        return self.mirror.target

    def there(self) -> tuple[object, ...]:
        return seen(self.cast.host)

    def here(self) -> tuple[object, ...]:
        return seen(self.target)


def seen(host: LocalHost) -> tuple[object, ...]:
    """Return what must be the same on both sides; hashes may differ."""
    pulls = host.pulls(REPO, state=None)
    waiting = [pull for pull in pulls if pull.state is PullState.OPEN]
    return (
        tale(host.engine(REPO)),
        digest(host.engine(REPO)),
        [(p.id, p.title, p.body, p.author, p.source, p.branch, p.state) for p in pulls],
        [[(c.table, c.key, c.cells) for c in host.changes(pull)] for pull in waiting],
        [host.comments(REPO, pull.id) for pull in pulls],
    )


@pytest.fixture(params=BOTH)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """A played commons and a mirror of it that was not pulled yet, on each pair of engines."""
    one, other = request.param
    dolt = request.getfixturevalue("dolt_program") if "dolt" in request.param else None
    roots = tmp_path / "host", tmp_path / "mirror"
    with (
        servers(*roots, dolt=dolt),
        stage(roots[0], engine=one, dolt=dolt) as cast,
        LocalHost(roots[1], clock=cast.clock, dolt=dolt) as target,
    ):
        yield Pair(cast, Mirror(cast.host, REPO, target, engine=other))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Pair]:
    """The same on files."""
    with (
        stage(tmp_path / "host") as cast,
        LocalHost(tmp_path / "mirror", clock=cast.clock) as target,
    ):
        yield Pair(cast, Mirror(cast.host, REPO, target))


def test_a_mirror_follows_main_and_pull_requests(pair: Pair) -> None:
    pair.mirror.pull()
    assert pair.there() == pair.here()

    waiting = pair.cast.host.pulls(REPO)[0]
    finish(pair.cast, waiting.branch.rpartition("/")[2])
    pair.cast.submitted()
    pair.cast.host.comment(REPO, "3", author="eve", body="me too")
    report = pair.mirror.pull()

    assert pair.there() == pair.here()
    assert (True, 2, {}) == (report.moved, report.pulls, report.skipped)
    again = pair.mirror.pull()
    assert (False, 0) == (again.moved, again.pulls)


def test_a_mirror_takes_over_when_its_source_is_gone(pair: Pair) -> None:
    pair.mirror.pull()
    before = pair.here()
    (waiting,) = pair.cast.host.pulls(REPO)
    pair.cast.host.close()
    if pair.cast.host.storage("doltlite").exists(REPO):
        shutil.rmtree(pair.cast.host.root)

    promote(pair.target, REPO)

    assert before == pair.here()
    cast = Cast(pair.target, pair.cast.clock)
    finish(cast, waiting.branch.rpartition("/")[2])
    assert PullState.MERGED is pair.target.pull(REPO, waiting.id).state
    cast.ben.unclaim(pair.claimed)
    cast.eve.claim(cast.posted("Posted after the move"))


def test_a_mirror_refuses_to_be_written_until_it_is_promoted(files: Pair) -> None:
    files.mirror.pull()
    before = files.here()
    cast = Cast(files.target, files.cast.clock)
    (pull,) = files.target.pulls(REPO)
    fork = files.target.fork(REPO, "eve")

    for write in (
        cast.posted,
        lambda: cast.max.merge(pull.id),
        lambda: cast.max.set_rule("posts_per_day", "1"),
        lambda: files.target.comment(REPO, pull.id, author="x", body="y"),
        lambda: files.target.end_pull(REPO, pull.id, state=PullState.CLOSED),
        lambda: files.target.open_pull(
            REPO, source=fork, branch="b", title="", body="", author="eve"
        ),
    ):
        with pytest.raises(Unsupported, match="mirror"):
            write()
    assert before == files.here()

    promote(files.target, REPO)
    assert cast.posted()
    with pytest.raises(NotFound):
        promote(files.target, REPO)


def test_a_mirror_says_how_old_it_is(files: Pair) -> None:
    with pytest.raises(NotFound):
        age(files.target, REPO)
    files.mirror.pull()
    files.cast.clock.move(hours=2)

    assert timedelta(hours=2) == files.mirror.age() == age(files.target, REPO)
    files.mirror.pull()
    assert timedelta(0) == files.mirror.age()


def test_a_rewritten_source_is_not_followed(files: Pair) -> None:
    files.mirror.pull()
    before = files.here()
    files.cast.engine.move_branch("main", files.cast.engine.log()[2].hash)
    files.cast.posted("Written after the history was cut")

    with pytest.raises(Conflict, match="rewritten"):
        files.mirror.pull()

    assert before == files.here()


def test_a_commons_of_ones_own_is_never_overwritten(files: Pair, tmp_path: Path) -> None:
    with stage(tmp_path / "other") as own:
        with pytest.raises(Conflict):
            Mirror(files.cast.host, REPO, own.host).pull()
        assert own.posted()


def test_a_pull_that_died_half_way_is_made_up_for(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.mirror.pull()
    item = pair.cast.submitted()
    pair.cast.posted()
    for name in ("add_commits", "put_pull", "store"):
        with monkeypatch.context() as patch:
            patch.setattr(pair.target.state.mirrors, name, _die)
            with suppress(KeyboardInterrupt):
                pair.mirror.pull()

    pair.mirror.pull()

    assert pair.there() == pair.here()
    assert item in {pull.branch.rpartition("/")[2] for pull in pair.target.pulls(REPO)}


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_branch_that_cannot_be_had_is_named_and_keeps_nothing_back(files: Pair) -> None:
    (pull,) = files.cast.host.pulls(REPO)
    engine = files.cast.host.engine(pull.source)
    with engine.change(pull.branch) as change:
        change.execute("INSERT INTO wanted (id, title) VALUES ('w-odd', 't')")
        change.commit("odd", author="ben", at=NOON, tables=["wanted"])
    files.cast.host.update_pull(REPO, pull.id)
    lost = replace(pull, id="9", branch="wl/ben/gone", head="0" * 40)
    files.cast.host.state.mirrors.put_pull(lost)

    report = files.mirror.pull()

    assert ["9"] == list(report.skipped)
    assert digest(files.cast.engine) == digest(files.target.engine(REPO))
    assert 2 == len(files.target.pulls(REPO))
