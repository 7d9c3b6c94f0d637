"""What the gate is told about rigs, read from main."""

from __future__ import annotations

import pytest

from commons.casts import NOON, Cast
from wasteland.commons import queries
from wasteland.commons.authority import load_authority
from wasteland.engines.base import Engine
from wasteland.protocol.diff import RowChange
from wasteland.protocol.gate import Authority
from wasteland.protocol.owners import same_owner
from wasteland.protocol.records import Rig, Stamp


def write(engine: Engine, *rigs: Rig) -> None:
    """Put *rigs* on main, as another program does."""
    with engine.change() as change:
        for rig in rigs:
            row = {name: value for name, value in rig.to_row().items() if value is not None}
            names = ", ".join(f"`{name}`" for name in row)
            values = ", ".join(f":{name}" for name in row)
            change.execute(f"INSERT INTO rigs ({names}) VALUES ({values})", row)
        change.commit("rigs", author="max", at=NOON, tables=["rigs"])


def authority(cast: Cast, rig: str, *rows: RowChange) -> Authority:
    query = queries.at(cast.engine)
    return load_authority(query, rows, handle=rig, account=rig, at=NOON, token="t", owned=True)


def added(record: Rig | Stamp) -> RowChange:
    return RowChange(record.table, None, record.to_row())


def test_a_stamp_between_two_of_very_many_rigs_of_one_account_is_seen_through(cast: Cast) -> None:
    """Kin are followed up to a bound; both sides of a stamp are known whatever their number."""
    fleet = [Rig(f"fleet-{n:03}", dolthub_org="fleet") for n in range(450)]
    write(cast.engine, *fleet)

    for author, subject in (("fleet-000", "fleet-449"), ("fleet-449", "fleet-000")):
        found = authority(cast, author, added(Stamp("s-1", author, subject, {"quality": 1})))
        assert same_owner(author, subject, rigs=found.rigs, links=found.links)


def test_all_that_answer_for_an_agent_are_known(cast: Cast) -> None:
    write(cast.engine, Rig("lead", parent_rig="ada"), Rig("hand", parent_rig="lead"))

    assert set(authority(cast, "hand").rigs) == {"hand", "lead", "ada"}


def test_agents_in_a_circle_are_followed_once(cast: Cast) -> None:
    write(cast.engine, Rig("egg", parent_rig="hen"), Rig("hen", parent_rig="egg"))

    assert set(authority(cast, "hen").rigs) == {"egg", "hen"}


@pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)
def test_handles_that_read_alike_are_found_among_many(cast: Cast) -> None:
    alike = ["c0le-1", "cole-l", "COLE-1", "cole_1"]
    write(cast.engine, *(Rig(handle) for handle in [*alike, "cole-2", "colea1", "coole-1"]))

    found = authority(cast, "cole-1", added(Rig("cole-1"))).lookalikes

    assert set(found) == set(alike)
    assert authority(cast, "mole-1", added(Rig("mole-1"))).lookalikes == []
