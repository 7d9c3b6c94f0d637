"""The least browser: keeps cookies, takes what is compressed, sends forms. For the benches."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

SEAL = re.compile(r'name="seal" value="([^"]+)"')


@dataclass
class Page:
    """
    What a hub answered.

    Attributes:
        weight: Bytes of its body as they came.
        seconds: From the request's first byte to the answer's last.
    """

    status: int
    text: str
    weight: int
    seconds: float


class Browser:
    """One kept connection with its cookies."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}
        if token:
            seal = SEAL.findall(self.get("/sign-in").text)[0]
            assert self.send("/sign-in", {"seal": seal, "token": token}).status == 303

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._ask("GET", path)

    def settled(self, path: str, patience_s: float = 60.0) -> Page:
        """Open a page as soon as a hub that has just begun has time for it."""
        ends = time.monotonic() + patience_s
        while (page := self.get(path)).status == 503 and time.monotonic() < ends:
            time.sleep(0.5)
        return page

    def send(self, path: str, fields: dict[str, str]) -> Page:
        """Send a form as a page of the hub does."""
        return self._ask("POST", path, urlencode(fields).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Page:
        headers = {"accept": "text/html", "accept-encoding": "gzip", "cookie": self.cookie}
        if body is not None:
            origin = f"http://127.0.0.1:{self._port}"
            kind = "application/x-www-form-urlencoded"
            headers |= {"content-type": kind, "origin": origin, "sec-fetch-site": "same-origin"}
        start = time.perf_counter()
        self._link.request(method, path, body, headers)
        answer = self._link.getresponse()
        raw = answer.read()
        seconds = time.perf_counter() - start
        for line in answer.headers.get_all("set-cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value.strip('"')
        packed = answer.headers.get("content-encoding") == "gzip"
        text = (gzip.decompress(raw) if packed else raw).decode(errors="replace")
        return Page(answer.status, text, len(raw), seconds)

    @property
    def cookie(self) -> str:
        """What it sends with each request."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items() if value)
