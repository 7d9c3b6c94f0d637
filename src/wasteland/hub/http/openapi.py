"""
The OpenAPI description of a hub, beyond what the framework finds by itself.

It names each operation once, says how callers prove who they are, and what errors look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI

Json = dict[str, Any]

CHANGING: Final = frozenset({"post", "put", "patch", "delete"})
ABOUT: Final = (
    "DoltHub's two REST APIs over the repositories of this hub, and a third that knows what a "
    "commons is: its board, its rigs, its stamps. What may land on a commons is judged by one "
    "gate, whichever of them it comes through."
)
APIS: Final[Mapping[str, str]] = {
    "/api/v1/": "v1",
    "/feeds/": "feeds",
    "/api/v1alpha1/": "v1alpha1",
    "/csv/": "v1alpha1",
    "/graphql/": "v1alpha1",
    "/api/v2/": "v2",
}
"""Beginning of a path, with a slash at its end -> the API that it belongs to."""
TAGS: Final[Mapping[str, str]] = {
    "hub": "The hub itself, and its commons.",
    "commons": "One commons: its board, work, reviews, rigs and rules.",
    "evidence": "Files that are handed in, and what checks of evidence found.",
    "notifications": "What became of one's own work.",
    "webhooks": "Who is told of what happens in a repository.",
    "accounts": "Signing in, and tokens.",
    "feeds": "Atom feeds.",
    "databases": "Databases and forks.",
    "refs": "Branches, tags and releases.",
    "pulls": "Pull requests.",
    "reviews": "Reviews of pull requests.",
    "sql": "Reading and writing with SQL.",
    "csv": "Tables as files.",
    "operations": "Operations that clients poll for.",
    "v2": "Databases, refs, pull requests and SQL, in the second form.",
}
_SCHEMES: Final[Json] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": 'A token of this hub. "authorization: token X" is understood as well.',
    }
}
_PROBLEM: Final[Json] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457); facts about it stand beside these members.",
    "required": ["title", "status", "detail", "code", "hint", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what went wrong, in a sentence"},
        "instance": {"type": "string", "description": "the path that was asked"},
        "code": {"type": "string", "description": "a word for programs, which stays"},
        "hint": {"type": "string", "description": "what to do, often a command"},
        "request_id": {"type": "string"},
    },
}
_FAILURE: Final[Json] = {
    "type": "object",
    "title": "Failure",
    "description": "An error as DoltHub's first API says it.",
    "properties": {
        "status": {"type": "string"},
        "message": {"type": "string"},
        "query_execution_status": {"type": "string"},
        "query_execution_message": {"type": "string"},
        "code": {"type": "string"},
        "hint": {"type": "string"},
    },
}
_DONE: Final = {"200": "It is done.", "201": "It is made.", "202": "It is taken on."}
_ERRORS: Final[Mapping[str, str]] = {
    "400": "The request has not the form of its route.",
    "401": "Nobody is signed in, or the token is none of this hub.",
    "403": "A rule refuses it.",
    "404": "It is not there, or not for the caller to know of.",
    "409": "It collides with what others did meanwhile.",
    "422": "The request has not the form of its route, or makes no sense.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "501": "This hub does not do that; the hint says what does.",
    "503": "Not just now; Retry-After says how long to wait.",
}
_NAMES: Final = re.compile(r"(?:\*|``)([^*`]+)(?:\*|``)")
_FIRST_WORDS: Final = re.compile(r"[^.;]*")


class DescribedApp(FastAPI):
    """An application whose description is completed once, when it is first asked for."""

    def openapi(self) -> Json:
        """Return the OpenAPI description."""
        if not self.openapi_schema:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


def completed(schema: Json) -> Json:
    """Return *schema*, as the framework made it, with names, errors and security."""
    schema["info"]["description"] = ABOUT
    taken: set[str] = set()
    for path, method, operation in operations(schema):
        operation["operationId"] = _name(path, method, operation, taken)
        operation["summary"] = _summary(operation)
        operation["description"] = plain(operation.get("description", ""))
        for status, answer in operation["responses"].items():
            answer["description"] = _DONE.get(status, answer["description"])
        operation["responses"].pop("422", None)  # the framework's own shape, which never comes
        operation["responses"] |= _errors(api_of(path), method)
        is_open = method not in CHANGING or path.startswith("/api/v1/logins")
        operation["security"] = [{"token": []}, {}] if is_open else [{"token": []}]
    used = {tag for _, _, operation in operations(schema) for tag in operation.get("tags", [])}
    schema["tags"] = [{"name": n, "description": d} for n, d in TAGS.items() if n in used]
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= {"Problem": _PROBLEM, "Failure": _FAILURE}
    components["securitySchemes"] = _SCHEMES
    return schema


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of each operation."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def api_of(path: str) -> str:
    """Return the API that a path belongs to: v1, feeds, v1alpha1 or v2."""
    return next((api for start, api in APIS.items() if f"{path}/".startswith(start)), "v1")


def plain(description: object) -> str:
    """Return a docstring as one line, the names in it in quotes."""
    return _NAMES.sub(r"“\1”", " ".join(str(description).split()))


def _name(path: str, method: str, operation: Json, taken: set[str]) -> str:
    """Return a name of its own for an operation, such as ``v2_pulls_create``."""
    made_by_framework = re.sub(r"\W", "_", path) + f"_{method}"
    known = str(operation["operationId"])
    function = known.removesuffix(made_by_framework)
    tag = (operation.get("tags") or [""])[0]
    if function == known:  # it was named on purpose
        name = known
    else:
        parts = [api_of(path), tag if tag not in {"v2", "feeds"} else _place(path), function]
        name = "_".join(dict.fromkeys(part for part in parts if part))
    if name in taken:
        name = f"{name}_{_place(path)}"
    taken.add(name)
    return name


def _place(path: str) -> str:
    """Return the last word of a path that is no parameter."""
    words = [part for part in path.split("/") if part and "{" not in part]
    return words[-1].replace("-", "_") if words else ""


def _summary(operation: Json) -> str:
    """Return the first words of the description, which say more than a function's name."""
    text = plain(operation.get("description", ""))
    found = _FIRST_WORDS.match(text)
    return (found[0] if found else "") or str(operation.get("summary", ""))


def _errors(api: str, method: str) -> Json:
    statuses = ["401", "403", "404", "429", "503"]
    if method in CHANGING:
        statuses += ["409", "501"] if api == "v1" else ["409"]
    statuses += {"v1": ["422"], "feeds": [], "v1alpha1": ["400"], "v2": ["400", "422"]}[api]
    kind, shape = ("application/problem+json", "Problem")
    if api == "v1alpha1":
        kind, shape = ("application/json", "Failure")
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
    return {
        status: {"description": _ERRORS[status], "content": content} for status in sorted(statuses)
    }
