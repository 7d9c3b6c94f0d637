"""
What the published description allows, and what it forbids, is sent to every operation it names.

No answer tells of a mistake of ours, and each is one that the description knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.crawl import is_broken, is_in_own_form
from hub.desks import Desk
from wasteland.hub.app import routes

SEED: Final = 4
EXAMPLES: Final = 50
PARTS: Final = 16
"""Tests among which the operations are dealt out, so that they can run beside each other."""
_CHECKS: Final = (
    status_code_conformance,
    response_headers_conformance,
    content_type_conformance,
    response_schema_conformance,
)
_QUIET: Final = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _operations(desk: Desk) -> list[Any]:
    """Return the operations of the hub's description, as the library reads it."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema: Any = schemathesis.openapi.from_dict(routes(desk.hub).openapi(), config=config)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_operation_breaks_or_answers_what_is_not_described(desk: Desk, part: int) -> None:
    desk.hub.stopping.set()  # so that nothing waits for changes
    names = _names(desk)
    operations = _operations(desk)[part::PARTS]
    wrong = [fault for operation in operations for fault in _faults(desk, operation, names)]

    assert [] == wrong
    assert operations


def _names(desk: Desk) -> dict[str, str]:
    return {
        "owner": "acme",
        "database": "board",
        "id": desk.post(),
        "handle": "mia",
        "ref": "main",
        "table": "wanted",
        "pull_id": "1",
        "pull": "1",
        "rule": "mode",
        "username": "acme",
    }


def _faults(desk: Desk, operation: Any, names: Mapping[str, str]) -> list[str]:
    """Send examples of an operation, as it is described and otherwise; return what is wrong."""
    wrong: list[str] = []
    repository = {name: names[name] for name in ("owner", "database")}
    right_and_wrong = strategies.one_of(
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=_used(operation, names)),
        operation.as_strategy(
            GenerationMode.NEGATIVE, path_parameters=_used(operation, repository)
        ),
    )

    @seed(SEED)
    @_QUIET
    @given(right_and_wrong)
    def send(case: Any) -> None:
        headers = {"authorization": f"token {desk.tokens['acme']}"}
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1", headers=headers)
        answer = desk.client.request(**sent)
        wrong.extend(f"{operation.label}: {fault}" for fault in _wrong_with(case, answer))

    send()
    return wrong[:3]


def _used(operation: Any, names: Mapping[str, str]) -> dict[str, str] | None:
    return {n: text for n, text in names.items() if f"{{{n}}}" in operation.path} or None


def _wrong_with(case: Any, answer: Any) -> Iterator[str]:
    if is_broken(answer) or not is_in_own_form(case.operation.path, answer):
        yield f"{answer.status_code} {answer.text[:200]}"
    else:
        try:
            case.validate_response(answer, checks=_CHECKS)
        except schemathesis.errors.FailureGroup as error:
            yield f"{answer.status_code} {str(error)[:400]}"
