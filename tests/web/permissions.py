"""
Who may do what with each route of the web app.

A row is one line: method, path, what each role gets under preset ``team``, the same under ``open``
where the preset matters (``=`` where it does not), and the fields of the form. ``~`` stands for the
commons. A name in braces is made fresh for each attempt by the method of ``stage.Made`` that is
called so; the same path may stand in several rows, with other targets. ``$`` names a longer form.

The roles, in the order of their letters: a visitor, a stranger who is signed in, a contributor, a
maintainer, an owner, and a maintainer who is suspended. What they get:

    +  it is done: a page is shown, a form has its effect
    .  it is answered, and nothing is written
    ?  401, asked to sign in     -  403, refused     0  404, not theirs to see
    !  understood and possible for them, but not so: a conflict, or something is missing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
POST /-/you/contact                           ?+++++ =      email={me}{n}@example.org digest=daily
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
POST ~/settings/webhooks                      ?---+- =      url=https://example.org/{n} form={once}
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
