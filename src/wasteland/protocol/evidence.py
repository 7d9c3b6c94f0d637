"""
What evidence is: the links and texts with which finished work is handed in, read and named.

Reading never fails, since stored evidence comes from anybody; ``accepted`` is what a new submission
must pass. Whether evidence holds is checked elsewhere. One thing handed in in two spellings has one
``canonical``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from . import forges, uris, web_urls
from .errors import Invalid
from .lean import dataclass
from .text import evidence_url
from .uris import BeadsUri, HopUri

SHORTEST_HASH: Final = 7
"""Digits of a commit's hash that tell it from others of its project."""


class Kind(StrEnum):
    """What sort of evidence it is."""

    PULL_REQUEST = "pull_request"
    COMMIT = "commit"
    CI_RUN = "ci_run"
    URL = "url"
    FILE = "file"  # uploaded to the host of the commons
    ATTESTATION = "attestation"  # a signed statement
    RECORD = "record"  # a row of a commons, an issue of a tracker: hop:// or beads://
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    One piece of evidence.

    Attributes:
        kind: What it is.
        canonical: By this two pieces are compared; "" where nothing tells it from others.
        url: What can be fetched, as it was written; "" for none.
        digest: SHA-256 of its content in lower-case hexadecimal digits; "" where none was stated.
        host: The forge of a pull request, commit or run.
        project: Owner and repository there, lower case.
        id: Its number or hash there.
        name: Of a file.
    """

    kind: Kind
    canonical: str
    url: str = ""
    digest: str = ""
    host: str = ""
    project: str = ""
    id: str = ""
    name: str = ""

    @property
    def identities(self) -> frozenset[str]:
        """
        By any of these it is known again.

        One content may lie at several addresses, one commit in several forks, and a commit may be
        named by the first digits of its hash.
        """
        found = {self.canonical}
        if self.digest:
            found.add(f"sha256:{self.digest}")
        if self.kind is Kind.COMMIT:
            found.add(f"{self.host}/{self.project}@{self.id[:SHORTEST_HASH]}")
            found.add(f"git:{self.id}" if re.fullmatch(_GIT_HASH, self.id) else "")
        return frozenset(found - {""})


def read(text: str) -> Evidence:
    """Return the first piece of evidence in *text*; the text itself where it holds none."""
    return read_all(text)[0]


def read_all(text: str) -> tuple[Evidence, ...]:
    """Return every piece of evidence in *text*, in its order; the text itself where it has none."""
    found = {piece.canonical: piece for piece in _pieces(text[:_TEXT_LIMIT])}
    return tuple(found.values()) or (Evidence(Kind.TEXT, _text_identity(text)),)


def accepted(text: str) -> str:
    """
    Return *text* unchanged if it may be handed in.

    Raises:
        Invalid: It shows a password, or names a file or digest that cannot be one.
    """
    if re.search(_CREDENTIALS, text):
        raise _invalid("it holds an address with a user name or password, which all could read")
    for word in text.split():
        if re.match(_FILE_LIKE, word) and not re.fullmatch(_FILE, _bare(word)):
            raise _invalid("a file is named file:sha256:<64 digits>/<name>")
        if re.search(_DIGEST_LIKE, word) and not re.search(_DIGEST, _bare(word)):
            raise _invalid("a SHA-256 digest has 64 hexadecimal digits")
    return text


def file_reference(digest: str, name: str) -> str:
    """Return how an uploaded file is named in evidence."""
    return f"file:sha256:{digest}/{re.sub(_UNSAFE_IN_NAME, '_', name)[-100:] or 'file'}"


_TEXT_LIMIT: Final = 65536
_SHORTEST_TELLING_TEXT: Final = 40
# Patterns are text, compiled when they are first used: most commands never read evidence.
_HEX: Final = r"[0-9a-fA-F]{64}"
_FILE: Final = rf"(?a)file:sha256:(?P<digest>{_HEX})(?:/(?P<name>[\w.+@-]{{1,100}}))?"
_ATTESTATION: Final = rf"attestation:sha256:(?P<digest>{_HEX})"
_DIGEST: Final = rf"(?:#sha256=|\bsha256:)(?P<digest>{_HEX})(?![0-9a-fA-F])"
_GIT_HASH: Final = r"(?i)[0-9a-f]{40}|[0-9a-f]{64}"
_ADDRESS: Final = r"(?i)(?:hop|beads|entity)://[^\s<>\"'`]{1,512}"
_SIGNED: Final = (".intoto.jsonl", ".intoto.json", ".sigstore", ".sigstore.json", ".att")
_CREDENTIALS: Final = r"(?i)\bhttps?://[^\s/?#@]*@"
_FILE_LIKE: Final = r"(?i)file:sha"
_DIGEST_LIKE: Final = r"(?i)#sha256="
_UNSAFE_IN_NAME: Final = r"(?a)[^\w.+@-]"


def _pieces(text: str) -> Iterator[Evidence]:
    """Yield what the words of *text* name; a digest that stands alone belongs to what is before."""
    words = text.split()
    waiting: Evidence | None = None
    for word in words:
        digest = re.match(_DIGEST, _bare(word)) if ":" in word else None
        if digest and waiting and waiting.url and not waiting.digest:
            yield _with_digest(waiting, digest["digest"])
            waiting = None
            continue
        if waiting:
            yield waiting
        waiting = _named(word) if ":" in word else _bare_commit(word, words)
    if waiting:
        yield waiting


def _bare_commit(word: str, words: Sequence[str]) -> Evidence | None:
    """Return the commit whose hash is all that was handed in."""
    name = _bare(word).lower()
    is_hash = len(words) == 1 and re.fullmatch(_GIT_HASH, name)
    return Evidence(Kind.COMMIT, f"git:{name}", id=name) if is_hash else None


def _named(word: str) -> Evidence | None:
    bare = _bare(word)
    if match := re.fullmatch(_FILE, bare):
        digest = match["digest"].lower()
        name = match["name"] or ""
        return Evidence(Kind.FILE, f"sha256:{digest}", digest=digest, name=name)
    if match := re.fullmatch(_ATTESTATION, bare):
        digest = match["digest"].lower()
        return Evidence(Kind.ATTESTATION, f"sha256:{digest}", digest=digest)
    if match := re.search(_ADDRESS, word):
        return _record(_bare(match.group()))
    url = evidence_url(word)
    return _linked(url) if url else None


def _record(address: str) -> Evidence | None:
    try:
        uri = uris.parse(address)
    except Invalid:
        return None
    canonical = _beads(uri) if isinstance(uri, BeadsUri) else _hop(uri)
    return Evidence(Kind.RECORD, canonical, id=uri.id)


def _beads(uri: BeadsUri) -> str:
    return str(uri).lower()


def _hop(uri: HopUri) -> str:
    # An e-mail address is told only on request: such a record has no identity here.
    return "" if uri.holds_email else uris.print_hop(uri).lower()


def _linked(url: str) -> Evidence | None:
    address = web_urls.read(url)
    if address is None:
        return None
    stated = re.search(_DIGEST, url)
    digest = stated["digest"].lower() if stated else ""
    link = forges.read(address)
    if link is None:
        is_signed = bool(address.segments) and address.segments[-1].endswith(_SIGNED)
        kind = Kind.ATTESTATION if is_signed else Kind.URL
        return Evidence(kind, str(address), url=url, digest=digest)
    return Evidence(
        Kind(link.kind.value),
        link.canonical,
        url=url,
        digest=digest,
        host=link.host,
        project=link.project,
        id=link.id,
    )


def _with_digest(piece: Evidence, digest: str) -> Evidence:
    return replace(piece, digest=digest.lower())


def _bare(word: str) -> str:
    """Return *word* without the quotes, brackets and marks of the sentence around it."""
    return word.strip("\"'`<>()[]{},;!?").rstrip(".:")


def _text_identity(text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return f"text:{plain}" if len(plain) >= _SHORTEST_TELLING_TEXT else ""


def _invalid(rule: str) -> Invalid:
    return Invalid(
        f"The evidence is not accepted: {rule}.",
        hint="wl done --help",
        field="evidence",
        rule=rule,
    )
