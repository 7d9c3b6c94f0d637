"""Branches, tags and releases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from ...protocol.errors import Invalid
from .. import refs
from ..catalog import Release
from ..http.asked import AskingRepo
from ..rights import Right
from .shapes import Body, Route, data, when

router = APIRouter(prefix="/databases/{owner}/{database}", route_class=Route, tags=["v2"])


class Start(Body):
    """A branch or a commit; one of them."""

    branch: str | None = None
    commit: str | None = None

    def ref(self) -> str:
        """
        Return what is named.

        Raises:
            Invalid: Neither is, or both are.
        """
        named = [name for name in (self.branch, self.commit) if name]
        if len(named) != 1:
            raise Invalid("Name a branch or a commit, one of them.", field="from")
        return named[0]


class NewBranch(Body):
    """A branch and where it begins."""

    name: str
    from_: Start = Field(alias="from")


class NewTag(Body):
    """A tag and what it names."""

    name: str
    from_: Start = Field(alias="from")
    message: str = ""


class NewRelease(Body):
    """A release and what it names."""

    tag: str
    title: str
    commit_sha: str
    description: str = ""
    create_tag_if_not_exists: bool = False


@router.get("/branches")
def branches(asked: AskingRepo) -> dict[str, Any]:
    """List the branches."""
    found = refs.branches(asked.hub, asked.repo())
    return data([{"name": b.name, "head_commit_sha": b.head} for b in found])


@router.post("/branches", status_code=201)
def create_branch(asked: AskingRepo, body: NewBranch) -> dict[str, Any]:
    """Make a branch."""
    repo = asked.repo(Right.WRITE)
    made = refs.create_branch(asked.hub, asked.caller, repo, body.name, body.from_.ref())
    return {"data": {"name": made.name, "head_commit_sha": made.head}}


@router.get("/tags")
def tags(asked: AskingRepo) -> dict[str, Any]:
    """List the tags."""
    engine = asked.hub.host.engine(asked.repo())
    return data(
        [_tag(t.name, t.commit, t.message) | {"tagged_at": when(t.at)} for t in engine.tags()]
    )


@router.post("/tags", status_code=201)
def create_tag(asked: AskingRepo, body: NewTag) -> dict[str, Any]:
    """Tag a commit."""
    commit = refs.create_tag_at(
        asked.hub,
        asked.caller,
        asked.repo(Right.WRITE),
        body.name,
        body.from_.ref(),
        message=body.message,
    )
    return {"data": _tag(body.name, commit, body.message)}


@router.get("/releases")
def releases(asked: AskingRepo) -> dict[str, Any]:
    """List the releases, newest first."""
    return data([_shown(release) for release in refs.releases(asked.hub, asked.repo())])


@router.post("/releases", status_code=201)
def create_release(asked: AskingRepo, body: NewRelease) -> dict[str, Any]:
    """Name a commit as a release."""
    made = refs.create_release(
        asked.hub,
        asked.caller,
        asked.repo(Right.WRITE),
        tag=body.tag,
        title=body.title,
        description=body.description,
        commit=body.commit_sha,
        create_tag=body.create_tag_if_not_exists,
    )
    return {"data": _shown(made)}


def _tag(name: str, commit: str, message: str) -> dict[str, Any]:
    return {"name": name, "commit_sha": commit} | ({"message": message} if message else {})


def _shown(release: Release) -> dict[str, Any]:
    at = when(release.created_at)
    told = {
        "tag": release.tag,
        "title": release.title,
        "commit_sha": release.commit,
        "created_at": at,
        "updated_at": at,
    }
    return told | ({"description": release.description} if release.description else {})
