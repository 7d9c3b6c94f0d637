"""Pull requests over the REST API: what is sent, and what comes back as records of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ...engines.base import MAIN
from ...engines.dolthub.database import V1
from ...engines.dolthub.http import Call, Http
from ...protocol.errors import EngineError, Invalid, NotFound, Unavailable
from ...protocol.lean import dataclass
from ...protocol.names import visible
from ...protocol.records import read_time
from ..base import Comment, PullRequest, PullState, RepoName

_MOST_PAGES: Final = 1000
HeadOf = Callable[[RepoName, str], str]
"""(repository, branch) -> its head; "" for a branch that is gone."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A pull request as a list shows it."""

    id: str
    state: PullState


class Pulls:
    """
    The pull requests of a host.

    A list tells neither branches nor accounts, so each pull request is asked for by itself; what
    never changes of one is kept.
    """

    def __init__(self, http: Http, head_of: HeadOf) -> None:
        self._http = http
        self._head_of = head_of

    def newest(self, repo: RepoName, state: PullState | None = None) -> Iterator[Listed]:
        """Yield the pull requests of *repo* in one state, in all for None; newest first."""
        token, seen = "", {""}
        for _ in range(_MOST_PAGES):
            query = {"filterByState": state.value.capitalize()} if state else {}
            query |= {"pageToken": token} if token else {}
            data = self._http.send(Call("GET", _path(repo), query))
            for item in data.get("pulls") or ():
                listed = Listed(str(item.get("pull_id")), read_state(item.get("state")))
                if state in {None, listed.state}:
                    yield listed
            token = str(data.get("next_page_token") or "")
            if token in seen:
                return
            seen.add(token)

    def get(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Return one pull request, its head as its branch stands.

        Raises:
            NotFound: There is none of that number.
        """
        if not (pull_id.isascii() and pull_id.isdecimal() and len(pull_id) < 19):
            raise _missing(repo, pull_id)
        try:
            data = self._http.send(Call("GET", _path(repo, pull_id)))
        except (NotFound, Invalid) as error:
            raise _missing(repo, pull_id) from error
        return self._record(repo, pull_id, data)

    def create(
        self, repo: RepoName, *, source: RepoName, branch: str, title: str, body: str
    ) -> str:
        """
        Offer a branch to main; return the number.

        Raises:
            Conflict: It is offered already.
        """
        sent = {
            "title": title,
            "description": body,
            "fromBranchOwnerName": source.owner,
            "fromBranchRepoName": source.name,
            "fromBranchName": branch,
            "toBranchOwnerName": repo.owner,
            "toBranchRepoName": repo.name,
            "toBranchName": MAIN,
        }
        data = self._http.send(Call("POST", _path(repo), body=sent))
        number = str(data.get("pull_id") or data.get("_id") or "")
        if not number:
            raise Unavailable(
                f"{self._http.root} tells no number of a new pull request.", unsure=True
            )
        return number

    def close(self, pull: PullRequest, reason: str) -> None:
        """
        Close a pull request and say why in its description, in one request that does no harm twice.

        Remarks would be seen by more, but two of them stay where a request is delivered twice.
        """
        body = {"state": PullState.CLOSED.value}
        if reason:
            body["description"] = _with_reason(pull.body, reason)
        repo, pull_id = pull.repo, pull.id
        self._http.send(Call("PATCH", _path(repo, pull_id), body=body, repeatable=True))

    def comment(self, repo: RepoName, pull_id: str, text: str) -> None:
        """Add a remark."""
        body = {"comment": text}
        self._http.send(Call("POST", _path(repo, pull_id, "comments"), body=body))

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """Return the remarks, oldest first, from a hub of ours."""
        data = self._http.send(Call("GET", _path(repo, pull_id, "comments")))
        return [
            Comment(
                str(item.get("author", "")),
                str(item.get("comment", "")),
                _time(item.get("created_at")),
            )
            for item in data.get("comments") or ()
        ]

    def start_merge(self, repo: RepoName, pull_id: str) -> str:
        """Ask for a merge; return the job to look at, "" where it is done already."""
        data = self._http.send(Call("POST", _path(repo, pull_id, "merge")))
        is_merged = str(data.get("state", "")).lower() == PullState.MERGED.value
        return "" if is_merged else str(data.get("operation_name") or "")

    def is_merge_done(self, repo: RepoName, pull_id: str, job: str) -> bool:
        """
        Return whether a merge has come to its end, good or bad.

        Raises:
            EngineError: It failed.
        """
        query = {"operationName": job}
        data = self._http.send(Call("GET", _path(repo, pull_id, "merge"), query))
        status = str(data.get("job_status", "")).lower()
        if "fail" in status or "error" in status:
            raise EngineError(f"The merge of pull request {pull_id} failed on the host.")
        return status == "completed"

    def _record(self, repo: RepoName, pull_id: str, data: Mapping[str, Any]) -> PullRequest:
        source = _repo(data.get("from_branch_owner"), data.get("from_branch_database"), repo)
        branch = str(data.get("from_branch") or data.get("from_branch_name") or "")
        state = read_state(data.get("state"))
        created_at = _time(data.get("created_at"))
        return PullRequest(
            id=pull_id,
            repo=repo,
            title=str(data.get("title") or ""),
            body=str(data.get("description") or ""),
            # Whose fork it is, is who stands behind it; a hub may show the rig as author.
            author=source.owner if source != repo else str(data.get("author") or ""),
            source=source,
            branch=branch,
            head=str(data.get("head_commit_id") or "")
            or self._head_of(source, branch if state is PullState.OPEN else f"pull/{pull_id}/head"),
            state=state,
            created_at=created_at,
            updated_at=created_at,
            merged_as=str(data.get("merge_commit_id") or ""),
            reason=str(data.get("reason") or ""),
        )


def read_state(text: Any) -> PullState:
    """
    Return the state that a host names, in whatever case.

    Raises:
        EngineError: It is none.
    """
    name = str(text).lower()
    if name not in PullState._value2member_map_:
        raise EngineError(f"A pull request of state {visible(name)} is none that we know.")
    return PullState(name)


def _with_reason(body: str, reason: str) -> str:
    """Return a description that begins with why; quoted, so that no line of it is a trailer."""
    quoted = "\n".join(f"> {line}" for line in reason.splitlines())
    return f"Closed:\n{quoted}\n\n{body}".rstrip()


def _path(repo: RepoName, *rest: str) -> tuple[str, ...]:
    return (*V1, repo.owner, repo.name, "pulls", *rest)


def _repo(owner: Any, name: Any, default: RepoName) -> RepoName:
    """Return the repository that a host names; one that cannot be is an error of the host."""
    try:
        return RepoName.parse(f"{owner or default.owner}/{name or default.name}")
    except Invalid as error:
        raise EngineError(f"{visible(str(owner))} can own no repository.") from error


def _time(text: Any) -> datetime:
    return read_time(str(text or "")) or datetime.fromtimestamp(0, UTC)


def _missing(repo: RepoName, pull_id: str) -> NotFound:
    return NotFound(
        f"{repo} has no pull request {visible(pull_id)}.",
        hint="wl review",
        repo=str(repo),
        id=pull_id,
    )
