"""
What a host says when it refuses, as errors of ours: by code, by status, by phrase where it gives
no more than text.

Hubs of ours and DoltHub's v2 give a code (RFC 9457); v1alpha1 has 400 and a sentence, and failures
of SQL inside a 200. Above this module nobody reads message text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ...protocol.errors import (
    AlreadyClaimed,
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    LimitReached,
    MergeConflict,
    NotFound,
    OwnWork,
    RateLimited,
    Stale,
    Suspended,
    Tampered,
    TrustTooLow,
    Unauthenticated,
    Unavailable,
    Unsupported,
    WastelandError,
)
from ...protocol.text import terminal_safe

_Kind = type[WastelandError]
_LONGEST: Final = 500

_OURS: Final[Mapping[str, _Kind]] = {
    kind.code: kind
    for kind in (
        AlreadyClaimed,
        Conflict,
        EngineError,
        Forbidden,
        Invalid,
        LimitReached,
        MergeConflict,
        NotFound,
        OwnWork,
        RateLimited,
        Stale,
        Suspended,
        Tampered,
        TrustTooLow,
        Unauthenticated,
        Unavailable,
        Unsupported,
    )
}
_CODES: Final[Mapping[str, _Kind]] = {
    **_OURS,
    "validation_failed": Invalid,
    "permission_denied": Forbidden,
    "method_not_allowed": Unsupported,
    "unprocessable": Conflict,
    "internal": Unavailable,
    "service_unavailable": Unavailable,
}
_STATUS: Final[Mapping[int, _Kind]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: Unsupported,
    408: Unavailable,
    409: Conflict,
    425: Unavailable,
    429: RateLimited,
    501: Unsupported,
}
# The first that occurs decides.
_PHRASES: Final[tuple[tuple[str, _Kind], ...]] = (
    (r"invalid authorization|no token found|not authenticated|unauthenticated", Unauthenticated),
    (r"permission denied|not allowed to operate|not authorized|forbidden", Forbidden),
    (r"duplicate (primary )?key|duplicate entry|unique (key|constraint)", Conflict),
    (r"check constraint|cannot be null|non-nullable|not null constraint", Conflict),
    (r"doesn't have a default", Conflict),
    (r"error 1213|40001|serialization failure|deadlock found", Stale),
    (r"merge conflict|has conflicts|conflicts found", MergeConflict),
    (r"context deadline exceeded|timed? ?out|cleaning up existing job", Unavailable),
    (r"unsupported sql statement|only get is supported", Unsupported),
    (r"already exists|already been (forked|merged|closed)|duplicate", Conflict),
    (r"no such (repository|branch|database|table)|not found|invalid ref spec", NotFound),
    (r"not a valid (ref|commit)|unknown (ref|branch|commit|table)|no common ancestor", NotFound),
    (r"too large for column|invalid json|incorrect .* value|out of range", Invalid),
    (r"must be set|required|invalid request body", Invalid),
)
# Said under several codes.
_MISSING: Final = re.compile(
    r"table not found|none of this database|could not resolve .* to a commit|branch not found",
    re.IGNORECASE,
)
_CONSTRAINTS: Final = re.compile(
    r"duplicate (primary )?key|duplicate entry|unique (key|constraint)|check constraint"
    r"|cannot be null|non-nullable|not null constraint|doesn't have a default",
    re.IGNORECASE,
)
_FACTS: Final = (
    "holder",
    "item_id",
    "statement",
    "expected",
    "found",
    "table",
    "tables",
    "key",
    "cells",
    "constraint",
    "pull",
    "have",
    "need",
    "limit",
    "count",
)


def refusal(status: int, data: Mapping[str, Any], where: str) -> WastelandError:
    """
    Return the error that an answer with an HTTP status other than 2xx stands for.

    Args:
        data: Its JSON body; empty if it was none.
        where: The host, for the message.
    """
    text = text_of(data)
    code = str(data.get("code", "")).lower()
    kind = _CODES.get(code) or _STATUS.get(status) or _by_phrase(text) or _unnamed(status)
    facts = {name: data[name] for name in _FACTS if data.get(name) is not None}
    facts["http_status"] = status
    if "already exists" in text.lower():
        facts["exists"] = True
    hint = data.get("hint")
    return kind(
        sentence(text) if code in _OURS and text else _said(where, text or f"status {status}"),
        hint=_clean(hint) if isinstance(hint, str) else _hint(kind),
        **facts,
    )


def sql_refusal(data: Mapping[str, Any], where: str) -> WastelandError:
    """Return the error that a failed statement's answer stands for, whose HTTP status is 200."""
    text = text_of(data)
    named = NotFound if _MISSING.search(text) else _CODES.get(str(data.get("code", "")).lower())
    kind = named or _by_phrase(text) or EngineError
    facts = {name: data[name] for name in _FACTS if data.get(name) is not None}
    if issubclass(kind, Conflict) and _CONSTRAINTS.search(text):
        facts["constraint"] = _clean(text)
    return kind(_said(where, text or "the statement failed"), hint=_hint(kind), **facts)


def text_of(data: Mapping[str, Any]) -> str:
    """Return what an answer says in words, under whichever name."""
    for name in ("detail", "query_execution_message", "message", "error", "title"):
        text = data.get(name)
        if isinstance(text, str) and text:
            return text
    return ""


def sentence(text: str) -> str:
    """Return a server's text as one short, harmless sentence."""
    return f"{_clean(text).rstrip('. ')}."


def _said(where: str, text: str) -> str:
    return sentence(f"{where} answers: {text}")


def _clean(text: str) -> str:
    return terminal_safe(text.strip(), one_line=True)[:_LONGEST]


def _hint(kind: _Kind) -> str:
    return "wl login, or set DOLTHUB_TOKEN" if kind is Unauthenticated else ""


def _by_phrase(text: str) -> _Kind | None:
    for phrase, kind in _PHRASES:
        if re.search(phrase, text, re.IGNORECASE):
            return kind
    return None


def _unnamed(status: int) -> _Kind:
    if status >= 500:
        return Unavailable
    return Invalid if status in {400, 413, 415, 422} else EngineError
