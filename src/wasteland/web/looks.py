"""How the steps of an item are offered: name, icon, key and fields of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..protocol.fields import TEXT_LIMIT
from ..protocol.lean import dataclass
from ..protocol.lifecycle import Step
from .stamping import StampForm


@dataclass(frozen=True, slots=True)
class Field:
    """
    One input of a form.

    Attributes:
        kind: "line", "text" or "choice".
        words: What may be chosen; "" among them stands for leaving it out.
        help: One phrase.
        value: What was typed, or what is usual.
        error: Why it was refused; "" where it was not.
    """

    name: str
    label: str
    kind: str
    help: str = ""
    words: tuple[str, ...] = ()
    required: bool = False
    limit: int = TEXT_LIMIT
    value: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """
    One thing that a visitor may do, or may not.

    Attributes:
        name: The operation.
        path: Where its form goes; of one that has a page of its own, that page.
        why_not: The rule that refuses it, in a sentence; "" where it is allowed.
        is_open: Whether its fields are shown: it was tried and refused.
        is_forward: Whether it brings the work on.
        hidden: What its form sends besides.
        stamp: The form of the stamp that goes with it.
    """

    name: str
    label: str
    icon: str
    key: str
    path: str = ""
    fields: Sequence[Field] = ()
    is_grave: bool = False
    has_page: bool = False
    why_not: str = ""
    is_open: bool = False
    is_forward: bool = False
    hidden: Mapping[str, str] | None = None
    stamp: StampForm | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What was refused: the operation, what was typed, the field that is to be mended, and why."""

    operation: str
    typed: Mapping[str, str]
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Look:
    """
    How a step is offered.

    Attributes:
        fields: Name, label and kind of each input.
        is_grave: Whether it takes something away.
    """

    operation: str
    label: str
    icon: str
    key: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()
    is_grave: bool = False


LOOKS: Final[Mapping[Step, Look]] = {
    Step.CLAIM: Look("claim", "Claim", "hand", "c"),
    Step.SUBMIT: Look("done", "Submit", "out", "s", (("evidence", "Evidence", "text"),)),
    Step.ACCEPT: Look("accept", "Accept and stamp", "review", "a"),
    Step.REJECT: Look(
        "reject", "Reject", "undo", "r", (("reason", "What is missing", "text"),), is_grave=True
    ),
    Step.CLOSE: Look("close", "Close without a stamp", "x"),
    Step.UNCLAIM: Look("unclaim", "Give it back", "undo"),
    Step.HANDOVER: Look("handover", "Hand over", "right", "", (("to", "To which rig", "line"),)),
    Step.EDIT: Look("update", "Edit the item", "edit", "e"),
    Step.WITHDRAW: Look("withdraw", "Withdraw", "x", "", (), is_grave=True),
}
