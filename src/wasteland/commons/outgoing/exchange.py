"""
One request to checked addresses, and what comes back: no redirect, no retry, no decompression.

The HTTP library's errors become ours here. Its texts may repeat what was sent, the caller's
secrets among it, so they are not kept.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

import httpcore2

from ...protocol.errors import LimitReached, Unavailable
from ...protocol.lean import dataclass
from .network import Deadline, PinnedBackend
from .urls import Target

OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}
)
"""Headers that callers may not set, in lower case."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = "try again later"


@dataclass(frozen=True, slots=True)
class Request:
    """
    What is sent.

    Attributes:
        headers: Besides our own.
        body: None for none.
        limit_bytes: Of the answer's body; 0 reads none of it.
    """

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a server said.

    Attributes:
        status: 200 to 599; a redirect's where no more of them are followed.
        url: Where the answer came from, after redirects.
        content_type: As stated; "" if it is not.
        body: As sent, never decompressed; empty where none was asked for.
        digest: SHA-256 of the body, in hexadecimal digits.
        location: Where a redirect leads; "" for no redirect.
        headers: As sent, names in lower case; of several of one name the last.
    """

    status: int
    url: str
    content_type: str
    body: bytes
    digest: str
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def send(
    request: Request, addresses: Sequence[str], deadline: Deadline, context: ssl.SSLContext
) -> Answer:
    """
    Return the answer of the first of *addresses* that takes a connection.

    Raises:
        LimitReached: The body is larger than asked for.
        Unavailable: No answer, none in time, or none of the web.
    """
    host = request.target.host
    try:
        return _exchange(request, addresses, deadline, context)
    except httpcore2.TimeoutException:
        raise Unavailable(f"{host} did not answer in time.", hint=_LATER) from None
    except httpcore2.NetworkError:
        raise Unavailable(f"{host} cannot be reached.", hint=_LATER) from None
    except httpcore2.ProtocolError:
        raise Unavailable(f"{host} does not answer as a web server does.", hint=_LATER) from None


def _exchange(
    request: Request, addresses: Sequence[str], deadline: Deadline, context: ssl.SSLContext
) -> Answer:
    target = request.target
    scheme, host = target.scheme.encode(), target.host.encode()
    origin = httpcore2.Origin(scheme, host, target.port)
    url = httpcore2.URL(scheme=scheme, host=host, port=target.port, target=target.path.encode())
    backend = PinnedBackend(addresses, deadline, request.limit_bytes)
    with (
        httpcore2.HTTPConnection(origin, ssl_context=context, network_backend=backend) as line,
        line.stream(request.method, url, headers=_headers(request), content=request.body) as found,
    ):
        return _read(request, found)


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    given = {name.lower(): value for name, value in request.headers.items()}
    own = {
        "host": request.target.authority,
        "user-agent": "wasteland",
        "accept": "*/*",
        # As sent is what a digest is made of, and nothing can unfold into more than was sent.
        "accept-encoding": "identity",
        "connection": "close",
    }
    return [(name.encode(), value.encode()) for name, value in (own | given).items()]


def _read(request: Request, response: httpcore2.Response) -> Answer:
    head = {name.lower(): value for name, value in response.headers}
    is_redirect = response.status in _REDIRECTS
    body = b"" if is_redirect else _body(request, response)
    return Answer(
        status=response.status,
        url=str(request.target),
        content_type=head.get(b"content-type", b"").decode("latin-1"),
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        location=head.get(b"location", b"").decode("utf-8", "replace") if is_redirect else "",
        headers={name.decode("latin-1"): text.decode("latin-1") for name, text in head.items()},
    )


def _body(request: Request, response: httpcore2.Response) -> bytes:
    limit = request.limit_bytes
    received = bytearray()
    for chunk in response.iter_stream() if limit else ():
        received += chunk
        if len(received) > limit:
            raise LimitReached(
                f"The answer of {request.target.host} is larger than {limit} bytes.",
                hint="name something smaller",
                limit=limit,
                status=response.status,
            )
    return bytes(received)
