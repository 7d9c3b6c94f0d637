"""
The one HTTP client for DoltHub's REST API, and for hubs that speak it.

It repeats what may be repeated: whatever was certainly not carried out (no connection, 429), and
what does no harm twice (reads, requests that their caller calls repeatable, and on a host that
honours Idempotency-Keys all others). Of anything else that went wrong after it was sent the
caller hears Unavailable with ``facts["unsure"]``, and looks what became of it.

The token goes into one header and nowhere else; errors hold no address with a query, no header,
and no text of the HTTP library.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx2

from ...protocol.errors import EngineError, Unavailable, WastelandError
from ...protocol.lean import dataclass
from .answers import asked_s, json_object
from .refusals import refusal
from .retry import Limits, Timing, Tries
from .roots import checked_root
from .secret import Secret

HUB_HEADER: Final = "x-wasteland-hub"
_RIG_HEADER: Final = "x-wasteland-rig"
_HUB_NAME: Final = "wasteland"
_HONOURS_KEYS: Final = "idempotency_keys"
_NOT_CARRIED_OUT: Final = frozenset({429})
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """
    One request.

    Attributes:
        method: GET, POST, PATCH or DELETE.
        path: Segments below the host's root; each is escaped as a whole, slashes too.
        query: Parameters of the address; never a secret.
        body: JSON; None for no body.
        repeatable: Whether sending it twice does no harm. A GET never does any.
        bearer: Whether the API spells the token's header as v2 does.
        key: The Idempotency-Key of something that another process may repeat; "" for a fresh one.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    repeatable: bool = False
    bearer: bool = False
    key: str = ""


class _Failure(Exception):
    """A try that came to nothing, and may be followed by another; not seen outside."""

    def __init__(
        self, error: WastelandError, *, is_unsure: bool, asked_s: float | None = None
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.is_unsure = is_unsure
        self.asked_s = asked_s


class Http:
    """
    A host, and who asks; usable from several threads.

    Attributes:
        root: The host's root, such as ``https://www.dolthub.com``; without a slash at its end.
    """

    def __init__(
        self,
        root: str,
        token: Secret | None = None,
        *,
        transport: httpx2.BaseTransport | None = None,
        timing: Timing | None = None,
        limits: Limits | None = None,
        allow_plain: bool = False,
        rig: str = "",
    ) -> None:
        """
        Name the host; nothing is sent yet.

        Args:
            token: None to read as anybody.
            transport: Instead of the network, for tests.
            allow_plain: Send the token without encryption to another machine.
            rig: As which of the account's rigs to act on a hub of ours; "" for its usual one.
        Raises:
            Invalid: *root* is no address of a host, or would carry the token in the clear.
        """
        self.root = checked_root(root, may_be_plain=allow_plain or not token)
        self._token = token or Secret("")
        self._timing = timing or Timing()
        self._limits = limits or Limits()
        self._is_hub: bool | None = None
        self._abilities: frozenset[str] | None = None
        headers = {"accept": "application/json"} | ({_RIG_HEADER: rig} if rig else {})
        self._client = httpx2.Client(transport=transport, follow_redirects=False, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def has_token(self) -> bool:
        """Whether anybody in particular asks."""
        return bool(self._token)

    @property
    def is_hub(self) -> bool:
        """Whether the host is one of ours, with what it has beyond DoltHub."""
        if self._is_hub is None:
            self._is_hub = bool(self.abilities)
        return self._is_hub

    @property
    def abilities(self) -> frozenset[str]:
        """What a hub of ours says that it can do beyond DoltHub; nothing for any other host."""
        if self._abilities is None:
            self._abilities = self._probe()
        return self._abilities

    def send(self, call: Call) -> Mapping[str, Any]:
        """
        Return the JSON object that answers *call*.

        Raises:
            Unavailable: Not in this time, or not this often; ``facts["unsure"]`` says that it may
                have been carried out all the same.
            RateLimited: The host asks for a longer pause than there is time for.
            WastelandError: As the host refuses.
        """
        tries = Tries(self._timing, self._limits)
        headers = self._headers(call)
        while True:
            try:
                return self._exchange(call, headers, tries)
            except _Failure as failure:
                may_repeat = not failure.is_unsure or self._may_repeat(call)
                if not (may_repeat and tries.may_go_on(failure.asked_s)):
                    raise _final(failure, call) from failure

    def wait_for(self, look: Callable[[], T | None], what: str) -> T:
        """
        Look until *look* returns something, and return it.

        Raises:
            Unavailable: It took longer than the budget.
        """
        tries = Tries(self._timing, self._limits)
        while (found := look()) is None:
            if not tries.may_look_again():
                raise Unavailable(
                    f"{self.root} did not finish {what} within {self._limits.budget_s:.0f} s.",
                    hint="look again later",
                    unsure=True,
                )
        return found

    # --- one try

    def _exchange(self, call: Call, headers: Mapping[str, str], tries: Tries) -> Mapping[str, Any]:
        timeout_s = min(self._limits.timeout_s, tries.left_s())
        end = self._timing.clock() + timeout_s
        try:
            with self._client.stream(
                call.method,
                f"{self.root}/{'/'.join(quote(part, safe='') for part in call.path)}",
                params=dict(call.query),
                json=call.body,
                headers=headers,
                timeout=timeout_s,
            ) as response:
                self._note(response)
                body = self._read(response, end)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        return self._understood(response, body)

    def _headers(self, call: Call) -> dict[str, str]:
        # Not compressed, so that the bound on an answer is a bound on what it unfolds to.
        headers = {"accept-encoding": "identity"}
        if self._token:
            scheme = "Bearer" if call.bearer else "token"
            headers["authorization"] = f"{scheme} {self._token.reveal()}"
        if call.method == "POST":
            # One key for all tries.
            key = call.key or f"wl-{secrets.token_hex(16)}"
            headers |= {"idempotency-key": key, "prefer": "wait"}
        return headers

    def _read(self, response: httpx2.Response, end: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._limits.answer_bytes:
                raise EngineError(
                    f"{self.root} answers with more than {self._limits.answer_bytes} bytes."
                )
            if self._timing.clock() > end:
                raise _Failure(self._cut_off("too slowly"), is_unsure=True)
            parts.append(part)
        return b"".join(parts)

    def _understood(self, response: httpx2.Response, body: bytes) -> Mapping[str, Any]:
        status = response.status_code
        data = json_object(body)
        is_promised = "json" in response.headers.get("content-type", "")
        if data is None and (200 <= status < 300 or (status < 500 and is_promised)):
            raise _Failure(self._cut_off("with no whole JSON object"), is_unsure=True)
        if data is not None and 200 <= status < 300:
            return data
        if 300 <= status < 400:
            raise EngineError(
                f"{self.root} sends its callers elsewhere; a token is not sent after them.",
                hint="give the address that it leads to",
            )
        error = self._redacted(refusal(status, data or {}, self.root))
        if status == 409 and "retry_after_s" in (data or {}):
            # The same request, sent before, is still being worked on: that is no refusal of it.
            busy = Unavailable(error.message, hint="repeat the command")
            raise _Failure(busy, is_unsure=True, asked_s=1.0)
        if status in _TRANSIENT and isinstance(error, EngineError) and error.code != "engine":
            pause_s = asked_s(response)
            error.facts.update({} if pause_s is None else {"retry_after_s": pause_s})
            raise _Failure(error, is_unsure=status not in _NOT_CARRIED_OUT, asked_s=pause_s)
        raise error

    def _unreachable(self, error: httpx2.HTTPError) -> _Failure:
        kind = type(error).__name__
        told = Unavailable(f"{self.root} cannot be reached ({kind}).", hint="try again")
        return _Failure(told, is_unsure=not isinstance(error, _NOT_SENT))

    def _cut_off(self, how: str) -> Unavailable:
        return Unavailable(f"{self.root} answers {how}.", hint="try again")

    def _redacted(self, error: WastelandError) -> WastelandError:
        """Return *error* without the token, should the host have repeated it."""
        error.message = self._token.redacted(error.message)
        error.hint = self._token.redacted(error.hint)
        error.args = (error.message,)
        for name, value in error.facts.items():
            if isinstance(value, str):
                error.facts[name] = self._token.redacted(value)
        return error

    # --- what kind of host it is

    def _may_repeat(self, call: Call) -> bool:
        is_safe = call.method == "GET" or call.repeatable
        return is_safe or _HONOURS_KEYS in self.abilities

    def _note(self, response: httpx2.Response) -> None:
        if response.headers.get(HUB_HEADER) == "1":
            self._is_hub = True

    def _probe(self) -> frozenset[str]:
        try:
            about = self.send(Call("GET", ("api", "v1")))
        except Unavailable:
            raise
        except WastelandError:
            return frozenset()
        listed = about.get("abilities")
        is_ours = about.get("name") == _HUB_NAME and isinstance(listed, list)
        return frozenset(map(str, listed or ())) if is_ours else frozenset()


def _final(failure: _Failure, call: Call) -> WastelandError:
    if failure.is_unsure and call.method != "GET":
        failure.error.facts["unsure"] = True
    return failure.error
