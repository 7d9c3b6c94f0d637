"""Operations that write no rows, remarks and longer leases, are repeated without harm too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commons.casts import REPO, Cast, Clone, refusal
from wasteland.hosts.local import LocalHost
from wasteland.protocol.errors import Conflict, Unsupported

OP = "op-again"


class Death(BaseException):
    """The process is gone."""


def offered(cast: Cast) -> str:
    """Return a pull request that waits."""
    return cast.ada.update(cast.posted(), title="Better").pull


def bodies(cast: Cast, pull: str) -> list[str]:
    """Return the remarks on a pull request."""
    return [remark.body for remark in cast.host.comments(REPO, pull)]


def die_after(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the process die when the host has done *name*."""
    real = getattr(LocalHost, name)

    def deadly(*args: object, **named: object) -> None:
        real(*args, **named)
        raise Death

    monkeypatch.setattr(LocalHost, name, deadly)


def test_a_remark_is_kept_once_however_often_it_is_repeated(cast: Cast) -> None:
    pull = offered(cast)
    first = cast.max.comment(pull, body="Nice", op_id=OP)
    cast.clock.move(minutes=1)

    assert first == cast.max.comment(pull, body="Nice", op_id=OP)
    assert ["Nice"] == bodies(cast, pull)


def test_the_same_words_under_two_ids_are_two_remarks(cast: Cast) -> None:
    pull = offered(cast)
    cast.max.comment(pull, body="Nice", op_id=OP)
    cast.max.comment(pull, body="Nice", op_id="op-other")
    cast.max.comment(pull, body="Nice")

    assert ["Nice"] * 3 == bodies(cast, pull)


def test_a_remark_is_repeated_when_its_pull_request_is_not_found_by_name_any_more(
    cast: Cast,
) -> None:
    item = cast.posted()
    cast.ada.update(item, title="Better")
    first = cast.max.comment(item, body="Nice", op_id=OP)
    cast.max.merge(item)

    assert first == cast.max.comment(item, body="Nice", op_id=OP)


@pytest.mark.parametrize("step", ["begin_operation", "comment", "finish_operation"])
def test_a_remark_repeated_after_a_death_is_kept_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    pull = offered(cast)
    with monkeypatch.context() as deadly:
        die_after(deadly, step)
        with pytest.raises(Death):
            cast.max.comment(pull, body="Nice", op_id=OP)

    first, again = (cast.max.comment(pull, body="Nice", op_id=OP) for _ in range(2))

    assert first == again
    assert ["Nice"] == bodies(cast, pull)
    assert [] == cast.host.unfinished(REPO)


def test_an_operation_id_of_another_remark_is_refused(cast: Cast) -> None:
    pull = offered(cast)
    cast.max.comment(pull, body="Nice", op_id=OP)

    errors = [
        refusal(lambda: cast.max.comment(pull, body="Not nice", op_id=OP)),
        refusal(lambda: cast.ben.comment(pull, body="Nice", op_id=OP)),
    ]

    assert [Conflict, Conflict] == [type(error) for error in errors]
    assert ["Nice"] == bodies(cast, pull)


def test_a_remark_is_nothing_that_undo_takes_back(cast: Cast) -> None:
    item = cast.posted()
    cast.ben.claim(item)
    cast.ben.comment(offered(cast), body="Nice")

    assert "unclaim" == cast.ben.undo().operation


def test_an_extension_gets_the_same_receipt_and_extends_once(cast: Cast) -> None:
    item = cast.claimed()
    cast.clock.move(hours=1)
    first = cast.ben.extend(item, op_id=OP)
    ends = cast.host.renewals(REPO)
    cast.clock.move(hours=1)

    again = cast.ben.extend(item, op_id=OP)

    assert (OP, replace(first, replayed=True)) == (first.op_id, again)
    assert ends == cast.host.renewals(REPO)


@pytest.mark.parametrize("step", ["begin_operation", "renew_lease", "finish_operation"])
def test_an_extension_repeated_after_a_death_is_answered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    item = cast.claimed()
    cast.clock.move(hours=1)
    with monkeypatch.context() as deadly:
        die_after(deadly, step)
        with pytest.raises(Death):
            cast.ben.extend(item, op_id=OP)

    first, again = (cast.ben.extend(item, op_id=OP) for _ in range(2))

    assert first.note == again.note
    assert {item} == set(cast.host.renewals(REPO))
    assert [] == cast.host.unfinished(REPO)


def test_an_operation_id_of_another_extension_is_refused(cast: Cast) -> None:
    item = cast.claimed()
    cast.clock.move(hours=1)
    cast.ben.extend(item, op_id=OP)

    assert OP == refusal(lambda: cast.ben.extend(item, hours=3, op_id=OP)).facts["op_id"]


def test_an_extension_is_nothing_that_undo_takes_back(cast: Cast) -> None:
    item = cast.claimed()
    cast.clock.move(hours=1)
    cast.ben.extend(item)

    assert "unclaim" == cast.ben.undo().operation


def test_a_refused_extension_leaves_no_journal_entry(cast: Cast) -> None:
    item = cast.claimed()

    refusal(lambda: cast.eve.extend(item, op_id=OP))

    assert cast.host.operation(REPO, OP) is None


def test_where_no_remarks_are_kept_nothing_is_journaled(ada_clone: Clone) -> None:
    ada = ada_clone.seat("ada")
    ada.claim("w-com-001")

    error = refusal(lambda: ada.comment("wl/ada/w-com-001", body="Nice", op_id=OP))

    assert Unsupported is type(error)
    assert ada_clone.host.operation(REPO, OP) is None
