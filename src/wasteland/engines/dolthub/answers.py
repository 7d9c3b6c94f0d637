"""What is read from any answer before anybody knows what it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2


def json_object(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that *body* is, None for anything else, and for half of one."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def asked_s(response: httpx2.Response) -> float | None:
    """Return the seconds of a Retry-After, a date being taken from the server's own clock."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    until, now = _date(text), _date(response.headers.get("date", ""))
    return max((until - now).total_seconds(), 0.0) if until and now else None


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
