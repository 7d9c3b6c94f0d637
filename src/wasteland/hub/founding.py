"""Making a commons on a hub: whose it is, who sees it, how its board and its rules begin."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ..commons import queries, samples
from ..commons.creation import create_commons
from ..commons.sdk import Commons
from ..hosts.base import RepoName
from ..protocol import fields
from ..protocol.errors import Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.policy import PREFIX, PRESET_KEY
from . import repositories
from .callers import Caller
from .catalog import Entry, Visibility
from .hub import Hub

_PRESETS: Final = ("open", "team")


class Template(StrEnum):
    """How the board of a new commons begins."""

    EMPTY = "empty"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    What a commons is to be.

    Attributes:
        owner: A namespace of the caller.
        handle: Of its first rig; the owner's name by default.
        title: Its name for people; the repository's name by default.
        description: What it is for, where it is listed; the title by default.
        preset: "open" or "team".
        rules_of: ``owner/name`` whose rules it begins with instead; "" for none.
        template: "empty" or "sample".
    """

    owner: str
    name: str
    handle: str = ""
    title: str = ""
    description: str = ""
    display_name: str = ""
    preset: str = "open"
    mode: str = "pr"
    scale: str = "1"
    visibility: str = "public"
    template: str = "empty"
    rules_of: str = ""


@dataclass(frozen=True, slots=True)
class Founded:
    """A commons that was made: its name, its first rig, and the head of main."""

    repo: RepoName
    handle: str
    head: str


def create(hub: Hub, caller: Caller, wishes: Wishes) -> Founded:
    """
    Make a commons, with a rig of *caller* as its first, trusted with everything.

    Raises:
        Conflict: There is one of that name.
        Forbidden: The owner is no namespace of the caller, or its token is for one rig.
        Invalid: A wish breaks its form.
        NotFound: The commons whose rules it is to have is not there, or hidden from the caller.
    """
    caller.need_whole_account()
    repo = repositories.new_name(hub, caller, wishes.owner, wishes.name)
    handle = (wishes.handle or wishes.owner).lower()
    template = _template(wishes.template)
    title = fields.one_line("title", wishes.title, limit=fields.NAME_LIMIT)
    told = fields.description(wishes.description) or title
    preset, rules = _rules(hub, caller, wishes)
    entry = Entry(Visibility.parse(wishes.visibility), told)
    with repositories.making(hub, repo, entry):
        head = create_commons(
            hub.host,
            repo,
            handle=handle,
            name=title,
            display_name=fields.display_name(wishes.display_name),
            engine=hub.options.engine,
            preset=preset,
            mode=wishes.mode,
            scale=wishes.scale,
            rules=rules,
        )
    if template is Template.SAMPLE:
        samples.fill(hub.session(caller, repo, Commons, rig=handle))
        head = hub.host.engine(repo).head()
    return Founded(repo, handle, head)


def _rules(hub: Hub, caller: Caller, wishes: Wishes) -> tuple[str, dict[str, str]]:
    """Return the preset of a new commons, and the rules that it states besides."""
    if not wishes.rules_of:
        if wishes.preset not in _PRESETS:
            raise Invalid(
                f"{visible(wishes.preset)} is no preset: open or team.",
                field="policy",
                value=wishes.preset,
            )
        return wishes.preset, {}
    stated = queries.meta(queries.at(hub.host.engine(_source(hub, caller, wishes.rules_of))))
    rules = {
        key.removeprefix(PREFIX): text
        for key, text in stated.items()
        if text and key.startswith(PREFIX) and key != PRESET_KEY
    }
    return stated.get(PRESET_KEY) or "open", rules


def _source(hub: Hub, caller: Caller, text: str) -> RepoName:
    owner, _, name = text.strip().partition("/")
    try:
        repo = hub.repo(caller, owner, name)
        is_commons = hub.is_commons(repo)
    except NotFound:
        is_commons = False
    if not is_commons:
        raise NotFound(
            f"There is no commons {visible(text)} here that you may see.",
            hint="give owner/name of one, or leave it out",
            field="rules_of",
        )
    return repo


def _template(text: str) -> Template:
    if text not in Template._value2member_map_:
        raise Invalid(
            f"{visible(text)} is no template: empty or sample.", field="template", value=text
        )
    return Template(text)
