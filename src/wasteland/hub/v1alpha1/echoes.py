"""
What failures of DoltHub's first API repeat: the caller's inputs, under the names of the answer.

Source: DoltHub's API reference; each endpoint documents its own names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from ..errors import V1ALPHA1
from ..http.paths import segment
from ..tokens import redacted

_LIMIT: Final = 4096
_DATABASE: Final = {"owner": "database_owner", "database": "database_name"}
_REPOSITORY: Final = {"owner": "repository_owner", "database": "repository_name"}
_POLL: Final = {"operationName": "operation_name"}
_REVISION: Final = {"revisionType": "revision_type", "revisionName": "revision_name"}
_OF_REPO: Final = "/{owner}/{database}"

# Method and path below the API -> input -> the name that it is repeated by.
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "POST /database": {
        "ownerName": "repository_owner",
        "repoName": "repository_name",
        "visibility": "visibility",
        "description": "description",
    },
    "POST /fork": {
        "parentOwnerName": "parent_owner",
        "parentDatabaseName": "parent_database",
        "ownerName": "forked_owner",
    },
    "GET /fork": _POLL,
    "GET /users/{username}/operations": {
        "username": "username",
        "operationType": "operation_type",
    },
    f"POST {_OF_REPO}/branches": {
        **_DATABASE,
        **_REVISION,
        "newBranchName": "new_branch_name",
    },
    f"POST {_OF_REPO}/tags": {
        **_DATABASE,
        **_REVISION,
        "tagName": "tag_name",
        "tagMessage": "tag_description",
    },
    f"POST {_OF_REPO}/releases": {
        **_DATABASE,
        "tag": "release_tag",
        "title": "release_title",
        "description": "release_description",
        "commitSha": "release_commit_sha",
    },
    f"POST {_OF_REPO}/pulls": {
        "title": "title",
        "description": "description",
        "fromBranchOwnerName": "from_owner_name",
        "fromBranchRepoName": "from_repository_name",
        "fromBranchName": "from_branch_name",
        "toBranchOwnerName": "to_owner_name",
        "toBranchRepoName": "to_repository_name",
        "toBranchName": "to_branch_name",
    },
    f"POST {_OF_REPO}/pulls/{{pull_id}}/comments": {
        **_REPOSITORY,
        "pull_id": "pull_id",
        "comment": "comment",
    },
    f"GET {_OF_REPO}/pulls/{{pull_id}}/merge": {**_DATABASE, **_POLL, "pull_id": "pull_id"},
    f"POST {_OF_REPO}/upload": {
        **_DATABASE,
        "branchName": "branch_name",
        "tableName": "table_name",
    },
    f"GET {_OF_REPO}/upload": {**_DATABASE, **_POLL},
    f"GET {_OF_REPO}": {**_REPOSITORY, "q": "sql_query"},
    f"GET {_OF_REPO}/{{ref}}": {**_REPOSITORY, "ref": "commit_ref", "q": "sql_query"},
    f"GET {_OF_REPO}/write": {**_REPOSITORY, **_POLL},
    f"POST {_OF_REPO}/write/{{from_branch}}/{{to_branch}}": {
        **_REPOSITORY,
        "from_branch": "from_branch_name",
        "to_branch": "to_branch_name",
        "q": "query",
        "query": "query",
    },
    f"POST {_OF_REPO}/changes": _REPOSITORY,
}
_USUAL: Final = {**_DATABASE, "pull_id": "pull_id"}
_EMPTY: Final = {f"POST {_OF_REPO}/write/{{from_branch}}/{{to_branch}}": {"operation_name": ""}}


async def echoed(request: Request, *, with_body: bool) -> dict[str, str]:
    """
    Return what a request gave, as far as its endpoint repeats it.

    Args:
        with_body: Whether its body was read, and could be.
    """
    place = f"{request.method} {_template(request)}"
    names = _NAMES.get(place, _USUAL)
    given = [(name, segment(value)) for name, value in request.path_params.items()]
    given += request.query_params.multi_items()
    given += _texts(await _body(request)) if with_body else []
    told = {names[name]: redacted(value[:_LIMIT]) for name, value in given if name in names}
    return told | _EMPTY.get(place, {})


def _template(request: Request) -> str:
    path: str = getattr(request.scope.get("route"), "path", "")
    return path.removeprefix(V1ALPHA1)


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        return b""  # nobody reads what is repeated


def _texts(body: bytes) -> list[tuple[str, str]]:
    """Return the members of a JSON object that are text; none of what is no object."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return []
    members = found.items() if isinstance(found, dict) else ()
    return [(name, value) for name, value in members if isinstance(value, str)]
