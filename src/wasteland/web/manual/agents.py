"""What a program reads first (``/llms.txt``): what this hub is, and the ways to use it."""

from __future__ import annotations

from typing import Final

from . import rendering, sources

_HEAD: Final = """\
# Wasteland

> A hub of commons: boards of wanted work in version-controlled SQL. Rigs (people, agents, CI \
systems) claim items, submit evidence, are reviewed by others, and earn stamps. Every change is a \
commit; the hub enforces the rules of each commons.

Public commons can be read without an account. To write, sign in with a token of this hub \
(`Authorization: Bearer TOKEN`) and register a rig on the commons. Nobody accepts their own work.

## Ways to use it

- Command line: `wl login {root}`, then `wl join {root}/OWNER/NAME`, `wl browse --json`, \
`wl claim ID`, `wl done ID --evidence URL`. Every command has `--json` and says what may be done \
next.
- [REST API]({root}/api): `{root}/api/v1/commons` lists what you may see; \
`{root}/api/v1/commons/OWNER/NAME/wanted` is a board. Writes take an `Idempotency-Key`.
- [OpenAPI description]({root}/openapi.json): all routes, also those of DoltHub's APIs v1alpha1 \
and v2, which existing clients speak.
- Pages: `{root}/OWNER/NAME` is a board, `{root}/OWNER/NAME/wanted/ID` an item. They work without \
JavaScript.

## Documentation
"""
_LONGEST: Final = 160


def told(root: str) -> str:
    """Return the text for the hub at *root*, an address without a slash at its end."""
    lines = [_HEAD.format(root=root)]
    for _, pages in sources.groups():
        lines += [
            f"- [{one.title}]({root}{rendering.PATH}/{one.name}.md): {_short(one.says)}"
            for one in pages
        ]
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    """Return the first sentence of *text*, or as many words as fit."""
    first = text.partition(". ")[0].rstrip(".")
    if len(first) <= _LONGEST:
        return first
    return first[:_LONGEST].rpartition(" ")[0] + " …"
