"""Trailers of commit messages: what a lost journal is rebuilt from."""

from __future__ import annotations

from typing import Final

OPERATION: Final = "Wasteland-Op"


def with_operation(message: str, op_id: str) -> str:
    """Return *message* with the operation id as its trailer."""
    return f"{message}\n\n{OPERATION}: {op_id}"


def find(message: str, name: str = OPERATION) -> str | None:
    """Return the value of a trailer in a commit message, None where there is none."""
    for line in reversed(message.splitlines()):
        found, colon, value = line.partition(":")
        if colon and found.strip() == name:
            return value.strip()
    return None
