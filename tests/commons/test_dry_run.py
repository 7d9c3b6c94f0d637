"""A dry run answers with what the real run would change, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commons.casts import EVIDENCE, REPO, Cast
from wasteland.commons.receipts import Receipt, diff_json
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat

Write = Callable[[bool], Receipt]
OP = "op-rehearsed"


def posting(cast: Cast) -> Write:
    return lambda dry: cast.ada.post(title="New", tags="go", op_id=OP, dry_run=dry)


def claiming(cast: Cast) -> Write:
    item_id = cast.posted()
    return lambda dry: cast.ben.claim(item_id, op_id=OP, dry_run=dry)


def unclaiming(cast: Cast) -> Write:
    item_id = cast.claimed()
    return lambda dry: cast.ben.unclaim(item_id, op_id=OP, dry_run=dry)


def handing_over(cast: Cast) -> Write:
    item_id = cast.claimed()
    return lambda dry: cast.ben.handover(item_id, to="eve", op_id=OP, dry_run=dry)


def updating(cast: Cast) -> Write:
    item_id = cast.posted()
    return lambda dry: cast.ada.update(item_id, title="Better", op_id=OP, dry_run=dry)


def updating_again(cast: Cast) -> Write:
    item_id = cast.posted()
    cast.ada.update(item_id, title="Better")
    return lambda dry: cast.ada.update(item_id, title="Best", op_id=OP, dry_run=dry)


def withdrawing(cast: Cast) -> Write:
    item_id = cast.posted()
    return lambda dry: cast.ada.withdraw(item_id, op_id=OP, dry_run=dry)


def submitting(cast: Cast) -> Write:
    item_id = cast.claimed()
    return lambda dry: cast.ben.done(item_id, evidence=EVIDENCE, op_id=OP, dry_run=dry)


def accepting(cast: Cast) -> Write:
    item_id = cast.submitted()
    return lambda dry: cast.max.accept(item_id, quality="good", op_id=OP, dry_run=dry)


def rejecting(cast: Cast) -> Write:
    item_id = cast.submitted()
    return lambda dry: cast.max.reject(item_id, reason="No", op_id=OP, dry_run=dry)


def rejecting_on_main(cast: Cast) -> Write:
    cast.max.set_rule("mode", "direct")
    item_id = cast.submitted()
    return lambda dry: cast.max.reject(item_id, reason="No", op_id=OP, dry_run=dry)


def closing(cast: Cast) -> Write:
    item_id = cast.submitted()
    return lambda dry: cast.max.close(item_id, op_id=OP, dry_run=dry)


def merging(cast: Cast) -> Write:
    pull = cast.ada.update(cast.posted(), title="Better").pull
    return lambda dry: cast.max.merge(pull, op_id=OP, dry_run=dry)


def undoing(cast: Cast) -> Write:
    cast.claimed()
    return lambda dry: cast.ben.undo(op_id=OP, dry_run=dry)


def undoing_an_offer(cast: Cast) -> Write:
    cast.submitted()
    return lambda dry: cast.ben.undo(op_id=OP, dry_run=dry)


def registering(cast: Cast) -> Write:
    zoe = Commons(cast.host, REPO, Seat("zoe", "zoe"))
    return lambda dry: zoe.register(op_id=OP, dry_run=dry)


def trusting(cast: Cast) -> Write:
    return lambda dry: cast.max.trust("ben", 2, op_id=OP, dry_run=dry)


def linking(cast: Cast) -> Write:
    return lambda dry: cast.ada.link("ben", op_id=OP, dry_run=dry)


def ruling(cast: Cast) -> Write:
    return lambda dry: cast.max.set_rule("lease_hours", "24", op_id=OP, dry_run=dry)


WRITES = (
    posting,
    claiming,
    unclaiming,
    handing_over,
    updating,
    updating_again,
    withdrawing,
    submitting,
    accepting,
    rejecting,
    rejecting_on_main,
    closing,
    merging,
    undoing,
    undoing_an_offer,
    registering,
    trusting,
    linking,
    ruling,
)


@pytest.mark.parametrize("prepare", WRITES, ids=lambda prepare: prepare.__name__)
def test_a_dry_run_shows_the_rows_of_the_real_run_and_writes_nothing(
    cast: Cast, prepare: Callable[[Cast], Write], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasteland.commons.merge.secrets.token_hex", lambda size: "0" * 2 * size)
    write = prepare(cast)
    before, heads = cast.world(), head_of_everything(cast)

    rehearsed = write(True)

    assert ("dry_run", "") == (rehearsed.state, rehearsed.commit)
    assert (before, heads) == (cast.world(), head_of_everything(cast))
    real = write(False)
    assert not real.replayed
    assert (real.rows, real.records) == (rehearsed.rows, rehearsed.records)
    assert (real.before, real.after) == (rehearsed.before, rehearsed.after)
    if real.commit:
        assert changes_of(cast, real) == sorted(map(str, rehearsed.diff))
        assert rehearsed.sql


def head_of_everything(cast: Cast) -> list[str]:
    """Return the heads of all branches everywhere."""
    engines = [cast.engine, *(cast.host.engine(fork) for fork in cast.host.forks(REPO))]
    return [branch.head for engine in engines for branch in engine.branches("wl/")]


def changes_of(cast: Cast, receipt: Receipt) -> list[str]:
    """Return what the receipt's commit changed, as a dry run tells it."""
    source, _, branch = receipt.branch.partition(":")
    engine = cast.host.engine(REPO.parse(source)) if branch else cast.engine
    rows = engine.diff(f"{receipt.commit}~1", receipt.commit)
    return sorted(map(str, diff_json(rows)))
