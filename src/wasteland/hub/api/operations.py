"""
Routes made from the operations table: a row and its method's signature give path, inputs, answer.

Nothing here knows any one operation. Inputs of reads are query parameters, those of writes a JSON
object; lists come in pages, ``{"items": [...], "next": cursor}``, with ``Link`` to the next.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, get_type_hints

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, create_model
from starlette.responses import Response

from ...commons import leases
from ...commons.board import Board
from ...commons.data import to_data
from ...commons.methods import method, owner
from ...commons.operations import OPERATIONS, Kind, Operation, Param
from ...commons.session import Session
from ...protocol.errors import Invalid
from ..http.asked import Asked, AskingRepo
from ..http.paths import segment
from ..tokens import Scope
from . import answers
from .place import PREFIX

_OF_WRITES: Final = ("op_id", "dry_run")
_PAGE: Final = 50
_MOST: Final = 1000
_LONGEST_CURSOR: Final = 4096


def router_of(rows: Sequence[Operation]) -> APIRouter:
    """Return the routes of *rows*, below ``/commons/{owner}/{database}``."""
    made = APIRouter(prefix=f"{PREFIX}/commons/{{owner}}/{{database}}", tags=["commons"])
    for row in rows:
        verb, _, path = row.route.partition(" ")
        made.add_api_route(
            path,
            _endpoint(row, path),
            methods=[verb],
            summary=row.summary,
            operation_id=row.name.replace(" ", "_"),
            response_class=Response,
        )
    return made


def _endpoint(row: Operation, path: str) -> Callable[..., Response]:
    call = method(row)
    hints = get_type_hints(call)
    inputs = [
        p
        for p in inspect.signature(call).parameters.values()
        if p.name not in {"self", *_OF_WRITES}
    ]
    in_path = [p.name for p in inputs if f"{{{p.name}}}" in path]
    others = [p for p in inputs if p.name not in in_path]
    takes = frozenset(inspect.signature(call).parameters)
    is_write = row.kind is Kind.WRITE

    def run(asked: Asked, **given: Any) -> Response:
        body = given.pop("body", None)
        values = {name: segment(given.pop(name)) for name in in_path}
        key = given.pop("idempotency_key", None)
        values |= body.model_dump(exclude_unset=True) if body else given
        values = {name: value for name, value in values.items() if value is not None}
        if not is_write:
            return _read(asked, row, values, has_limit="limit" in takes)
        if "op_id" in takes and key:
            values.setdefault("op_id", asked.op_id)
        return _written(asked, row, values)

    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=str) for name in in_path
    ]
    if is_write:
        extra += _write_parameters(row, others, hints, takes)
    else:
        extra += [_query(p, hints, row.params.get(p.name, Param())) for p in others]
        extra.append(_keyword("cursor", Annotated[str, Query(max_length=_LONGEST_CURSOR)], ""))
        if "limit" not in takes:
            extra.append(_keyword("limit", Annotated[int, Query(ge=1, le=_MOST)], _PAGE))
    asked = inspect.Parameter("asked", inspect.Parameter.KEYWORD_ONLY, annotation=AskingRepo)
    run.__signature__ = inspect.Signature([asked, *extra])  # type: ignore[attr-defined]
    run.__name__ = row.name.replace(" ", "_")
    run.__doc__ = f"{row.summary}."
    return run


def _read(asked: Asked, row: Operation, values: dict[str, Any], *, has_limit: bool) -> Response:
    cursor, limit = values.pop("cursor", ""), int(values.pop("limit", _PAGE))
    if not 1 <= limit <= _MOST:
        raise Invalid(f"limit is 1 to {_MOST}, not {limit}.", field="limit", value=limit)
    session = _session(asked, row)
    if isinstance(session, Board) and row.is_paged:
        return _board_page(asked, session, row, values, cursor=cursor, limit=limit)
    start = answers.number(cursor)
    if has_limit:
        values["limit"] = min(start + limit + 1, _MOST)
    result = _call(session, row, values)
    if not isinstance(result, list | tuple):
        return answers.answer(asked, to_data(result))
    place = str(start + limit) if len(result) > start + limit else ""
    return answers.page(asked, result[start : start + limit], place)


def _board_page(
    asked: Asked,
    session: Board,
    row: Operation,
    values: Mapping[str, Any],
    *,
    cursor: str,
    limit: int,
) -> Response:
    """Return a page of the board, of which nothing is read for a client that has it already."""
    leases.release_due(session)
    pulls = session.pending(mine=values.get("view") != "all")
    tag = answers.tag(
        session.engine.head(),
        session.seat.rig,
        *sorted(f"{name}={value}" for name, value in values.items()),
        f"{limit} after {cursor}",
        *(f"{pull.id} {pull.head}" for pull in pulls),
    )
    if asked.has(tag):
        return answers.unchanged(tag)
    session.after = answers.decoded(cursor)
    rows = _call(session, row, {**values, "limit": limit + 1})
    place = session.cursor_after(rows[limit - 1]) if len(rows) > limit else ""
    return answers.page(asked, rows[:limit], place, tag=tag)


def _written(asked: Asked, row: Operation, values: dict[str, Any]) -> Response:
    asked.caller.need_scope(Scope.WRITE)
    receipt = to_data(_call(_session(asked, row), row, values))
    return Response(answers.text_of(receipt), media_type="application/json")


def _session(asked: Asked, row: Operation) -> Session:
    session: Session = asked.hub.session(asked.caller, asked.repo(), owner(row), rig=asked.rig)
    session.place = str(asked.request.base_url)
    return session


def _call(session: Session, row: Operation, values: Mapping[str, Any]) -> Any:
    return getattr(session, row.method.partition(".")[2])(**values)


def _write_parameters(
    row: Operation,
    inputs: Sequence[inspect.Parameter],
    hints: Mapping[str, Any],
    takes: frozenset[str],
) -> list[inspect.Parameter]:
    fields: dict[str, Any] = {p.name: (hints[p.name], _default(p)) for p in inputs}
    fields |= {name: (hints[name], None) for name in _OF_WRITES if name in takes}
    if "dry_run" in fields:
        fields["dry_run"] = (bool, False)
    is_needed = any(default is ... for _, default in fields.values())
    model: type[BaseModel] = create_model(
        f"{row.name.title().replace(' ', '')}Input",
        __config__=ConfigDict(extra="forbid"),
        **fields,
    )
    found = (
        [_keyword("body", Annotated[model, Body()])]
        if is_needed
        else [_keyword("body", Annotated[model | None, Body()], None)]
    )
    if "op_id" in takes:
        header = Annotated[str | None, Header(max_length=256)]
        found.append(_keyword("idempotency_key", header, None))
    return found


def _query(
    parameter: inspect.Parameter, hints: Mapping[str, Any], param: Param
) -> inspect.Parameter:
    kind: Any = hints[parameter.name]
    described = Annotated[kind, Query(description=param.help)]
    return _keyword(parameter.name, described, _default(parameter))


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is inspect.Parameter.empty else parameter.default


def _keyword(name: str, annotation: Any, default: Any = ...) -> inspect.Parameter:
    empty = inspect.Parameter.empty
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=annotation,
        default=empty if default is ... else default,
    )


router = router_of(OPERATIONS)
