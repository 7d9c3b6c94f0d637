"""
What a visitor may do with an item, as forms: each is one operation of the table.

Which steps there are, and why one is refused, the rules say; here they get a name, an icon, fields.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ..commons.methods import method
from ..commons.operations import BY_NAME, Kind, Operation
from ..commons.session import branch_rig
from ..commons.sheets import ItemSheet
from ..hosts.base import PullRequest
from ..hub.tokens import Scope
from ..protocol.errors import Invalid, NotFound, WastelandError
from ..protocol.ids import derived
from ..protocol.lifecycle import Step, can
from ..protocol.names import visible
from ..protocol.policy import Action, Policy
from ..protocol.records import WantedItem
from ..protocol.roles import Actor, authorize, next_steps
from . import stamping
from .looks import LOOKS, Act, Field, Look, Tried
from .places import Place
from .visits import Visit

OP: Final = "op"
"""The field that names one attempt: sent twice, a form does its work once."""
LONGEST_OP: Final = 64
_NUMBERS: Final = frozenset({"int", "int | None"})
_DIGITS: Final = 9


_PLACES: Final = tuple(LOOKS)
_FORWARD: Final = frozenset({Step.CLAIM, Step.SUBMIT, Step.ACCEPT})
_DECIDES: Final = frozenset({Step.ACCEPT, Step.REJECT, Step.CLOSE})
_NOT_HIDDEN: Final = (Step.CLAIM, Step.SUBMIT, Step.ACCEPT, Step.WITHDRAW)
_RIG: Final = ("rig", "Whose submission", "choice")
_STAMPING: Final = "accept"
_REQUIRED: Final = frozenset({"evidence", "reason", "to", "rig"})
# The rules allow these to a rig as such, and refuse them for how it stands to the item.
_STANDING: Final = {
    Step.ACCEPT: "nobody stamps their own work.",
    Step.SUBMIT: "that is for the rig that holds it.",
}


def acts_of(
    place: Place,
    sheet: ItemSheet,
    waiting: Sequence[PullRequest] = (),
    tried: Tried | None = None,
) -> list[Act]:
    """
    Return what the visitor may do with an item, likeliest first, then what is refused and why.

    Args:
        waiting: Pull requests with work on it.
        tried: What was refused just now.
    """
    if not (place.me.rig and place.may_write):
        return []
    session = place.session
    actor, policy = session.actor(), session.policy()
    allowed = next_steps(sheet.item, actor, policy)
    # What waits is decided on as it was offered, though main does not show it yet.
    seen = [
        replace(sheet.item, status=offered.status or sheet.item.status, claimed_by=offered.rig)
        for offered in sheet.pending
    ]
    for each in seen:
        allowed += _DECIDES.intersection(next_steps(each, actor, policy)).difference(allowed)
    steps = sorted(allowed, key=_PLACES.index)
    found = [_act(place, step, sheet.item, waiting, tried) for step in steps]
    for step in _NOT_HIDDEN:
        about = [item for item in (sheet.item, *seen) if can(step, item)]
        if about and step not in allowed and (step in _DECIDES or about[0] is sheet.item):
            found.append(_refused(step, about[-1], actor, policy))
    return found


def operation(name: str) -> Operation:
    """
    Return the operation on an item that is called so.

    Raises:
        NotFound: None is.
    """
    row = BY_NAME.get(name)
    if row is None or row.kind is not Kind.WRITE or not _is_about_item(row):
        raise NotFound(f"{visible(name)} is nothing that can be done to an item.")
    return row


def carry_out(visit: Visit, row: Operation, place: Place, *keys: str, **given: Any) -> Any:
    """
    Do what a form asks; return the receipt, or what else the operation answers.

    Args:
        keys: What the operation is about: an item's id, a pull request.
        given: Inputs that are not in the form.
    Raises:
        WastelandError: The form is not ours, the visitor may not write, or the operation refuses.
    """
    visit.need_form()
    visit.caller.need_scope(Scope.WRITE)
    signature = inspect.signature(method(row)).parameters
    # What the address says, no field of the form says otherwise.
    names = dict(list(signature.items())[1 + len(keys) :])
    typed: dict[str, Any] = {name: text for name, text in visit.sent.items() if text}
    if row.name == _STAMPING:
        typed |= stamping.read(visit.sent)
    typed.setdefault("head", visit.sent.get(f"head-{visit.sent.get('rig', '')}", ""))
    values: dict[str, Any] = {
        name: _read(names[name], text) for name, text in {**typed, **given}.items() if name in names
    }
    if "op_id" in names:
        values["op_id"] = op_id(visit)
    values.pop("dry_run", None)
    for name, parameter in names.items():
        if _is_needed(parameter):
            values.setdefault(name, "")
    return getattr(place.session, row.method.partition(".")[2])(*keys, **values)


def new_op() -> str:
    """Return a name for an attempt that a form may make."""
    return secrets.token_hex(12)


def op_id(visit: Visit, *of: str) -> str | None:
    """
    Return the operation id of the attempt that a form makes; None for one that names none.

    Args:
        of: Which of several that one attempt makes.
    """
    given = visit.sent.get(OP, "")
    if len(given) > LONGEST_OP:
        raise Invalid("The form is not as it was shown.", field=OP)
    return derived("op", visit.caller.need_account(), given, *of, digits=32) if given else None


def _act(
    place: Place,
    step: Step,
    item: WantedItem,
    waiting: Sequence[PullRequest],
    tried: Tried | None,
) -> Act:
    look = LOOKS[step]
    mine = tried if tried and tried.operation == look.operation else None
    has_page = step is Step.EDIT
    base = f"{place.path}/wanted/{item.id}"
    return Act(
        name=look.operation,
        label=look.label,
        icon=look.icon,
        key=look.key,
        path=f"{base}/edit" if has_page else f"{base}/{look.operation}",
        fields=_fields(step, look, waiting, mine),
        is_grave=look.is_grave,
        has_page=has_page,
        is_open=mine is not None,
        is_forward=step in _FORWARD,
        hidden=_heads(waiting) if step in _DECIDES else {},
        stamp=_stamp(place, mine) if step is Step.ACCEPT else None,
    )


def _heads(waiting: Sequence[PullRequest]) -> dict[str, str]:
    """Return what was looked at: that is decided on, not what may have been offered since."""
    if len(waiting) == 1:
        return {"head": waiting[0].head}
    return {f"head-{branch_rig(pull)}": pull.head for pull in waiting}


def _stamp(place: Place, mine: Tried | None) -> stamping.StampForm:
    if mine is None:
        return stamping.shown(place.scale)
    return stamping.shown(place.scale, mine.typed, field=mine.field, error=mine.why)


def _fields(
    step: Step, look: Look, waiting: Sequence[PullRequest], mine: Tried | None
) -> list[Field]:
    rigs = tuple(dict.fromkeys(branch_rig(pull) for pull in waiting))
    several = (_RIG,) if step in _DECIDES and len(rigs) > 1 else ()
    params = BY_NAME[look.operation].params
    return [
        Field(
            name=name,
            label=label,
            kind=kind,
            help=params[name].help,
            words=rigs if name == "rig" else params[name].words,
            required=name in _REQUIRED,
            value=mine.typed.get(name, "") if mine else "",
            error=mine.why if mine and mine.field == name else "",
        )
        for name, label, kind in (*several, *look.fields)
    ]


def _refused(step: Step, item: WantedItem, actor: Actor, policy: Policy) -> Act:
    look = LOOKS[step]
    try:
        authorize(Action(step.value), actor, policy, item=item)
        why = _STANDING.get(step, "the rules of the commons refuse it.")
    except WastelandError as error:
        why = error.message
    return Act(look.operation, look.label, look.icon, look.key, why_not=why)


def _is_about_item(row: Operation) -> bool:
    return row.route.startswith("POST /wanted/{id}/")


def _read(parameter: inspect.Parameter, given: Any) -> Any:
    """Return what was typed as the operation takes it."""
    if not isinstance(given, str) or str(parameter.annotation) not in _NUMBERS:
        return given
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS):
        raise Invalid(f"{visible(given)} is no whole number.", field=parameter.name, value=given)
    return int(given)


def _is_needed(parameter: inspect.Parameter) -> bool:
    is_input = parameter.kind is inspect.Parameter.KEYWORD_ONLY
    return is_input and parameter.default is inspect.Parameter.empty
