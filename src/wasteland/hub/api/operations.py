"""
Routes made from the operations table: a row and its method's signature give path, inputs, answer.

Nothing here knows any one operation. Inputs of reads are query parameters, those of writes a JSON
object; lists come in pages, ``{"items": [...], "next": cursor}``, with ``Link`` to the next.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, get_type_hints

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, create_model
from starlette.datastructures import URL
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.methods import method, owner
from ...commons.operations import OPERATIONS, Kind, Operation, Param
from ...commons.session import Session
from ...protocol.errors import Invalid
from ...protocol.names import visible
from ..http.asked import Asked, AskingRepo
from ..http.paths import segment
from ..tokens import Scope
from .place import PREFIX

_OF_WRITES: Final = ("op_id", "dry_run")
_PAGE: Final = 50
_MOST: Final = 1000
_LONGEST_CURSOR: Final = 64


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
            return _read(asked, row, values)
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


def _read(asked: Asked, row: Operation, values: dict[str, Any]) -> Response:
    cursor, limit = values.pop("cursor", ""), int(values.get("limit", _PAGE))
    start = _read_cursor(cursor)
    if not 1 <= limit <= _MOST:
        raise Invalid(f"limit is 1 to {_MOST}, not {limit}.", field="limit", value=limit)
    if "limit" in inspect.signature(method(row)).parameters:
        values["limit"] = start + limit + 1
    else:
        values.pop("limit", None)
    result = _call(asked, row, values)
    if not isinstance(result, list | tuple):
        return _answer(asked, to_data(result))
    after = _cursor(start + limit) if len(result) > start + limit else ""
    page = {"items": to_data(result[start : start + limit]), "next": after}
    return _answer(asked, page, _next_link(asked, after) if after else "")


def _written(asked: Asked, row: Operation, values: dict[str, Any]) -> Response:
    asked.caller.need_scope(Scope.WRITE)
    receipt = to_data(_call(asked, row, values))
    return Response(_json(receipt), media_type="application/json")


def _call(asked: Asked, row: Operation, values: Mapping[str, Any]) -> Any:
    repo = asked.repo()
    session: Session = asked.hub.session(asked.caller, repo, owner(row), rig=asked.rig)
    session.place = str(asked.request.base_url)
    return getattr(session, row.method.partition(".")[2])(**values)


def _answer(asked: Asked, data: Any, link: str = "") -> Response:
    """Return a read's answer, or only that it is what the client has already."""
    text = _json(data)
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Authorization, X-Wasteland-Rig"}
    if link:
        headers["Link"] = link
    if asked.has(tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, default=str).encode(errors="replace")


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


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _next_link(asked: Asked, cursor: str) -> str:
    url = URL(scope=asked.request.scope).include_query_params(cursor=cursor)
    return f'<{url.path}?{url.query}>; rel="next"'


def _read_cursor(text: str) -> int:
    if not text:
        return 0
    try:
        start = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        start = ""
    if not (start.isascii() and start.isdecimal() and len(start) < 8):
        raise Invalid(f"{visible(text)} is no cursor of this hub.", field="cursor", value=text)
    return int(start)


router = router_of(OPERATIONS)
