"""The addresses of the documentation, and what programs that read pages find first."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ...protocol.errors import NotFound
from ..visits import PageRoute, Visiting
from . import agents, rendering, sources
from .sources import Source

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MARKDOWN: Final = "text/markdown; charset=utf-8"
_NOT_FOR_ROBOTS: Final = ("/-/", "/sign-in", "/api/", "/graphql", "/remotes/", "/t/")


@router.get(rendering.PATH)
def contents(visit: Visiting) -> Response:
    """Show what there is to read."""
    return visit.page("manual/contents.html", indexed=True, groups=sources.groups())


@router.get(rendering.PATH + "/{name:path}")
def page(visit: Visiting) -> Response:
    """Show one page, or its Markdown where the address ends in ``.md``."""
    name = visit.request.path_params["name"]
    source = _source(name.removesuffix(".md"))
    if name.endswith(".md"):
        return PlainTextResponse(source.text, media_type=_MARKDOWN)
    return visit.page(
        "manual/page.html",
        indexed=True,
        groups=sources.groups(),
        source=source,
        rendered=rendering.rendered(source),
        following=_following(source),
    )


@router.get("/llms.txt")
def llms(request: Request) -> Response:
    """Say to programs what this is and how to use it."""
    return PlainTextResponse(agents.told(str(request.base_url).rstrip("/")), media_type=_MARKDOWN)


@router.get("/robots.txt")
def robots() -> Response:
    """Keep robots from what is no page for them; pages say besides what is not to be listed."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS)]
    return PlainTextResponse("\n".join(lines) + "\n")


def _source(name: str) -> Source:
    """
    Return the page of that name.

    Raises:
        NotFound: There is none.
    """
    found = sources.pages().get(name)
    if found is None:
        raise NotFound("No page of the documentation is called so.", hint="/docs lists them")
    return found


def _following(source: Source) -> Source | None:
    """Return the page to read next, None after the last."""
    names = list(sources.pages())
    at = names.index(source.name) + 1
    return sources.pages()[names[at]] if at < len(names) else None
