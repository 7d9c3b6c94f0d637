"""
Text from anybody, made safe: for a terminal, for a spreadsheet, for a link.

Stored text is shown, never refused; what users may write into a field is ``fields``' affair.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

URL_LIMIT: Final = 2048

# What drives a terminal, turns text around or hides: C0 without tab and line feed, DEL, C1,
# bidirectional embeddings, overrides and isolates, lone surrogates.
_CONTROL: Final = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
# Marks and spaces of no width, and tag characters, which can carry a text nobody sees.
_INVISIBLE: Final = r"\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f"
# Joiners are part of emoji and of several scripts; beside ASCII they only disguise.
_STRAY_JOINER: Final = r"[\u200c\u200d](?![^\x00-\x7f])|(?<![^\x00-\x7f])[\u200c\u200d]"

CONTROL: Final = re.compile(f"[{_CONTROL}]")
"""What no field may hold."""
CONTROL_OR_BREAK: Final = re.compile(rf"[{_CONTROL}\t\n\u2028\u2029]")
"""What no field of one line may hold."""
_UNSAFE: Final = re.compile(rf"[{_CONTROL}{_INVISIBLE}\u2028\u2029]|{_STRAY_JOINER}")
_URL: Final = re.compile(rf"https?://[^\s<>\"'`\\^{{}}|{_CONTROL}{_INVISIBLE}]+", re.IGNORECASE)
_SCRIPT_LINK: Final = re.compile(r"\s*(?:javascript|vbscript|data|blob|file)\s*:", re.IGNORECASE)
# Spreadsheets take the wide forms of the four signs too.
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")


def evidence_url(text: str) -> str | None:
    """
    Return the first http or https URL in *text*, None if there is none that may be a link.

    A URL that hides its host behind user information is passed over, and a text that begins
    with a scheme which runs or embeds something (``javascript:``) has no link at all.
    """
    if _SCRIPT_LINK.match(text):
        return None
    for match in _URL.finditer(text):
        url = _without_trailing_marks(match.group())
        if len(url) <= URL_LIMIT and _has_plain_host(url):
            return url
    return None


def terminal_safe(text: str, *, one_line: bool = False) -> str:
    r"""
    Return *text* with all that drives a terminal or hides replaced by visible signs.

    Args:
        text: As stored, from anybody.
        one_line: Replace tabs and line breaks too, for cells of a table.
    Returns:
        ESC as ``␛``, C1 as ``\x9b``, a bidirectional override as ``\u202e``.
    """
    safe = _UNSAFE.sub(lambda match: _sign(match.group()), text.replace("\r\n", "\n"))
    return re.sub(r"[\t\n]", lambda match: _sign(match.group()), safe) if one_line else safe


def csv_safe(text: str) -> str:
    """
    Return *text* so that no spreadsheet takes it for a formula: ``'`` before ``=``, ``+``, ...

    Source: OWASP, "CSV Injection".
    """
    begins = (text, text.lstrip())
    return f"'{text}" if any(form.startswith(_FORMULA) for form in begins) else text


def _without_trailing_marks(url: str) -> str:
    # "(see https://a.example/x)." ends before ")."; "https://a.example/x_(y)" keeps its bracket.
    while url and (url[-1] in ".,;:!?*_~" or (url[-1] in ")]" and not _is_balanced(url))):
        url = url[:-1]
    return url


def _is_balanced(url: str) -> bool:
    return url.count("(") == url.count(")") and url.count("[") == url.count("]")


def _has_plain_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _sign(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return (
        char.encode("ascii", "backslashreplace").decode("ascii")
        if code > 0xFF
        else f"\\x{code:02x}"
    )
