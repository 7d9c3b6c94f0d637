"""The texts of a pull request in their form."""

from __future__ import annotations

from typing import Final

from ...protocol import fields

_BODY_LIMIT: Final = 65_536


def title(text: str) -> str:
    """Return a title in its form: one line, cut where it is long, as clients put items' into it."""
    whole = fields.one_line("title", text, limit=fields.TEXT_LIMIT, required=True)
    return whole[: fields.TITLE_LIMIT]


def body(text: str) -> str:
    """Return a description in its form."""
    return fields.long_text("description", text, limit=_BODY_LIMIT)
