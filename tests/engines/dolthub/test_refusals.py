"""What hosts say in words, as errors of ours."""

from __future__ import annotations

import pytest

from wasteland.engines.dolthub.refusals import sql_refusal
from wasteland.protocol.errors import (
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    Unauthenticated,
    Unavailable,
    Unsupported,
    WastelandError,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("query error: branch not found", NotFound),
        ("query error: table not found: seals", NotFound),
        ("no such repository", NotFound),
        ("query error: context deadline exceeded", Unavailable),
        ("Unsupported SQL statement: CALL DOLT_BRANCH('-D', 'b')", Unsupported),
        ("Error 1213 (40001): serialization failure", Stale),
        ("duplicate primary key given: [w-1]", Conflict),
        ("Check constraint 'chk' violated", Conflict),
        ("string 'xxx' is too large for column 'status'", Invalid),
        ("Invalid JSON text: no", Invalid),
        ("API token is not allowed to operate on this resource", Forbidden),
        ("no token found for given API token", Unauthenticated),
        ("syntax error at position 3 near 'SELEC'", EngineError),
        ("", EngineError),
    ],
)
def test_a_failed_statement_is_told_by_its_text(text: str, kind: type[WastelandError]) -> None:
    error = sql_refusal({"query_execution_message": text}, "the host")

    assert kind is type(error)


def test_a_code_says_more_than_the_text() -> None:
    data = {"code": "stale", "query_execution_message": "query error: not found", "found": 0}

    error = sql_refusal(data, "the host")

    assert (Stale, 0) == (type(error), error.facts["found"])


def test_a_broken_constraint_is_named() -> None:
    error = sql_refusal({"query_execution_message": "duplicate key: w-1"}, "the host")

    assert "duplicate key: w-1" == error.facts["constraint"]
