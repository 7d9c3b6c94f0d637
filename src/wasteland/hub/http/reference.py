"""
The reference of the APIs as a page, made from the OpenAPI description, and the way there.

A reader without scripts, offline, sees every route with what it takes and what it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .openapi import TAGS, Json, api_of, operations
from .pages import page

router = APIRouter(include_in_schema=False)

_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "v1": ("Commons", "Our own API: what the command line does, with problem bodies for errors."),
    "feeds": ("Feeds", "What happens, for feed readers."),
    "v1alpha1": ("DoltHub v1alpha1", "The API that existing clients speak."),
    "v2": ("DoltHub v2", "DoltHub's second API: an envelope, and operations to poll."),
}
_ORDER: Final = list(TAGS)
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Field:
    """
    Something that a route takes.

    Attributes:
        place: path, query, header or body.
        kind: Its type in words.
        default: As JSON; "" for none.
    """

    name: str
    place: str
    kind: str
    is_required: bool
    default: str
    help: str


@dataclass(frozen=True, slots=True)
class Route:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    needs_token: bool
    fields: Sequence[Field]
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """The routes of one tag."""

    id: str
    title: str
    text: str
    routes: list[Route] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Api:
    """One API."""

    id: str
    title: str
    text: str
    sections: Mapping[str, Section]

    @property
    def count(self) -> int:
        """How many routes it has."""
        return sum(len(section.routes) for section in self.sections.values())


@router.get("/api")
def reference(request: Request) -> Response:
    """Show the reference of the APIs."""
    schema = request.app.openapi()
    # Where the web app has its documentation; a hub without one has none.
    guide = getattr(request.app.state, "guide", "")
    return page("reference.html", info=schema["info"], apis=list(apis_of(schema)), guide=guide)


@router.get("/")
def root() -> Response:
    """Lead to the reference, where there is no web app."""
    return RedirectResponse("/api", status_code=307)


def apis_of(schema: Json) -> Iterator[Api]:
    """Yield the APIs that an OpenAPI description holds, in the page's order."""
    for name, (title, text) in _TITLES.items():
        sections: dict[str, Section] = {}
        for path, method, operation in operations(schema):
            if api_of(path) == name:
                tag = (operation.get("tags") or ["hub"])[0]
                section = sections.setdefault(tag, Section(f"{name}-{tag}", tag, TAGS.get(tag, "")))
                section.routes.append(_route(schema, path, method, operation))
        if sections:
            order = sorted(sections, key=_ORDER.index)
            yield Api(name, title, text, {tag: sections[tag] for tag in order})


def _route(schema: Json, path: str, method: str, operation: Json) -> Route:
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=_more(operation),
        needs_token={} not in operation["security"],
        fields=[*_parameters(schema, operation), *_body(schema, operation)],
        answers=[(s, str(a.get("description", ""))) for s, a in operation["responses"].items()],
    )


def _more(operation: Json) -> str:
    """Return what the description says beyond the summary."""
    text = str(operation["description"])
    return "" if text.rstrip(".") == operation["summary"] else text


def _parameters(schema: Json, operation: Json) -> Iterator[Field]:
    for parameter in operation.get("parameters", []):
        told = parameter.get("schema", {})
        yield Field(
            name=parameter["name"],
            place=parameter["in"],
            kind=kind_of(schema, told),
            is_required=bool(parameter.get("required")),
            default=_default(told),
            help=str(parameter.get("description", "")),
        )


def _body(schema: Json, operation: Json) -> Iterator[Field]:
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        told = _resolved(schema, content.get("schema", {}))
        if "properties" not in told:
            yield Field("", "body", media, is_required=True, default="", help="")
        for name, value in told.get("properties", {}).items():
            yield Field(
                name=name,
                place="body",
                kind=kind_of(schema, value),
                is_required=name in told.get("required", []),
                default=_default(value),
                help=str(value.get("description", "")),
            )


def kind_of(schema: Json, told: Json, *, depth: int = _DEPTH) -> str:
    """Return a type in words, such as "list of string" or "open, closed or null"."""
    found = _resolved(schema, told)
    if "const" in found:
        return str(found["const"])
    if choices := found.get("enum"):
        return " or ".join(map(str, choices))
    if choices := found.get("anyOf"):
        return " or ".join(kind_of(schema, choice, depth=depth) for choice in choices)
    kind = str(found.get("type", "any"))
    if kind == "array":
        return f"list of {kind_of(schema, found.get('items', {}), depth=depth)}"
    if kind == "object" and found.get("properties") and depth:
        inner = found["properties"].items()
        named = (f"{n}: {kind_of(schema, value, depth=depth - 1)}" for n, value in inner)
        return f"{{{', '.join(named)}}}"
    return kind


def _resolved(schema: Json, told: Json) -> Json:
    """Return what a reference in the description stands for; of a choice with null, the other."""
    choices = [c for c in told.get("anyOf", []) if c.get("type") != "null"]
    if len(choices) == 1 and "$ref" in choices[0]:
        told = choices[0]
    reference = str(told.get("$ref", ""))
    found: Any = schema
    for part in reference.removeprefix("#/").split("/") if reference else ():
        found = found[part]
    return found if reference else told


def _default(told: Json) -> str:
    default = told.get("default")
    return "" if default in (None, "", []) else str(default).lower()
