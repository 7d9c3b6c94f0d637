"""
Addresses of what lies in a commons or town: ``hop://`` and ``beads://``.

Many shapes of hop URI have been published and disagree; each is parsed and named by ``Shape``.
We print ``hop://<authority>/<chain>``, followed by ``/<table>/<id>`` or ``/<rig>/<id>``; a URI of
another published shape is printed as that shape. An e-mail address is personal: a URI that holds
one is printed only on request.
Source: MVGT guide (S0-71) and the federation architecture (S4-1 to S4-3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from .errors import Invalid
from .names import visible
from .schema import COMMONS_TABLES

LENGTH_LIMIT: Final = 512
"""What the ``hop_uri`` columns hold."""

_TABLES: Final = frozenset(table.name for table in COMMONS_TABLES)
_TABLE_SYNONYMS: Final = {"chain": "chain_meta"}  # the guide's example of a chain
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~@:+-]+\Z")
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9._+-]+(@[A-Za-z0-9.-]+)?\Z")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Shape(StrEnum):
    """The published shapes of a hop URI."""

    ENTITY = "entity"  # hop://accenture.com, hop://alice@example.com
    CHAIN = "chain"  # hop://org/database, hop://entity/town
    RECORD = "record"  # hop://org/database/table/id
    WORK = "work"  # hop://entity/chain/rig/issue-id
    RIG = "rig"  # hop://owner@example.com/handle/ as other clients write it on joining
    PLATFORM = "platform"  # hop://platform/org/id, entity://hop/platform/org/id
    FORMULA = "formula"  # hop://registry/formulas/name@1.0.0, also @org/name@1.0.0
    PATH = "path"  # hop://handle@host/chain/path


@dataclass(frozen=True, slots=True)
class HopUri:
    """
    What a hop URI names.

    Attributes:
        authority: Organisation, person, host or platform; may be an e-mail address.
        chain: Database, town, or organisation on a platform; "" for ENTITY and RIG.
        rig: A rig's name, where one is named.
        table: A table of the commons, where one is named.
        id: The record, issue, formula or rest of the path; may hold "/" except in RECORD and WORK.
        shape: Which published shape it has.
    """

    authority: str
    chain: str = ""
    rig: str = ""
    table: str = ""
    id: str = ""
    shape: Shape = Shape.CHAIN

    @property
    def holds_email(self) -> bool:
        """Whether printing it tells somebody's e-mail address."""
        return "@" in self.authority


@dataclass(frozen=True, slots=True)
class BeadsUri:
    """An issue in another repository: ``beads://<platform>/<org>/<repo>/<id>``."""

    platform: str
    org: str
    repo: str
    id: str

    def __str__(self) -> str:
        return f"beads://{self.platform}/{self.org}/{self.repo}/{self.id}"


def parse(text: str) -> HopUri | BeadsUri:
    """
    Return what the URI *text* names.

    Raises:
        Invalid: It is no hop, entity or beads URI; ``facts["rule"]`` says what is wrong.
    """
    scheme, separator, rest = text[: LENGTH_LIMIT + 1].partition("://")
    reader = _READERS.get(scheme.lower())
    if not separator or reader is None:
        raise invalid(text, "it does not begin with hop://, beads:// or entity://")
    if len(text) > LENGTH_LIMIT:
        raise invalid(text, f"it is longer than {LENGTH_LIMIT} characters")
    uri = reader(text, rest)
    if isinstance(uri, HopUri) and len(_printed(uri)) > LENGTH_LIMIT:
        raise invalid(text, f"written out it is longer than {LENGTH_LIMIT} characters")
    return uri


def parse_hop(text: str) -> HopUri:
    """
    Return what the hop URI *text* names.

    Raises:
        Invalid: It is none.
    """
    uri = parse(text)
    if isinstance(uri, BeadsUri):
        raise invalid(text, "a hop URI is wanted here, not a beads URI")
    return uri


def record(authority: str, chain: str, table: str, key: str) -> HopUri:
    """
    Return the URI of one row of a commons.

    Raises:
        Invalid: The table is not one of a commons, or a part cannot stand in a URI.
    """
    text = f"hop://{authority}/{chain}/{table}/{key}"
    uri = parse_hop(text)
    if uri.shape is not Shape.RECORD or len(text) > LENGTH_LIMIT:
        raise invalid(text, f"{visible(table)} is no table of a commons")
    return uri


def print_hop(uri: HopUri, *, email: bool = False) -> str:
    """
    Return *uri* as text that ``parse`` reads back.

    Args:
        uri: From ``parse``, ``record`` or ``shorthand.resolve``.
        email: Whether the user has asked for an e-mail address to be told.
    Raises:
        Invalid: It holds an e-mail address and *email* is false.
    """
    if uri.holds_email and not email:
        raise Invalid(
            "The URI holds an e-mail address, which is told only on request.",
            field="uri",
            value="",
            rule="no e-mail address",
        )
    return _printed(uri)


def invalid(text: str, rule: str) -> Invalid:
    """Return the error that *text* is no address, because it breaks *rule*."""
    return Invalid(
        f"{visible(text)} cannot be read as an address: {rule}.",
        hint="an address looks like hop://org/db/wanted/w-0123456789",
        field="uri",
        value=visible(text),
        rule=rule,
    )


def _printed(uri: HopUri) -> str:
    parts = (uri.authority, uri.chain, uri.rig or uri.table, uri.id)
    end = "/" if uri.shape is Shape.RIG else ""
    return "hop://" + "/".join(part for part in parts if part) + end


def _hop(text: str, rest: str) -> HopUri:
    has_end = rest.endswith("/")
    parts = _parts(text, rest.removesuffix("/"))
    _check_authority(text, parts[0])
    if has_end and len(parts) == 2 and "@" in parts[0]:
        return HopUri(parts[0], rig=parts[1], shape=Shape.RIG)
    if has_end and len(parts) > 2:
        raise invalid(text, "it ends in an empty part")
    return _shaped(parts)


def _shaped(parts: Sequence[str]) -> HopUri:
    authority, *rest = parts
    if not rest:
        return HopUri(authority, shape=Shape.ENTITY)
    chain, *rest = rest
    if not rest:
        return HopUri(authority, chain)
    if chain == "formulas" and "@" in rest[-1].removeprefix("@") and len(rest) <= 2:
        return HopUri(authority, chain, id="/".join(rest), shape=Shape.FORMULA)
    if len(rest) == 2:
        return _located(authority, chain, *rest)
    shape = Shape.PATH if "@" in authority else Shape.PLATFORM
    return HopUri(authority, chain, id="/".join(rest), shape=shape)


def _located(authority: str, chain: str, place: str, name: str) -> HopUri:
    # A rig that is called like a table cannot be told from it; the table is what we print.
    table = _TABLE_SYNONYMS.get(place, place)
    if table in _TABLES:
        return HopUri(authority, chain, table=table, id=name, shape=Shape.RECORD)
    return HopUri(authority, chain, rig=place, id=name, shape=Shape.WORK)


def _entity(text: str, rest: str) -> HopUri:
    host, *parts = _parts(text, rest)
    if host != "hop" or len(parts) < 3:
        raise invalid(text, "an entity URI has the form entity://hop/platform/org/id")
    _check_authority(text, parts[0])
    return _shaped(parts)


def _beads(text: str, rest: str) -> BeadsUri:
    parts = _parts(text, rest)
    if len(parts) != 4:
        raise invalid(text, "a beads URI has the form beads://platform/org/repo/id")
    return BeadsUri(*parts)


def _parts(text: str, rest: str) -> list[str]:
    if _BAD_ESCAPE.search(rest):
        raise invalid(text, "a % is not followed by two hexadecimal digits")
    parts = [unquote(part, errors="replace") for part in rest.split("/")]
    for part in parts:
        _check_segment(text, part)
    return parts


def _check_segment(text: str, part: str) -> None:
    if not part:
        raise invalid(text, "it has an empty part")
    if part in {".", ".."}:
        raise invalid(text, f"{part} is not a name")
    if "?" in part or "#" in part:
        raise invalid(text, "it has a query or a fragment")
    if not _SEGMENT.match(part):
        raise invalid(text, f"{visible(part)} holds other characters than letters, digits, ._~@:+-")


def _check_authority(text: str, authority: str) -> None:
    if ":" in authority:
        raise invalid(text, "its authority has a port or a password")
    if not _AUTHORITY.match(authority):
        raise invalid(text, f"{visible(authority)} is neither a name nor an e-mail address")


_READERS: Final[Mapping[str, Callable[[str, str], HopUri | BeadsUri]]] = {
    "hop": _hop,
    "entity": _entity,
    "beads": _beads,
}
