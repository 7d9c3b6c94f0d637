"""A small mail server on loopback that keeps what it is given."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


class Letterbox(socketserver.ThreadingTCPServer):
    """
    The server.

    Attributes:
        answer: To whoever wants to hand over a letter; one of 250 takes it.
        letters: What was handed over, with the address that it is for.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answer = "250 kept"
        self.letters: list[tuple[str, EmailMessage]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    """One connection, as far as a client that hands over letters goes."""

    server: Letterbox

    def handle(self) -> None:
        to = ""
        self._say("220 letterbox")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                self._say("354 go on")
                self._keep(to)
            else:
                self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _keep(self, to: str) -> None:
        body = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            body += line[1:] if line.startswith(b"..") else line
        if self.server.answer.startswith("250"):
            letter = message_from_bytes(body, policy=default)
            self.server.letters.append((to, letter))
        self._say(self.server.answer)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def letterbox() -> Iterator[Letterbox]:
    """Yield a mail server that listens."""
    with Letterbox() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.shutdown()
            thread.join(10)
