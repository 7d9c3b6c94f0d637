"""
Every route of a hub, found in its router, and a request for each that its schema allows.

Tests that must hold everywhere go through these, so that a route that is added is tested too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from fastapi.routing import iter_route_contexts

from hub.desks import Desk
from wasteland.hub.app import routes
from wasteland.hub.errors import V2, is_below, is_of_first
from wasteland.hub.hub import Hub

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What a body or a query says where nothing else is known of it; each is valid at its place.
_TEXTS: Final[Mapping[str, str]] = {
    "q": "SELECT 1",
    "query": "createFork",
    "visibility": "public",
    "verdict": "approved",
    "revisionType": "branch",
    "revisionName": "main",
    "from_branch": "main",
    "toBranchName": "main",
    "scope": "write",
    "sql": "DELETE FROM wanted",
    "url": "https://example.org/hook",
    "file_type": "csv",
}


@dataclass(frozen=True, slots=True)
class Door:
    """
    One route with one method.

    Attributes:
        path: With its parameters in braces.
        query: The query parameters that it needs.
        body: The JSON schema of its body; None for none.
    """

    method: str
    path: str
    query: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None
    schemas: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing."""
        return self.method in READING or self.path.endswith(("/sql", "/get-chunks", "/has-chunks"))

    @property
    def names_repository(self) -> bool:
        """Whether its path is below a repository."""
        return "{owner}" in self.path

    def url(self, names: Mapping[str, str]) -> str:
        """Return its address, with *names* for its parameters and "x" for others."""
        path = self.path
        for part in path.split("{")[1:]:
            name = part.partition("}")[0].partition(":")[0]
            path = path.replace(f"{{{name}}}", quote(names.get(name, "x"), safe=""))
        text = "&".join(f"{name}={quote(_text(name, names))}" for name in self.query)
        return f"{path}?{text}" if text else path

    def json(self, names: Mapping[str, str]) -> Any:
        """Return a body that it takes, with *names* for members so called; None without one."""
        return _example(self.body, "", names, self.schemas) if self.body else None

    def send(self, desk: Desk, names: Mapping[str, str], who: str = "", **rest: Any) -> Any:
        """Send a request that it takes, and return the response."""
        if self.body:
            rest.setdefault("json", self.json(names))
        return desk.send(self.method, self.url(names), who, **rest)


def doors(hub: Hub) -> list[Door]:
    """Return every route, those that are not published too."""
    return list(_doors(hub))


def is_broken(answer: Any) -> bool:
    """Return whether an answer tells of a mistake of ours; 501 tells what a hub does not do."""
    return int(answer.status_code) >= 500 and answer.status_code != 501


def is_in_own_form(path: str, answer: Any) -> bool:
    """Return whether a refusal is told as the API that *path* is of tells it."""
    if answer.is_success or path.startswith(("/t/", "/remotes/", "/login")):
        return True
    told = answer.json()
    content_type = answer.headers["content-type"]
    if is_of_first(path):
        state = told.get("status", told.get("query_execution_status"))
        return bool(state == "Error") and content_type == "application/json"
    is_known = bool(told["code"].isupper() == is_below(path, V2))
    is_problem = content_type == "application/problem+json"
    return is_problem and is_known and bool(told["status"] == answer.status_code)


def _doors(hub: Hub) -> Iterator[Door]:
    app = routes(hub)
    published = app.openapi()
    schemas = published["components"]["schemas"]
    for found in iter_route_contexts(app.routes):
        for method in sorted(found.methods or ()):
            told = published["paths"].get(found.path, {}).get(method.lower(), {})
            needed = (p for p in told.get("parameters", ()) if p["in"] == "query")
            content = told.get("requestBody", {}).get("content", {})
            yield Door(
                method,
                str(found.path),
                tuple(p["name"] for p in needed if p.get("required")),
                content.get("application/json", {}).get("schema"),
                schemas,
            )


def _example(
    schema: Mapping[str, Any], name: str, names: Mapping[str, str], schemas: Mapping[str, Any]
) -> Any:
    """Return a value that *schema* allows: of objects what is needed, of others the first kind."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], name, names, schemas)
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            return _example(schema[several][0], name, names, schemas)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        members = schema.get("properties", {})
        wanted = {*schema.get("required", ()), *(m for m in members if m in names)}
        return {m: _example(members[m], m, names, schemas) for m in members if m in wanted}
    if kind == "array":
        return [_example(schema.get("items", {}), name, names, schemas)]
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind)) or _text(name, names)


def _text(name: str, names: Mapping[str, str]) -> str:
    return names.get(name) or _TEXTS.get(name) or "x"
