"""What DoltHub's API lacks: reading comments, reviews, moving a pull request's head."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from ...protocol.errors import Invalid
from ...protocol.names import visible
from .. import pulls
from ..http.asked import AskingPull
from ..verdicts import Opinion
from .shapes import SUCCESS, Body, ResourceRoute, state_name, when

router = APIRouter(route_class=ResourceRoute, tags=["reviews"])


class NewReview(Body):
    """What a reviewer thinks."""

    verdict: str
    comment: str = ""
    head_commit_id: str = Field(
        "", description="the commit that was reviewed; refused if another is offered by now"
    )


@router.get("/{owner}/{database}/pulls/{pull_id}/comments")
def comments(asked: AskingPull) -> dict[str, Any]:
    """List the remarks on a pull request, oldest first."""
    found = pulls.comments(asked.hub, asked.repo(), asked.part("pull_id"))
    return {
        "status": SUCCESS,
        "pull_id": asked.part("pull_id"),
        "comments": [
            {"author": c.author, "comment": c.body, "created_at": when(c.created_at)} for c in found
        ],
    }


@router.get("/{owner}/{database}/pulls/{pull_id}/reviews")
def reviews(asked: AskingPull) -> dict[str, Any]:
    """List what reviewers think of a pull request, oldest first."""
    found = pulls.find(asked.hub, asked.repo(), asked.part("pull_id"))
    return {
        "status": SUCCESS,
        "pull_id": found.pull.id,
        "reviews": [
            {
                "reviewer": o.rig,
                "verdict": o.opinion.value,
                "comment": o.body,
                "head_commit_id": o.head,
                "created_at": when(o.at),
            }
            for o in found.opinions
        ],
    }


@router.post("/{owner}/{database}/pulls/{pull_id}/reviews")
def review(asked: AskingPull, body: NewReview) -> dict[str, Any]:
    """Approve a pull request, or request changes."""
    if body.verdict not in Opinion._value2member_map_:
        raise Invalid(
            f"{visible(body.verdict)} is no verdict: approved or changes_requested.",
            field="verdict",
            value=body.verdict,
        )
    made = pulls.review(
        asked.hub,
        asked.caller,
        asked.repo(),
        asked.part("pull_id"),
        opinion=Opinion(body.verdict),
        text=body.comment,
        head=body.head_commit_id,
        rig=asked.rig,
    )
    return {
        "status": SUCCESS,
        "verdict": made.opinion.value,
        "reviewer": made.rig,
        "head_commit_id": made.head,
    }


@router.post("/{owner}/{database}/pulls/{pull_id}/head")
def move_head(asked: AskingPull) -> dict[str, Any]:
    """Offer what the branch of an open pull request holds by now."""
    pull = pulls.refresh(asked.hub, asked.caller, asked.repo(), asked.part("pull_id"))
    return {
        "status": SUCCESS,
        "pull_id": pull.id,
        "head_commit_id": pull.head,
        "state": state_name(pull.state),
    }
