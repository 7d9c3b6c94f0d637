"""The rules of a commons: shown, stated, and tried on what is past before they are stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..protocol import policy
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, Stale
from ..protocol.policy import Action
from ..protocol.records import Meta
from . import queries, trials
from .changes import added, changed, removed
from .intents import Intent
from .queries import Query
from .receipts import Receipt
from .trials import PolicyTrial
from .writing import WriteSession


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One effective rule of the policy and where it comes from."""

    rule: str
    value: str
    origin: str


class Policies(WriteSession):
    """The operations on the commons' own rules."""

    def rules(self, *, as_of: str | None = None) -> list[RuleLine]:
        """Return every effective rule of the policy with its origin."""
        found = self.policy(self.at(as_of))
        lines = [RuleLine(rule, found.text(rule), found.origin(rule)) for rule in policy.RULES]
        scale = RuleLine(policy.SCALE_KEY, found.scale or "not stated", f"_meta {policy.SCALE_KEY}")
        return [*lines, scale]

    def try_rule(self, rule: str, value: str, *, last: int = trials.MOST) -> PolicyTrial:
        """
        Say what a rule would have made of past changes, before it is stated.

        The last changes of main and the pull requests that were not merged are judged once more.

        Args:
            value: As for stating it; "" for what the preset says.
            last: How many changes of main, and pull requests besides; 1 to 1000.
        Raises:
            Invalid: No such rule, or not its form; or not that many.
        """
        return self.try_rules({rule: value or None}, last=last)

    def try_rules(
        self, changes: Mapping[str, str | None], *, last: int = trials.MOST
    ) -> PolicyTrial:
        """Say what several rules together would have made of past changes."""
        return trials.attempt_rules(self, changes, last=last)

    def set_rule(
        self, rule: str, value: str, *, op_id: str | None = None, dry_run: bool = False
    ) -> Receipt:
        """
        State a rule of the policy, or a preset (``preset team``).

        Raises:
            Conflict: Another scale, while stamps are written in the one that is stated.
            Invalid: No such rule, or not its form.
            TrustTooLow: That is for maintainers.
        """
        text = policy.check_rule(rule, value)
        return self._state({rule: text}, f"{rule} {text}", op_id=op_id, dry_run=dry_run)

    def set_rules(
        self,
        changes: Mapping[str, str | None],
        *,
        seen: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        State several rules in one commit.

        Args:
            changes: Rule -> text; None for a rule that is the preset's again.
            seen: ``policy.digest`` of the rules that the caller has looked at; "" for any.
        Raises:
            Conflict, Invalid, TrustTooLow: As for one rule; then none is stated.
            Stale: The rules are others by now.
        """
        checked = {
            rule: None if text is None else policy.check_rule(rule, text)
            for rule, text in changes.items()
        }
        if not checked:
            raise Invalid("No rule is to change.", field="rule", hint="wl policy shows every rule")
        title = ", ".join(sorted(checked))
        return self._state(checked, title, seen=seen, op_id=op_id, dry_run=dry_run)

    def _state(
        self,
        changes: Mapping[str, str | None],
        title: str,
        *,
        seen: str = "",
        op_id: str | None,
        dry_run: bool,
    ) -> Receipt:
        def plan(query: Query) -> list[RowChange]:
            if seen and seen != policy.digest(queries.meta(query)):
                raise Stale("The rules were changed since you looked.", hint="wl policy show")
            found = (_stated(query, rule, text) for rule, text in changes.items())
            return [row for row in found if row is not None]

        single = next(iter(changes)) if len(changes) == 1 else ""
        request = {"rule": single, "value": changes[single]} if single else {"rules": dict(changes)}
        intent = Intent(
            "policy",
            Action.POLICY,
            policy.key_of(next(iter(changes))),
            request,
            table="_meta",
            title=f"wl policy: {title}",
            decides=True,
        )
        return self.write(intent, plan, self.options(op_id, dry_run=dry_run))


def _stated(query: Query, rule: str, text: str | None) -> RowChange | None:
    """Return the change that states *rule* so, None where there is nothing to take back."""
    key = policy.key_of(rule)
    stored = queries.row(query, "_meta", key)
    if text is None:
        return removed("_meta", stored) if stored else None
    if stored is None:
        return added(Meta(key, text))
    if key == policy.SCALE_KEY and stored["value"] != text:
        _need_no_stamps(query)
    return changed(stored, Meta.from_row(stored), Meta(key, text))


def _need_no_stamps(query: Query) -> None:
    if query("SELECT `id` FROM `stamps` LIMIT 1", {}):
        raise Conflict(
            "Stamps are written in the scale that is stated; another would change what they say.",
            hint="wl policy show",
        )
