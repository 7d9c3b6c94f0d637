"""A token that does not show itself: not in a log, an error, a repr or a traceback's locals."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = "…"
_SHORTEST: Final = 8
"""A shorter text is part of many words; no token is."""


class Secret:
    """A secret text; what prints it prints an ellipsis."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Secret({_SHOWN})"

    def __bool__(self) -> bool:
        return bool(self._text)

    def reveal(self) -> str:
        """Return the text, for the header that carries it."""
        return self._text

    def redacted(self, text: str) -> str:
        """Return *text* without the secret, wherever a server may have repeated it."""
        is_telling = len(self._text) >= _SHORTEST
        return text.replace(self._text, _SHOWN) if is_telling else text
