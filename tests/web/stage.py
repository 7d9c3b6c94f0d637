"""A commons with one account for each role, on which the table of permissions is played."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from hub.desks import BOARD as REPO
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import PullState
from wasteland.hub import members
from wasteland.hub.catalog import Entry, Visibility
from wasteland.hub.members import MemberRole
from wasteland.protocol.records import Rig
from wasteland.web.assets import version
from web.browsers import BASE, BOARD, Browser, Office
from web.permissions import ROLES, Row

_GIVEN: Final = {
    "cora": MemberRole.CONTRIBUTOR,
    "mark": MemberRole.MAINTAINER,
    "olga": MemberRole.OWNER,
    "xena": MemberRole.MAINTAINER,
}
_ACCOUNTS: Final[Mapping[str, str]] = dict(
    zip(ROLES, ("", "sam", "cora", "mark", "olga", "xena"), strict=True)
)
_NO_CAPS: Final = {
    "claims_cap": "0:0,1:none,2:none",
    **{f"{what}_per_day": "99999" for what in ("posts", "registrations", "reports")},
    "submissions_cap": "99999",
}
# Who is signed in; what people are told, which follows from main whenever somebody looks.
_OWN_FILES: Final = frozenset({"sessions.db", "notifications.db"})
# What is written down of a request, whatever becomes of it.
_NOTED: Final = frozenset({"tries", "answers", "challenges"})


@dataclass(slots=True)
class Stage:
    """
    A commons under a preset with one account for each role.

    Attributes:
        preset: "team" or "open".
        browsers: Role -> a browser that is signed in so.
        accounts: Role -> its account; "" for a visitor.
    """

    office: Office
    preset: str
    browsers: dict[str, Browser] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=lambda: dict(_ACCOUNTS))
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.seat("acme").set_rules({"preset": self.preset, **_NO_CAPS})
        for name, given in _GIVEN.items():
            self.office.member(name)
            self._give(name, given)
        for name in ("wes", "tess", "bess"):
            self.office.member(name)
        for role, account in self.accounts.items():
            self._sit(role, account)
        self.ban("xena")

    # --- who

    def _sit(self, role: str, account: str) -> None:
        """Let an account play a role; its fork is there, for that is made before a write is."""
        self.accounts[role] = account
        if account:
            self.office.account(account)
            self.office.desk.hub.host.fork(REPO, account)
        self.browsers[role] = self.office.browser(account)

    def seat(self, account: str) -> Commons:
        """Return the seat of an account's rig; "acme" is the maintainer that was there first."""
        rig = "mia" if account == "acme" else account
        return Commons(self.office.desk.hub.host, REPO, Seat(rig, account))

    def ban(self, rig: str) -> None:
        """Suspend a rig that is not."""
        if not self.seat(rig).actor().suspension():
            self.seat("acme").suspend(rig, reason="spam")

    def restore(self, rig: str) -> None:
        """Restore a rig that is suspended."""
        if self.seat(rig).actor().suspension():
            self.seat("acme").restore(rig)

    def _give(self, account: str, role: MemberRole) -> None:
        hub = self.office.desk.hub
        members.set_role(hub, self._caller("acme"), REPO, account, role)

    def _caller(self, account: str) -> Any:
        return self.office.desk.hub.caller(f"token {self.office.desk.tokens[account]}")

    # --- one attempt

    def attempt(self, row: Row, role: str) -> str:
        """Let *role* do what *row* says, and return what it gets, as one letter of the table."""
        self._reset(role)
        made = Made(self, self.accounts[role] or "wes", self.browsers[role])
        path = row.path.format_map(made)
        form = {k.format_map(made): v.format_map(made) for k, v in row.form.items()}
        if row.method == "GET":
            client = self.browsers[role].client
            answer = client.get(path, params=form, follow_redirects=False)
            return _letter(answer.status_code, is_done=True)
        return self._sent(role, path, form)

    def _sent(self, role: str, path: str, form: Mapping[str, str]) -> str:
        browser = self.browsers[role]
        seal = browser.get("/-/you").form("/-/choices").fields["seal"]
        before = self.state()
        answer = browser.client.post(
            path,
            data={"seal": seal, **form},
            headers={"origin": BASE, "sec-fetch-site": "same-origin"},
            follow_redirects=False,
        )
        is_changed = before != self.state()
        letter = _letter(answer.status_code, is_done=is_changed)
        assert letter in {"+", "."} or not is_changed, f"{answer.status_code}, and it was written"
        if path == "/sign-out":
            self._sit(role, self.accounts[role])
        return letter

    def state(self) -> str:
        """Return what tells all that is kept from what it would be otherwise; sessions aside."""
        hub, whole = self.office.desk.hub, hashlib.sha256()
        for repo in (REPO, *hub.host.forks(REPO)):
            branches = [(b.name, b.head) for b in hub.host.engine(repo).branches()]
            whole.update(repr((str(repo), branches)).encode())
        for path in sorted(hub.host.root.glob("*.db")):
            if path.name not in _OWN_FILES:
                whole.update(_dump(str(path)).encode())
        return whole.hexdigest()

    def _reset(self, role: str) -> None:
        """Undo what an earlier attempt may have done to who is who."""
        hub = self.office.desk.hub
        if hub.catalog.entry(REPO).visibility is not Visibility.PUBLIC:
            hub.catalog.set_entry(REPO, Entry(Visibility.PUBLIC))
        for name, given in _GIVEN.items():
            if hub.catalog.role(REPO, name) is None:
                self._give(name, given)
        if role == "stranger" and hub.rigs(self._caller(self.accounts[role]), REPO):
            self._sit(role, f"sam{next(self._numbers)}")  # the one before has joined


class Made(dict[str, str]):
    """The names in braces, each made when it is asked for."""

    def __init__(self, stage: Stage, me: str, browser: Browser) -> None:
        super().__init__(owner="acme", database="board", me=me)
        self._stage = stage
        self._browser = browser

    def __missing__(self, name: str) -> str:
        self[name] = str(getattr(self, f"_{name}")())
        return self[name]

    def _digest(self) -> str:
        return version()

    def _n(self) -> int:
        return next(self._stage._numbers)

    def _form(self) -> str:
        return self._read("/-/you", "/-/you/tokens#")

    def _once(self) -> str:
        return self._read(f"{BOARD}/settings/webhooks", f"{BOARD}/settings/webhooks")

    def _read(self, path: str, action: str) -> str:
        """Return what lets a form be sent once; "" where its page does not show it."""
        forms = [form.fields for form in self._browser.get(path).forms if action in form.action]
        return next((fields["form"] for fields in forms if "form" in fields), "")

    # --- items and their work

    def _open(self) -> str:
        return self._stage.seat("acme").post(title=f"Work {self['n']}").id

    def _held(self) -> str:
        self._stage.seat("wes").claim(self["open"])
        return self["open"]

    def _mine(self) -> str:
        """An item that whoever asks holds; of those without a rig, another holds it."""
        me = self["me"] if self["me"] in {*_GIVEN, "wes"} else "wes"
        self._stage.restore(me)
        self._stage.seat(me).claim(self["open"])
        if me == "xena":
            self._stage.ban(me)
        return self["open"]

    def _submitted(self) -> str:
        self._stage.seat("wes").done(self["held"], evidence="https://example.org/1")
        return self["held"]

    def _pull(self) -> str:
        item = self["submitted"]
        host = self._stage.office.desk.hub.host
        return next(p.id for p in host.pulls(REPO, state=PullState.OPEN) if item in p.branch)

    def _head(self) -> str:
        return self._stage.office.desk.hub.host.pull(REPO, self["pull"]).head

    def _offer(self) -> str:
        """A pull request that is no work: an edit that waits."""
        return self._stage.seat("acme").update(self["open"], title="Edited").pull

    # --- rigs, members, records

    def _rig(self) -> str:
        return "tess"

    def _level(self) -> int:
        """Another trust than the rig has."""
        rig = self._stage.seat("tess").rig("tess").rig
        return 0 if isinstance(rig, Rig) and rig.trust else 1

    def _free(self) -> str:
        self._stage.restore("bess")
        return "bess"

    def _banned(self) -> str:
        self._stage.ban("bess")
        return "bess"

    def _member(self) -> str:
        self._stage._give("tess", MemberRole.CONTRIBUTOR)
        return "tess"

    def _report(self) -> str:
        return self._stage.seat("wes").report(self["open"], category="spam").id

    def _peer(self) -> str:
        return f"peer{self['n']}.example"

    def _blocked(self) -> str:
        self._stage.seat("acme").block(self["peer"], reason="spam")
        return self["peer"]

    def _hook(self) -> str:
        hub = self._stage.office.desk.hub
        for old in hub.webhooks.hooks(REPO)[10:]:
            hub.webhooks.remove(old)
        return hub.webhooks.add(REPO, "https://example.org/hook", account="acme")[0].id


def _letter(status: int, *, is_done: bool) -> str:
    if status < 400:
        return "+" if is_done else "."
    return {401: "?", 403: "-", 404: "0"}.get(status, "!" if status < 500 else "5")


def _dump(path: str) -> str:
    with sqlite3.connect(path) as file:
        names = [
            row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        kept = {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names)}
    return repr({name: found for name, found in kept.items() if name not in _NOTED})
