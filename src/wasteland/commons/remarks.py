"""Remarks on pull requests, each kept once however often its operation is repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..hosts.base import Comment, HostAbility, PullRequest
from ..protocol.errors import Unavailable, Unsupported
from ..protocol.policy import Action
from ..protocol.records import read_time
from . import receipts
from .data import to_data
from .intents import Intent, Options
from .receipts import Receipt
from .session import Session
from .writing import WriteSession, used_otherwise

_NAME = "comment"


def shown(session: Session, pull: PullRequest) -> Sequence[Comment]:
    """Return the remarks on *pull*, oldest first; none where its host does not show them."""
    if HostAbility.PULL_REQUESTS not in session.host.abilities:
        return ()
    try:
        return session.host.comments(session.repo, pull.id)
    except Unsupported:
        return ()


def earlier(session: WriteSession, text: str, options: Options) -> Comment | None:
    """
    Return the remark that was kept under this operation id, None if none was.

    Raises:
        Conflict: It is another one than *text*.
    """
    receipt = session.answered(_NAME, options)
    if receipt is None or receipt.after is None:
        return None
    if receipt.after["body"] != text:
        raise used_otherwise(options.op_id)
    return _read(receipt.after)


def add(session: WriteSession, pull: PullRequest, text: str, options: Options) -> Comment:
    """
    Keep *text* as a remark on *pull*; a dry run only returns it.

    Raises:
        Unsupported: The host keeps no remarks.
    """
    host, repo, author = session.host, session.repo, session.need_rig()
    if HostAbility.PULL_REQUESTS not in host.abilities:
        return host.comment(repo, pull.id, author=author, body=text)
    if options.dry_run:
        return Comment(author, text, host.now())
    kept = _unanswered(session, pull, text, options)

    def keep() -> Receipt:
        remark = kept or _sent(session, pull, text, options)
        return _receipt(session, pull, remark, options)

    intent = Intent(_NAME, Action.COMMENT, pull.id, {"pull": pull.id, "body": text})
    return _read(session.once(intent, options, keep).after or {})


def _unanswered(
    session: WriteSession, pull: PullRequest, text: str, options: Options
) -> Comment | None:
    """
    Return the remark of an operation whose process died before it noted that it was done.

    Raises:
        Unavailable: The host does not show remarks, so that nobody can tell (``facts["unsure"]``).
    """
    begun = session.host.operation(session.repo, options.op_id)
    if begun is None or begun.receipt:
        return None
    try:
        kept = session.host.comments(session.repo, pull.id)
    except Unsupported as error:
        raise Unavailable(
            f"Whether the remark is on pull request {pull.id} is not known: "
            f"{session.host.location} does not show remarks to programs.",
            hint=f"look there first; wl comment {pull.id} --body TEXT sends it again",
            unsure=True,
        ) from error
    for remark in kept:
        is_same = (remark.author, remark.body) == (session.seat.rig, text)
        if is_same and remark.created_at >= begun.started_at:
            return remark
    return None


def _sent(session: WriteSession, pull: PullRequest, text: str, options: Options) -> Comment:
    """Send a remark; one that certainly never arrived leaves no trace in the journal."""
    try:
        return session.host.comment(session.repo, pull.id, author=session.need_rig(), body=text)
    except Unavailable as error:
        if not error.facts.get("unsure"):
            session.host.abandon_operation(session.repo, options.op_id)
        raise


def _receipt(
    session: WriteSession, pull: PullRequest, remark: Comment, options: Options
) -> Receipt:
    return Receipt(
        operation=_NAME,
        op_id=options.op_id,
        commons=str(session.repo),
        actor=session.seat.rig,
        at=to_data(remark.created_at),
        state=receipts.UNCHANGED,
        id=pull.id,
        after=to_data(remark),
        pull=pull.id,
    )


def _read(data: Mapping[str, Any]) -> Comment:
    at = read_time(str(data["created_at"]))
    assert at is not None  # noqa: S101  we have written it
    return Comment(str(data["author"]), str(data["body"]), at)
