"""
Markdown of our own as HTML: headings with anchors, links from page to page, commands set apart.

It is cleaned like texts of strangers: a slip in a document must not become a hole in a page.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from itertools import pairwise
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from ...protocol.lean import dataclass
from .sources import Source, pages

PATH: Final = "/docs"
_HEADINGS: Final = {"h2", "h3", "h4", "h5", "h6"}
_TAGS: Final = {
    *_HEADINGS,
    *("p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a"),
    *("table", "thead", "tbody", "tr", "th", "td", "b", "span"),
}
_ATTRIBUTES: Final = {
    "a": {"href", "class", "title"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    **{name: {"id"} for name in _HEADINGS},
}
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_PROMPT: Final = "$ "


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a page, and where it is."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page of the documentation, without its title."""

    html: Markup
    headings: Sequence[Heading]


@cache
def rendered(source: Source) -> Rendered:
    """Return a page as HTML, and its headings of the second rank."""
    tokens = _parser().parse(_COMMENT.sub("", source.text))
    tokens = _without_title(tokens)
    headings = _anchored(tokens)
    _linked(tokens, source)
    html = _parser().renderer.render(tokens, _parser().options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener",
    )
    return Rendered(Markup(clean), headings)  # noqa: S704  # what nh3 has cleaned


def slug(text: str) -> str:
    """Return the anchor of a heading: its words in lower case, joined by hyphens."""
    return _NO_WORD.sub("-", text.lower()).strip("-") or "section"


def _without_title(tokens: list[Token]) -> list[Token]:
    """Return a page without its first heading, which the page shows above it."""
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return tokens[3:]
    return tokens


def _anchored(tokens: Sequence[Token]) -> list[Heading]:
    found: list[Heading] = []
    taken: dict[str, int] = {}
    for opening, inside in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inside.children or ())
        anchor = slug(text)
        taken[anchor] = taken.get(anchor, 0) + 1
        anchor += f"-{taken[anchor]}" if taken[anchor] > 1 else ""
        opening.attrSet("id", anchor)
        if opening.tag == "h2":
            found.append(Heading(anchor, text))
    return found


def _linked(tokens: Sequence[Token], source: Source) -> None:
    """Let links to other documents lead to their pages."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _address(str(child.attrGet("href") or ""), source))


def _address(href: str, source: Source) -> str:
    path, mark, anchor = href.partition("#")
    if "://" in href or not path.endswith(".md"):
        return href
    name = posixpath.normpath(posixpath.join(posixpath.dirname(source.name), path))
    name = name.removesuffix(".md")
    return f"{PATH}/{name}{mark}{anchor}" if name in pages() else PATH


def _fence(
    self: RendererHTML,
    tokens: Sequence[Token],
    number: int,
    options: Mapping[str, Any],
    env: Any,
) -> str:
    """Return a block of code; what is typed in a terminal stands out from what is answered."""
    del self, options, env
    token = tokens[number]
    lines = escape(token.content, quote=False).splitlines()
    if token.info.split()[:1] == ["console"]:
        lines = [f"<b>{line}</b>" if line.startswith(_PROMPT) else line for line in lines]
    # A block that is wider than the page is scrolled, also by keys.
    return f'<pre tabindex="0"><code>{chr(10).join(lines)}\n</code></pre>\n'


@cache
def _parser() -> MarkdownIt:
    parser = (
        MarkdownIt("commonmark", {"html": False})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
    parser.add_render_rule("fence", _fence)
    return parser
