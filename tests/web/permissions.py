"""
Who may do what with each route of the web app: the table, and the stage on which it is played.

A row is one line: method, path, what each role gets under preset ``team``, the same under ``open``
where the preset matters (``=`` where it does not), and the fields of the form. ``~`` stands for the
commons. A name in braces is made fresh for each attempt by the method of ``Stage`` that is called
so; the same path may stand in several rows, with other targets. ``$`` names a longer form below.

The roles, in the order of their letters: a visitor, a stranger who is signed in, a contributor, a
maintainer, an owner, and a maintainer who is suspended. What they get:

    +  it is done: a page is shown, a form has its effect
    .  it is answered, and nothing is written
    ?  401, asked to sign in     -  403, refused     0  404, not theirs to see
    !  understood and possible for them, but not so: a conflict, or something is missing
"""

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

ROLES: Final = ("visitor", "stranger", "contributor", "maintainer", "owner", "suspended")

TABLE: Final = """
#    path                                     team   open   form
# --- files, the manual, the hub itself
GET  /-/static/{digest}/app.css               ++++++ =
GET  /                                        ++++++ =
GET  /docs                                    ++++++ =
GET  /docs/guide/mvgt                         ++++++ =
GET  /llms.txt                                ++++++ =
GET  /robots.txt                              ++++++ =
# --- signing in: open to all; what is named here does not exist
GET  /sign-in                                 ++++++ =
POST /sign-in                                 ?????? =      token=nothing
GET  /-/sign-in/passkey                       ++++++ =
POST /-/sign-in/passkey                       !!!!!! =      answer=nothing
GET  /-/sign-in/elsewhere                     000000 =
GET  /-/sign-in/elsewhere/back                ------ =
GET  /-/invitations/nothing                   000000 =
POST /-/invitations/nothing                   000000 =      password=none
GET  /-/unsubscribe/nothing                   000000 =
POST /-/unsubscribe/nothing                   000000 =
# --- one's own account: whoever has one, whatever they are to this commons
GET  /-/you                                   ++++++ =
POST /-/choices                               ...... =      theme=light
POST /-/you/contact                           ?+++++ ?--++- email={me}{n}@example.org digest=daily
GET  /-/you/passkeys                          ?+++++ =
POST /-/you/passkeys                          ?!!!!! =      answer=nothing
POST /-/you/passkeys/nothing/remove           ?00000 =
POST /-/you/links                             ?00000 =
POST /-/you/links/nothing/remove              ?00000 =
POST /-/you/tokens                            -+++++ =      scope=read label=ci form={form}
POST /-/you/tokens/nothing/revoke             ?00000 =
POST /-/sessions/nothing/end                  ?00000 =
POST /-/sessions/end                          ?..... =
GET  /-/connect                               ?+++++ =
POST /-/connect                               ?!!!!! =      upstream=nothing
GET  /-/connections                           ?+++++ =
POST /-/connections/nothing/test              ?00000 =
POST /-/connections/nothing/token             ?00000 =      token=x
POST /-/connections/nothing/remove            ?00000 =
GET  /-/new                                   ?+++++ =
POST /-/new                                   ?+++++ =      $commons
# --- the board: browsing is for everybody, claiming for members, posting for maintainers
GET  ~                                        ++++++ =
GET  ~/live                                   ++++++ =
GET  ~/palette                                ++++++ =
GET  ~/search                                 ++++++ =
GET  ~/batch                                  ++++++ =      item:{open}=on
POST ~/batch                                  ?.+++. =      item:{open}=on do=claim
POST ~/batch                                  ?..++. =      item:{open}=on do=withdraw
GET  ~/new                                    ++++++ =
POST ~/new                                    ?!-++- ?!+++- title=Work
POST ~/new/look                               ...... =      title=Work
GET  ~/new/similar                            ++++++ =
GET  ~/wanted/{open}                          ++++++ =
GET  ~/wanted/{open}/peek                     ++++++ =
GET  ~/wanted/{open}/edit                     ++++++ =
POST ~/wanted/{open}/edit                     ?!-++- =      $item
POST ~/wanted/{open}/claim                    ?!+++- =
POST ~/wanted/{open}/peek/claim               ..+++. =
POST ~/wanted/{open}/withdraw                 ?!-++- =
POST ~/wanted/{mine}/done                     ?!+++- =      evidence=https://example.org/1
POST ~/wanted/{held}/done                     ?!!!!! =      evidence=https://example.org/1
POST ~/wanted/{mine}/extend                   ?!+++- =      hours=5
POST ~/wanted/{mine}/handover                 ?!+++- =      to=tess
POST ~/wanted/{held}/handover                 ?!--+- ?!-++- to=tess
POST ~/wanted/{mine}/unclaim                  ?!++++ =
POST ~/wanted/{held}/unclaim                  ?!--+- ?!-++-
POST ~/wanted/{submitted}/accept              ?!-++- =      quality=good
POST ~/wanted/{submitted}/reject              ?!-++- =      reason=More
POST ~/wanted/{submitted}/close               ?!-++- =
POST ~/wanted/{submitted}/pulls/{pull}/comment ?-++++ =      body=Hm
POST ~/views                                  ?+++++ =      name=v{n} filters=type=bug
POST ~/views/remove                           ?00000 =      name=none
POST ~/undo                                   ...... =
# --- one's own work
GET  ~/work                                   ?+++++ =
POST ~/work/read                              ?..... =
POST ~/work/{mine}/unclaim                    ?!++++ =
# --- rigs: trust is the owners'
GET  ~/rigs                                   ++++++ =
GET  ~/rigs/{rig}                             ++++++ =
POST ~/rigs/{rig}/trust                       ?!--+- =      level={level} reason=Good
GET  ~/join                                   ?+++++ =
POST ~/join                                   ?+!!!! =      handle={me}
# --- the review inbox: owners under team, everybody under open
GET  ~/review                                 ----+- +++++-
GET  ~/review/batch                           ----+- +++++-
POST ~/review/batch                           ----+- ?..++- pull-{pull}={head} quality=good
GET  ~/review/{pull}                          ----+- +++++-
GET  ~/review/{pull}/desk                     ----+- +++++-
POST ~/review/{pull}/approve                  ----+- ?++++- body=Fine
POST ~/review/{pull}/changes                  ----+- ?++++- body=More
POST ~/review/{pull}/comment                  ----+- ?-+++- body=Hm
POST ~/review/{pull}/accept                   ----+- ?!-++- quality=good
POST ~/review/{pull}/reject                   ----+- ?!-++- reason=More
POST ~/review/{pull}/close                    ----+- ?!-++-
POST ~/review/{pull}/merge                    ----+- ?--++-
POST ~/review/{pull}/decline                  ----+- ?--++- reason=No
POST ~/review/{offer}/merge                   ----+- ?--++-
POST ~/review/{offer}/decline                 ----+- ?--++- reason=No
# --- exploring
GET  ~/explore                                ++++++ =
GET  ~/explore/commits                        ++++++ =
GET  ~/explore/diff                           ++++++ =
# --- moderation: rigs report and read, owners decide, the suspended appeal
GET  ~/moderation                             --++++ =
GET  ~/moderation/report                      ?-++++ =      target={open}
POST ~/moderation/report                      ?-+++- =      target={open} category=spam
POST ~/moderation/{report}/answer             ----+- =      outcome=dismissed reason=No
POST ~/moderation/appeal                      --!!!+ =      reason=Sorry
POST ~/moderation/suspend                     ----+- =      handle={free} reason=Spam
POST ~/moderation/restore                     ----+- =      handle={banned}
POST ~/moderation/block                       ----+- =      peer={peer} reason=Spam
POST ~/moderation/unblock                     ----+- =      peer={blocked}
GET  ~/audit                                  --++++ =
# --- settings: shown to all as far as it is public, changed by owners
GET  ~/settings                               ++++++ =
GET  ~/settings/general                       ++++++ =
POST ~/settings/general                       ?!--+- =      name=Board{n}
POST ~/settings/general                       ?---+- =      description=Board{n}
GET  ~/settings/policy                        ++++++ =
POST ~/settings/policy                        ?!--+- =      lease_hours={n}1
POST ~/settings/policy                        ?..... =      lease_hours=77 try=1
GET  ~/settings/access                        ?---+- =
POST ~/settings/access                        ?---.- =
GET  ~/settings/pulls                         ?---+- ?++++-
POST ~/settings/pulls/{pull}/merge            ?---+- ?--++-
POST ~/settings/pulls/{pull}/close            ?--++- ?--++-
POST ~/settings/pulls/{offer}/merge           ?---+- ?--++-
POST ~/settings/pulls/{offer}/close           ?---+- ?--++-
GET  ~/settings/rigs                          ++++++ =
POST ~/settings/rigs/{rig}/trust              ?!--+- =      level={level}
GET  ~/settings/members                       ?-++++ =
POST ~/settings/members                       ?---+- =      account=bess role=contributor
POST ~/settings/members/{member}/remove       ?---+- =
GET  ~/settings/webhooks                      ?---+- =
POST ~/settings/webhooks                      ?---+- =      url=https://example.org/{n}
POST ~/settings/webhooks/{hook}/test          ?---+- =
POST ~/settings/webhooks/{hook}/secret        ?---+- =
POST ~/settings/webhooks/{hook}/remove        ?---+- =
GET  ~/settings/remotes                       ?-++++ =
GET  ~/settings/tokens                        ?+++++ =
GET  ~/settings/export                        ++++++ =
GET  ~/settings/export/json                   ++++++ =
GET  ~/settings/danger                        ?+++++ =
POST ~/settings/visibility                    ?---+- =      visibility=private
POST ~/settings/leave                         ?0++++ =
POST ~/settings/delete                        ?---!- =      typed=another
# --- what ends sessions
POST /-/you/password                          ?+++++ =      $password
POST /sign-out                                ...... =
"""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One line of the table.

    Attributes:
        expected: Preset -> what each role gets.
        form: Fields, as they are typed.
    """

    method: str
    path: str
    expected: Mapping[str, str]
    form: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + "".join(f" {k}={v}" for k, v in self.form.items())


def rows(table: str = TABLE) -> list[Row]:
    """Return the lines of the table."""
    return [_row(line) for line in table.splitlines() if line and not line.startswith("#")]


def _row(line: str) -> Row:
    method, path, team, opened, *fields = line.split()
    expected = {"team": team} | ({} if opened == "=" else {"open": opened})
    form = {name: value for text in fields for name, value in _fields(text)}
    path = path.replace("~", "/{owner}/{database}", 1)
    return Row(method, path, expected, form)


def _fields(text: str) -> list[tuple[str, str]]:
    if text.startswith("$"):
        return list(_FORMS[text].items())
    name, _, value = text.partition("=")
    return [(name, value)]


_FORMS: Final = {
    "$commons": {
        "owner": "{me}",
        "name": "c{n}",
        "handle": "{me}",
        "policy": "open",
        "visibility": "public",
        "template": "empty",
    },
    "$item": {"title": "Another", "priority": "low", "effort": "small", "description": "Text"},
    "$password": {"password": "{me}-long-enough-{n}", "again": "{me}-long-enough-{n}"},
}


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
        page = self.browsers[role].get("/-/you")
        if self.accounts[role] and "/sign-out" not in {form.action for form in page.forms}:
            self._sit(role, self.accounts[role])  # an earlier attempt has signed out
            page = self.browsers[role].get("/-/you")
        browser = self.browsers[role]
        made = _Made(self, self.accounts[role] or "wes", page)
        path = row.path.format_map(made)
        form = {k.format_map(made): v.format_map(made) for k, v in row.form.items()}
        before = self.state()
        if row.method == "GET":
            answer = browser.client.get(path, params=form, follow_redirects=False)
            return _letter(answer.status_code, is_done=True)
        seal = page.form("/-/choices").fields["seal"]
        answer = browser.client.post(
            path,
            data={"seal": seal, **form},
            headers={"origin": BASE, "sec-fetch-site": "same-origin"},
            follow_redirects=False,
        )
        is_changed = before != self.state()
        letter = _letter(answer.status_code, is_done=is_changed)
        assert letter in {"+", "."} or not is_changed, f"{answer.status_code}, and it was written"
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


class _Made(dict[str, str]):
    """The names in braces, each made when it is asked for."""

    def __init__(self, stage: Stage, me: str, page: Any) -> None:
        super().__init__(owner="acme", database="board", me=me)
        self._stage = stage
        self._page = page

    def __missing__(self, name: str) -> str:
        self[name] = str(getattr(self, f"_{name}")())
        return self[name]

    def _digest(self) -> str:
        return version()

    def _n(self) -> int:
        return next(self._stage._numbers)

    def _form(self) -> str:
        forms = [form for form in self._page.forms if "/-/you/tokens#" in form.action]
        return forms[0].fields["form"] if forms else ""

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


__all__ = ["BOARD", "ROLES", "TABLE", "Row", "Stage", "rows"]
