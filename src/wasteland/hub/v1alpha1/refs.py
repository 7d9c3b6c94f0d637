"""Branches, tags and releases."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from ...protocol.errors import Invalid
from ...protocol.names import visible
from .. import refs
from ..catalog import Release
from ..http.asked import Asked, AskingRepo
from ..rights import Right
from .shapes import SUCCESS, Body, ResourceRoute, when

router = APIRouter(route_class=ResourceRoute, tags=["refs"])

_REVISIONS: Final = ("branch", "ref", "commit")


class NewBranch(Body):
    """A branch and where it begins."""

    new_branch_name: str
    revision_type: str
    revision_name: str


class NewTag(Body):
    """A tag and what it names."""

    tag_name: str
    tag_message: str = ""
    revision_type: str
    revision_name: str


class NewRelease(Body):
    """A release and what it names."""

    title: str
    commit_sha: str
    tag: str
    description: str = ""
    create_tag_if_not_exists: bool = False


@router.get("/{owner}/{database}/branches")
def branches(asked: AskingRepo) -> dict[str, Any]:
    """List the branches."""
    found = refs.branches(asked.hub, asked.repo())
    return _of(asked) | {"branches": [{"branch_name": branch.name} for branch in found]}


@router.post("/{owner}/{database}/branches")
def create_branch(asked: AskingRepo, body: NewBranch) -> dict[str, Any]:
    """Make a branch."""
    _check_revision(body.revision_type)
    repo = asked.repo(Right.WRITE)
    branch = refs.create_branch(
        asked.hub, asked.caller, repo, body.new_branch_name, body.revision_name
    )
    return _of(asked) | {
        "new_branch_name": branch.name,
        "revision_type": body.revision_type,
        "revision_name": body.revision_name,
    }


@router.get("/{owner}/{database}/tags")
def tags(asked: AskingRepo) -> dict[str, Any]:
    """List the tags."""
    engine = asked.hub.host.engine(asked.repo())
    return _of(asked) | {
        "tags": [
            {
                "tag_name": tag.name,
                "tag_description": tag.message,
                "tagged_at": when(tag.at),
            }
            for tag in engine.tags()
        ]
    }


@router.post("/{owner}/{database}/tags")
def create_tag(asked: AskingRepo, body: NewTag) -> dict[str, Any]:
    """Tag a commit."""
    _check_revision(body.revision_type)
    refs.create_tag_at(
        asked.hub,
        asked.caller,
        asked.repo(Right.WRITE),
        body.tag_name,
        body.revision_name,
        message=body.tag_message,
    )
    return _of(asked) | {
        "tag_name": body.tag_name,
        "tag_description": body.tag_message,
        "revision_type": body.revision_type,
        "revision_name": body.revision_name,
    }


@router.get("/{owner}/{database}/releases")
def releases(asked: AskingRepo) -> dict[str, Any]:
    """List the releases, newest first."""
    found = refs.releases(asked.hub, asked.repo())
    return _of(asked) | {
        "next_page_token": "",
        "releases": [_release(release) for release in found],
    }


@router.post("/{owner}/{database}/releases")
def create_release(asked: AskingRepo, body: NewRelease) -> dict[str, Any]:
    """Name a commit as a release."""
    release = refs.create_release(
        asked.hub,
        asked.caller,
        asked.repo(Right.WRITE),
        tag=body.tag,
        title=body.title,
        description=body.description,
        commit=body.commit_sha,
        create_tag=body.create_tag_if_not_exists,
    )
    return _of(asked) | _release(release)


def _of(asked: Asked) -> dict[str, Any]:
    params = asked.request.path_params
    return {
        "status": SUCCESS,
        "database_owner": params["owner"],
        "database_name": params["database"],
    }


def _release(release: Release) -> dict[str, Any]:
    return {
        "release_tag": release.tag,
        "release_title": release.title,
        "release_description": release.description,
        "release_commit_sha": release.commit,
        "release_created_at": when(release.created_at),
        "release_updated_at": when(release.created_at),
    }


def _check_revision(kind: str) -> None:
    if kind not in _REVISIONS:
        raise Invalid(
            f"{visible(kind)} is no revision type: branch, ref or commit.",
            field="revisionType",
            value=kind,
        )
