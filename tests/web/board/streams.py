"""Listens to a stream of events in-process, as a browser does."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Final, Self

from starlette.types import Message

PROMPT_S: Final = 20.0


class Listener:
    """
    One open stream; within an ``async with`` block.

    Attributes:
        status: Of the answer.
    """

    def __init__(self, app: Any, path: str, **headers: str) -> None:
        place, _, query = path.partition("?")
        given = {"host": "127.0.0.1", "accept": "text/event-stream", **headers}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": place,
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        self._app = app
        self._said: asyncio.Queue[bytes] = asyncio.Queue()
        self._left, self._begun = asyncio.Event(), asyncio.Event()
        self._is_asked = False
        self.status = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send))
        await asyncio.wait_for(self._begun.wait(), PROMPT_S)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()
        await asyncio.wait_for(self._task, PROMPT_S)

    async def told(self) -> dict[str, Any]:
        """Return the next event's data, with its name as ``event`` and its id."""
        while True:
            text = (await asyncio.wait_for(self._said.get(), PROMPT_S)).decode()
            said = [line for line in text.splitlines() if line and not line.startswith(":")]
            lines = dict(line.split(": ", 1) for line in said)
            if "event" in lines:
                data = json.loads(lines["data"])
                return {**data, "event": lines["event"], "id": lines.get("id", "")}

    async def end(self) -> None:
        """Return when the stream has ended by itself."""
        await asyncio.wait_for(asyncio.shield(self._task), PROMPT_S)

    async def _receive(self) -> Message:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begun.set()
        elif message.get("body"):
            self._said.put_nowait(message["body"])
