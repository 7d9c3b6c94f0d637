"""The commands that may follow, as people type them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..protocol.lifecycle import Step

_MOST: Final = 3
_COMMANDS: Final = {
    Step.CLAIM: "wl claim {id}",
    Step.SUBMIT: "wl done {id} --evidence URL",
    Step.ACCEPT: "wl accept {id} --quality good",
    Step.REJECT: "wl reject {id} --reason TEXT",
    Step.CLOSE: "wl close {id}",
    Step.UNCLAIM: "wl unclaim {id}",
    Step.HANDOVER: "wl handover {id} --to RIG",
    Step.EDIT: "wl update {id} --title TEXT",
    Step.WITHDRAW: "wl withdraw {id}",
}


def commands(steps: Sequence[Step], item_id: str) -> list[str]:
    """Return up to three commands for *steps* on an item; a look at it where there is none."""
    found = [_COMMANDS[step].format(id=item_id) for step in steps]
    return found[:_MOST] or [f"wl show {item_id}"]
