"""What lies between the ends of a branch is nobody's business, and never becomes main's."""

from __future__ import annotations

from datetime import timedelta

from commons.casts import NOON, REPO, Cast

_RAISE = "UPDATE `rigs` SET `trust_level` = :level WHERE `handle` = 'ben'"
_RETITLE = "UPDATE `wanted` SET `title` = 'Better' WHERE `id` = :id"


def test_a_raised_trust_that_is_taken_back_on_the_branch_never_reaches_main(cast: Cast) -> None:
    """Nor does a commit of the branch decide whose name main's commit bears."""
    item_id = cast.ben.post(title="Ben's own").id
    fork = cast.host.fork(REPO, "ben")
    engine, branch = cast.host.engine(fork), f"wl/ben/{item_id}"
    engine.create_branch(branch)
    for number, (sql, params) in enumerate(
        ((_RAISE, {"level": 3}), (_RAISE, {"level": 1}), (_RETITLE, {"id": item_id}))
    ):
        with engine.change(branch) as change:
            change.execute(sql, params)  # type: ignore[arg-type]
            at = NOON + timedelta(seconds=number)
            change.commit(f"step {number}", author="max", at=at, tables=["rigs", "wanted"])
    pull = cast.host.open_pull(
        REPO, source=fork, branch=branch, title="An edit", body="", author="ben"
    )

    cast.max.merge(pull.id)

    levels = {version.row["trust_level"] for version in cast.engine.history("rigs", "ben")}
    assert {1} == levels
    assert "ben" == cast.engine.log(limit=1)[0].author
    assert "Better" == cast.max.show(item_id).item.title
