"""Evidence as files: rigs upload them, readers of the commons get them; and what checks found."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BufferedReader
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Scope as AsgiScope

from ...commons.data import to_data
from ...commons.evidence import files
from ...commons.evidence.files import LIMIT_BYTES, Upload
from ...commons.session import Session
from ...hosts.base import RepoName
from ...protocol.errors import LimitReached, NotFound
from ...protocol.names import visible
from ...protocol.policy import Action
from ...protocol.roles import authorize
from ..http import problems
from ..http.asked import Asked, AskingRepo
from ..tokens import Scope
from .place import PREFIX

router = APIRouter(prefix=f"{PREFIX}/commons/{{owner}}/{{database}}/evidence", tags=["evidence"])

_CHUNK_BYTES: Final = 65_536
_IN_MEMORY_BYTES: Final = 262_144
_SENT_AS_IT_IS: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
# As the client sent it: with an escaped slash in it, another route would be meant.
_UPLOAD: Final = re.compile(rb"/api/v1/commons/[^/%]+/[^/%]+/evidence(?:\?.*)?", re.DOTALL)
Name = Annotated[str, Query(max_length=200, description="as its owner calls it")]


def is_upload(scope: AsgiScope) -> bool:
    """Return whether a request uploads a file, whose size this module looks after."""
    return scope["method"] == "POST" and bool(_UPLOAD.fullmatch(scope.get("raw_path") or b""))


@router.post("", status_code=201, openapi_extra=_SENT_AS_IT_IS)
async def upload(asked: AskingRepo, name: Name = "file") -> Response:
    """Upload a file, 10 MiB at most, as the body; hand in what this answers as ``evidence``."""
    repo = await run_in_threadpool(_may_upload, asked)
    try:
        with await _received(asked.request) as body:
            kept = await run_in_threadpool(_kept, asked, repo, name, body)
    except LimitReached as error:
        return problems.answer(error, asked.request.scope, status=413)
    told = {
        "evidence": kept.reference,
        "digest": kept.digest,
        "name": kept.name,
        "size_bytes": kept.size_bytes,
    }
    return JSONResponse(told, status_code=201)


@router.get("/{digest}")
def download(asked: AskingRepo, digest: str, name: Name = "") -> Response:
    """Return a file that was uploaded to this commons, as bytes and nothing else."""
    repo = asked.hub.upstream(asked.repo())
    tag = f'"{digest}"'
    file = asked.hub.files.open(str(repo), digest)
    headers = {
        **files.headers(name or digest),
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
    }
    if asked.has(tag):
        file.close()
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
    return StreamingResponse(_chunks(file), headers=headers)


@router.get("/checks/{completion_id}")
def checked(asked: AskingRepo, completion_id: str) -> dict[str, Any]:
    """Say what the last look at the evidence of a completion on main found."""
    repo = asked.hub.upstream(asked.repo())
    found = asked.hub.checks.state(str(repo), completion_id)
    if found is None:
        raise NotFound(
            f"The evidence of {visible(completion_id)} was not looked at yet.", id=completion_id
        )
    return {"completion": completion_id, **to_data(found)}


def _may_upload(asked: Asked) -> RepoName:
    """
    Return the commons that a file is uploaded to.

    Raises:
        NotFound, Unauthenticated, Forbidden: The caller has no rig there that may hand in work.
    """
    repo = asked.hub.upstream(asked.repo())
    asked.caller.need_scope(Scope.WRITE)
    if not asked.hub.is_commons(repo):
        raise NotFound(f"{repo} is no commons; no work is handed in there.", repo=str(repo))
    session = asked.hub.session(asked.caller, repo, Session, rig=asked.rig)
    session.need_rig()
    authorize(Action.SUBMIT, session.actor(), session.policy())
    return repo


async def _received(request: Request) -> IO[bytes]:
    """
    Return the body in a file that ends with its handle, read from its beginning.

    Raises:
        LimitReached: It is too large; the rest was not read.
    """
    body: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LIMIT_BYTES:
                raise _too_large()
            await run_in_threadpool(body.write, chunk)
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return body


def _kept(asked: Asked, repo: RepoName, name: str, body: IO[bytes]) -> Upload:
    return asked.hub.files.add(
        str(repo),
        name,
        iter(lambda: body.read(_CHUNK_BYTES), b""),
        account=asked.caller.account,
        at=asked.hub.host.now(),
    )


def _chunks(file: BufferedReader) -> Iterator[bytes]:
    with file:
        yield from iter(lambda: file.read(_CHUNK_BYTES), b"")


def _too_large() -> LimitReached:
    return LimitReached(
        f"A file of evidence has {LIMIT_BYTES} bytes at most.",
        hint="put it elsewhere and hand in its address with #sha256=",
        limit=LIMIT_BYTES,
    )
