"""
What users may write into a field.

Every text is hostile until it has passed here. Checks return the text normalised (NFC, stripped,
line feeds as line ends) or raise Invalid. They judge form only: words are ``words``' affair, and
rules about the state of a commons are ``lifecycle``'s.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from re import Pattern
from typing import Any, Final

from .errors import Invalid
from .names import visible
from .text import CONTROL, CONTROL_OR_BREAK

TITLE_LIMIT: Final = 256
TEXT_LIMIT: Final = 4096
WORD_LIMIT: Final = 64
NAME_LIMIT: Final = 255
TAGS_LIMIT: Final = 20
SCOPE_DEPTH: Final = 8
SCOPE_BYTES: Final = 16_384


def title(text: str) -> str:
    """
    Return a wanted item's title: one line of 1 to 256 characters.

    Raises:
        Invalid: It is not.
    """
    return one_line("title", text, limit=TITLE_LIMIT, required=True)


def description(text: str, *, required: bool = False) -> str:
    """
    Return a description of at most 4096 characters; "" unless *required*.

    Raises:
        Invalid: It is not.
    """
    return long_text("description", text, required=required)


def project(text: str) -> str:
    """
    Return a project's name: one line of at most 64 characters, "" for none.

    Raises:
        Invalid: It is not.
    """
    return one_line("project", text, limit=WORD_LIMIT)


def display_name(text: str) -> str:
    """
    Return a rig's name for people: one line of at most 255 characters, "" for none.

    Raises:
        Invalid: It is not.
    """
    return one_line("display_name", text, limit=NAME_LIMIT)


def owner_email(text: str) -> str:
    """
    Return an address, "" for none: nobody has to give one, and its form is not judged.

    Raises:
        Invalid: It is longer than the column or more than one line.
    """
    return one_line("owner_email", text, limit=NAME_LIMIT)


def evidence(text: str) -> str:
    """
    Return the evidence of a completion: 1 to 4096 characters, a URL or prose.

    Raises:
        Invalid: It is not.
    """
    return long_text("evidence", text, required=True)


def reason(text: str) -> str:
    """
    Return why something was rejected, closed or withdrawn: at most 4096 characters.

    Raises:
        Invalid: It is not.
    """
    return long_text("reason", text)


def message(text: str) -> str:
    """
    Return the message of a stamp or comment: at most 4096 characters.

    Raises:
        Invalid: It is not.
    """
    return long_text("message", text)


def tags(words: str | Iterable[str]) -> tuple[str, ...]:
    """
    Return an item's tags from "a, b" or from a list.

    Returns:
        At most 20 words in the order given, each once (case aside) as first spelled.
    Raises:
        Invalid: A word is longer than 64 characters or not one line, or there are too many.
    """
    return _word_list("tags", words)


def skills(words: str | Iterable[str]) -> tuple[str, ...]:
    """
    Return a stamp's skill tags; the rules are those of ``tags``.

    Raises:
        Invalid: As ``tags``.
    """
    return _word_list("skill_tags", words)


def sandbox_scope(value: str | Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the scope of a sandbox: a JSON object, at most 8 levels deep and 16 KiB long.

    Raises:
        Invalid: It is no such object, or a text in it holds a control character.
    """
    text = value if isinstance(value, str) else _json_text(value)
    if len(text) > SCOPE_BYTES:
        raise _invalid("sandbox_scope", text, f"at most {SCOPE_BYTES} characters of JSON")
    scope = _json_object(text)
    _check_scope(scope, text, SCOPE_DEPTH)
    return scope


def one_line(field: str, text: str, *, limit: int, required: bool = False) -> str:
    """
    Return *text* as the value of a one-line *field* of at most *limit* characters.

    Raises:
        Invalid: It is too long, more than a line, empty though required, or holds a control
            character.
    """
    return _checked(field, text, CONTROL_OR_BREAK, "one line of text", limit, required=required)


def long_text(field: str, text: str, *, limit: int = TEXT_LIMIT, required: bool = False) -> str:
    """
    Return *text* as the value of a *field* that may have several lines.

    Raises:
        Invalid: It is too long, empty though required, or holds a control character.
    """
    return _checked(field, text, CONTROL, "text", limit, required=required)


def _checked(
    field: str, text: str, refused: Pattern[str], what: str, limit: int, *, required: bool
) -> str:
    rule = f"{what} of {int(required)} to {limit} characters, without control characters"
    # Normalising costs time per character, so that absurd lengths are refused before it.
    if not isinstance(text, str) or len(text) > 4 * limit:
        raise _invalid(field, text, rule)
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if refused.search(clean):
        raise _invalid(field, text, rule)
    clean = unicodedata.normalize("NFC", clean)
    if not int(required) <= len(clean) <= limit:
        raise _invalid(field, text, rule)
    return clean


def _word_list(field: str, words: str | Iterable[str]) -> tuple[str, ...]:
    given = words.split(",") if isinstance(words, str) else words
    checked = (one_line(field, word, limit=WORD_LIMIT) for word in given)
    found: dict[str, str] = {}
    for word in checked:
        if word:
            found.setdefault(word.casefold(), word)
        if len(found) > TAGS_LIMIT:
            raise _invalid(field, word, f"at most {TAGS_LIMIT} words")
    return tuple(found.values())


def _json_text(value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _invalid("sandbox_scope", "the object given", "plain JSON values only") from error


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _invalid("sandbox_scope", text, "a JSON object") from error
    if not isinstance(value, dict):
        raise _invalid("sandbox_scope", text, "a JSON object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check_scope(value: Any, text: str, depth: int) -> None:
    if isinstance(value, str) and CONTROL.search(value):
        raise _invalid("sandbox_scope", value, "no control characters")
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise _invalid("sandbox_scope", text, f"at most {SCOPE_DEPTH} levels of nesting")
    for part in (*value.keys(), *value.values()) if isinstance(value, dict) else value:
        _check_scope(part, text, depth - 1)


def _invalid(field: str, value: object, rule: str) -> Invalid:
    seen = visible(value if isinstance(value, str) else repr(value))
    return Invalid(f"{seen} cannot be the {field}: {rule}.", field=field, value=seen, rule=rule)
