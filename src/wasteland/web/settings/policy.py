"""The policy editor: each rule in words, its origin, and what a change would have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import queries
from ...commons.trials import MOST, PolicyTrial
from ...hub.tokens import Scope
from ...protocol import policy
from ...protocol.errors import WastelandError
from ...protocol.lean import dataclass
from ...protocol.policy import Action, Policy
from .. import acting
from ..visits import PageRoute, Visit, Visiting
from . import shell, wording
from .shell import BASE

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_SHOWN: Final = 20
_RIGS: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """
    One rule as it is shown.

    Attributes:
        value: As the commons states it; "" where it does not.
        text: What is in force, as it is stored.
        words: The same for people.
        behind: What the preset says, for people.
        origin: "this commons", "preset open" or "default".
        choices: Value and words of each that may be chosen; empty where one types.
        is_changed: Whether the form says another value.
        told: What the change would have done, in a few words; "" where nothing was tried.
        is_harmless: Whether it would have refused nothing.
        error: Why what was typed is refused.
    """

    rule: str
    label: str
    value: str
    text: str
    words: str
    behind: str
    origin: str
    choices: Sequence[tuple[str, str]]
    is_changed: bool = False
    told: str = ""
    is_harmless: bool = True
    error: str = ""


@router.get(f"{BASE}/policy")
def rules(visit: Visiting) -> Response:
    """Show every rule."""
    return _page(visit)


@router.post(f"{BASE}/policy")
def change(visit: Visiting) -> Response:
    """Try changed rules on the past, or state them in one commit."""
    session = visit.place.session
    trial = None
    try:
        visit.need_form()
        visit.caller.need_scope(Scope.WRITE)
        changes = _changes(visit)
        if "try" not in visit.sent:
            seen = visit.sent.get("seen", "")
            receipt = session.set_rules(changes, seen=seen, op_id=acting.op_id(visit))
            return shell.done(visit, "policy", receipt)
        trial = session.try_rules(changes) if changes else None
    except WastelandError as error:
        return _page(visit, error)
    return _page(visit, trial=trial)


def _changes(visit: Visit) -> dict[str, str | None]:
    """Return the rules that the form changes: rule -> text, None for what the preset says."""
    meta = queries.meta(visit.place.session.main())
    found: dict[str, str | None] = {}
    for rule in ("preset", *policy.RULES):
        stated = meta.get(policy.key_of(rule)) or ""
        given = visit.sent.get(rule, stated).strip()
        if given != stated:
            found[rule] = given or None
    return found


def _page(
    visit: Visit, error: WastelandError | None = None, trial: PolicyTrial | None = None
) -> Response:
    session = visit.place.session
    found = session.policy()
    # A page that is stale shows the rules as they are now; what was typed is in the note alone.
    is_stale = error is not None and error.code == "stale"
    sent = {} if is_stale else visit.sent
    wrong = str(error.facts.get("field") or "") if error else ""
    lines = [
        _line(found, rule, sent, trial, error.message if error and rule == wrong else "")
        for rule in policy.RULES
    ]
    return shell.show(
        visit,
        "policy",
        error=error,
        lines=lines,
        preset=sent.get("preset", found.preset or ""),
        stated_preset=found.preset or "",
        presets=wording.PRESETS,
        changed=sum(line.is_changed for line in lines)
        + (sent.get("preset", found.preset or "") != (found.preset or "")),
        not_governing=shell.why_not(visit, Action.POLICY),
        seen=policy.digest(queries.meta(session.main())),
        trial=trial,
        shown=_SHOWN,
        most=MOST,
        refusers=_refusers(trial),
    )


def _line(
    found: Policy, rule: str, sent: Mapping[str, str], trial: PolicyTrial | None, error: str
) -> Line:
    stated = found.stated.get(rule, "")
    value = sent.get(rule, stated).strip()
    behind = policy.PRESETS[found.preset or "open"][rule]
    text = found.text(rule)
    preset = f"preset {found.preset}" if found.preset else "default"
    told, is_harmless = _told(rule, trial)
    return Line(
        rule=rule,
        label=wording.label(rule),
        value=value,
        text=text,
        words=wording.words(rule, text),
        behind=wording.words(rule, behind),
        origin="this commons" if stated else preset,
        choices=wording.choices(rule, value),
        is_changed=value != stated,
        told=told,
        is_harmless=is_harmless,
        error=error,
    )


def _told(rule: str, trial: PolicyTrial | None) -> tuple[str, bool]:
    """Return what the changed rules would have done to what this rule is about."""
    if trial is None:
        return "", True
    if rule in trial.unseen:
        return "no past change shows it", True
    refused, count = trial.refused.get(rule, 0), trial.counts.get(rule, 0)
    if refused:
        return f"{refused} of {count} refused", False
    if rule in trial.rules and rule in Action._value2member_map_:
        return f"{count} tried, none refused" if count else "never taken yet", True
    return "", True


def _refusers(trial: PolicyTrial | None) -> Sequence[tuple[str, int]]:
    """Return the rigs that would have been refused most, with how often."""
    if trial is None:
        return ()
    refused = Counter(one.rig for one in trial.changes if one.after == "refused")
    return refused.most_common(_RIGS)
