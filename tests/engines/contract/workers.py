"""What the processes do that the tests of races start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from engines.laboratory import AT, post
from wasteland.engines.base import Engine
from wasteland.engines.sql import insert_sql
from wasteland.protocol.errors import Conflict, Stale
from wasteland.protocol.schema import LEASES

CLAIM = "UPDATE wanted SET status = 'claimed' WHERE id = :id AND status = 'open'"
LEASE = insert_sql(LEASES, LEASES.column_names)
IS_OPEN = "SELECT id FROM wanted WHERE id = :id AND status = 'open'"


def claim_each(
    opener: Callable[[], Engine], items: Sequence[str], token: str, pipe: Connection
) -> None:
    """Wait for the word, then try to claim every item; send what came of each."""
    with opener() as engine:
        engine.head()
        pipe.send("ready")
        pipe.recv()
        pipe.send({item: _claim(engine, item, token) for item in items})


def commit_until_killed(opener: Callable[[], Engine], name: str, pipe: Connection) -> None:
    """Commit items without end; send the hash of each commit once it is acknowledged."""
    with opener() as engine:
        number = 0
        while True:
            pipe.send(post(engine, f"{name}-{number}", f"{name}-{number}-twin"))
            number += 1


def _claim(engine: Engine, item: str, token: str) -> str:
    """Return "won", or the code of the error that says it was lost."""
    while True:
        try:
            _try_to_claim(engine, item, token)
        except Stale as error:
            # Stale says "read again": the item may be open still, if only the branch had moved.
            if not engine.read(IS_OPEN, {"id": item}):
                return error.code
        except Conflict as error:
            return error.code
        else:
            return "won"


def _try_to_claim(engine: Engine, item: str, token: str) -> None:
    lease = {"wanted_id": item, "holder": "same-rig", "token": token}
    with engine.change() as change:
        change.execute(CLAIM, {"id": item})
        change.execute(LEASE, {**lease, "expires_at": "2026-01-05 00:00:00"})
        change.commit(f"claim {item}", author=token, at=AT, tables=["wanted", "wlx_leases"])
