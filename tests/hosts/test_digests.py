"""One digest for each table, on either engine."""

from __future__ import annotations

from hosts.boards import BOARD, NOON, write
from wasteland.hosts.base import Host
from wasteland.hosts.digests import digest

_KNOWN = "8c96df0ba1e7a7036c49ed81a5e9e894c2227563db2ed4daf20485454b027ec2"


def test_a_digest_is_of_the_ref_that_is_asked_for(forge: Host) -> None:
    engine = forge.engine(BOARD)
    before = engine.head()
    first = digest(engine)
    write(engine, "main", "UPDATE wanted SET title = :t WHERE id = 'w-1'", {"t": "new"})

    assert first == digest(engine, before)
    assert first["wanted"] != digest(engine)["wanted"]
    assert first["rigs"] == digest(engine)["rigs"]
    assert ["wanted"] == list(digest(engine, tables={"wanted"}))
    assert NOON == engine.log(limit=1)[0].at


def test_both_engines_give_the_same_digest(forge: Host) -> None:
    engine = forge.engine(BOARD)
    sql = (
        "INSERT INTO stamps (id, author, subject, valence, confidence, created_at) "
        "VALUES ('s-1', 'a', 'b', :valence, :confidence, '2026-01-02 03:04:05')"
    )
    with engine.change() as change:
        change.execute(sql, {"valence": '{"q": 1.50, "a": 1.0}', "confidence": 0.1 + 1 / 7})
        change.commit("stamp", author="a", at=NOON, tables=["stamps"])

    assert digest(engine)["stamps"] == _KNOWN
