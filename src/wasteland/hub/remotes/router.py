"""
DoltLite's remote protocol over HTTP.

    /t/{token}/{owner}/{db}.db/{route}    for the holder of a token
    /remotes/{owner}/{db}.db/{route}      for anybody, public repositories, reading

The engine's client can send no header over plain HTTP, so the token stands in the path: nothing
here logs a path or repeats it, and ``scrub`` is for those who log.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ...protocol.errors import LimitReached, NotFound, Unsupported, WastelandError
from ...protocol.names import is_repo_part
from ..errors import headers_of, status_of
from ..tokens import redacted
from .desk import Access, RemoteDesk
from .landing import RefsMoved
from .refs import LIMIT_BYTES
from .service import Limits, Service
from .wire import HASHES_LIMIT

_TOKEN: Final = re.compile(r"/t/[^/?#\s]+")
_SUFFIX: Final = ".db"
_HASHES_BYTES: Final = 20 * HASHES_LIMIT
_WISH_BYTES: Final = LIMIT_BYTES + 70_000  # with a name of any length
_PIECE_BYTES: Final = 256 * 1024
_HEADERS: Final = {"Cache-Control": "no-store"}
_TYPE: Final = "application/octet-stream"

_T = TypeVar("_T")
_Answer = Callable[[Request, Access], Awaitable[Response]]


def scrub(path: str) -> str:
    """Return *path* of a request for a log, the token in it replaced."""
    return _TOKEN.sub("/t/***", path)


def router(
    desk: RemoteDesk, *, directory: Path | None = None, limits: Limits | None = None
) -> APIRouter:
    """
    Return the seven routes, for the holders of tokens and for anybody.

    Args:
        desk: Knows who may do what.
        directory: For what is sent and has not landed; shared by the processes of one hub. None
            for one of this process alone, which goes with it.
        limits: None for the usual ones.
    """
    service = Service(directory or Path(tempfile.mkdtemp(prefix="wl-pushes-")), limits or Limits())
    routes = APIRouter(include_in_schema=False, lifespan=_closing(service))
    lane = CapacityLimiter(service.limits.transfers)
    for method, name, answer in _answers(service, lane):
        endpoint = _endpoint(desk, answer)
        for door in ("/t/{token}", "/remotes"):
            path = f"{door}/{{owner}}/{{file}}/{name}"
            routes.add_api_route(path, endpoint, methods=[method], response_model=None)
    return routes


def _closing(service: Service) -> Callable[[object], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(service.close)

    return lifespan


def _endpoint(desk: RemoteDesk, answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            return await answer(request, await run_in_threadpool(_open, desk, request))
        except WastelandError as error:
            return _refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it

    return serve


def _open(desk: RemoteDesk, request: Request) -> Access:
    owner, file = request.path_params["owner"], request.path_params["file"]
    token = request.path_params.get("token", "")
    db = file.removesuffix(_SUFFIX)
    if not (file.endswith(_SUFFIX) and is_repo_part(owner) and is_repo_part(db)):
        raise _unknown()
    access = desk.open(token, owner, db)
    # The second door has no token; what is private stays so, whatever the desk says.
    if not access.may_read or (access.is_private and not access.account):
        raise _unknown()
    if access.engine_path is None and access.upstream_path is None:
        raise Unsupported(f"{access.repo} is no DoltLite database.", hint="use the REST API")
    return access


def _unknown() -> NotFound:
    return NotFound("no such repository", hint="wl list")


def _refusal(error: WastelandError) -> Response:
    """Return *error* as the engine's client shows it: it repeats a push that is answered 409."""
    status = status_of(error)
    if isinstance(error, RefsMoved):
        status = 409
    elif status == 409:
        status = 422
    message = redacted(error.message)
    return JSONResponse(
        {"code": error.code, "message": f"{message} ({error.hint})" if error.hint else message},
        status,
        {**headers_of(error), **_HEADERS},
    )


def _answers(service: Service, lane: CapacityLimiter) -> list[tuple[str, str, _Answer]]:
    async def transfer(work: Callable[..., _T], *args: object) -> _T:
        return await to_thread.run_sync(work, *args, limiter=lane)

    async def refs(_: Request, access: Access) -> Response:
        return _bytes(await run_in_threadpool(service.refs, access))

    async def root(_: Request, access: Access) -> Response:
        return _bytes(await run_in_threadpool(service.root, access))

    async def has_chunks(request: Request, access: Access) -> Response:
        body = await _body(request, _HASHES_BYTES)
        return _bytes(await transfer(service.has_chunks, access, body))

    async def get_chunks(request: Request, access: Access) -> Response:
        body = await _body(request, _HASHES_BYTES)
        return await transfer(_given, service, access, body)

    async def chunks(request: Request, access: Access) -> Response:
        draft = await run_in_threadpool(service.draft, access)
        try:
            await _save(request, draft, service.limits.chunks_bytes)
            await transfer(service.keep_chunks, access, draft)
        finally:
            draft.unlink(missing_ok=True)
        return _bytes(b"")

    async def refs_if(request: Request, access: Access) -> Response:
        body = await _body(request, _WISH_BYTES)
        await transfer(service.move_refs, access, body)
        return _bytes(b"")

    async def commit(request: Request, access: Access) -> Response:
        await _body(request, 0)
        await run_in_threadpool(service.finish, access)
        return _bytes(b"")

    return [
        ("GET", "refs", refs),
        ("GET", "root", root),
        ("POST", "has-chunks", has_chunks),
        ("POST", "get-chunks", get_chunks),
        ("POST", "chunks", chunks),
        ("PUT", "refs-if", refs_if),
        ("POST", "commit", commit),
    ]


def _bytes(body: bytes) -> Response:
    return Response(body, media_type=_TYPE, headers=_HEADERS)


def _given(service: Service, access: Access, body: bytes) -> Response:
    """Return the chunks as a stream of stated length, because the client reads no other."""
    with ExitStack() as stack:
        answer = stack.enter_context(service.get_chunks(access, body))
        size = answer.tell()
        answer.seek(0)
        keep = stack.pop_all()
    headers = {**_HEADERS, "Content-Length": str(size)}
    return StreamingResponse(_pieces(answer, keep), media_type=_TYPE, headers=headers)


def _pieces(file: IO[bytes], keep: ExitStack) -> Iterator[bytes]:
    with keep:
        while piece := file.read(_PIECE_BYTES):
            yield piece


async def _body(request: Request, limit: int) -> bytes:
    parts = [part async for part in _parts(request, limit)]
    return b"".join(parts)


async def _save(request: Request, draft: Path, limit: int) -> None:
    with draft.open("xb") as file:
        async for part in _parts(request, limit):
            file.write(part)


async def _parts(request: Request, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise LimitReached(
                f"The body is longer than {limit} bytes.", hint="push less at once", limit=limit
            )
        yield part
