"""
Styles, scripts and icons, below an address that names their content.

All are read when the app is made. Their address changes whenever one of them does, so that
browsers may keep them for ever, and modules may import one another by relative names.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ..protocol.lean import dataclass

PREFIX: Final = "/-/static"
_KINDS: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_FOREVER: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served, plain and compressed."""

    kind: str
    body: bytes
    packed: bytes


@cache
def files() -> dict[str, Asset]:
    """Return name -> file, of all that may be served."""
    found: dict[str, Asset] = {}
    for name, place in sorted(_walk(resources.files(__package__ or "").joinpath("static"))):
        kind = _KINDS.get(name.rpartition(".")[2])
        if kind:
            body = place.read_bytes()
            found[name] = Asset(kind, body, gzip.compress(body, mtime=0))
    return found


@cache
def version() -> str:
    """Return the digest of all files together."""
    whole = hashlib.sha256()
    for name, asset in files().items():
        whole.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
    return whole.hexdigest()[:20]


def url(name: str) -> str:
    """
    Return the address of a file.

    Raises:
        KeyError: There is none of that name.
    """
    if name not in files():
        raise KeyError(name)
    return f"{PREFIX}/{version()}/{name}"


@router.get(PREFIX + "/{digest}/{name:path}")
async def serve(request: Request, digest: str, name: str) -> Response:
    """Return a file, to be kept for ever; one of another version is not there."""
    asset = files().get(name) if digest == version() else None
    if asset is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            asset.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.kind
        )
    return Response(asset.body, headers=headers, media_type=asset.kind)


def _walk(folder: Traversable, below: str = "") -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{below}{entry.name}"
        found += _walk(entry, f"{name}/") if entry.is_dir() else [(name, entry)]
    return found
