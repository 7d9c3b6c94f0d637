"""
What an address on a forge names: a pull request, a commit, a run of its tests.

Shapes are matched on any host, since most forges can be hosted by anybody: GitHub, GitLab, Gitea
and Forgejo, Bitbucket, DoltHub and hubs of ours. Their owners and repositories ignore case.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from .lean import dataclass
from .web_urls import WebUrl


class ForgeKind(StrEnum):
    """What is named."""

    PULL_REQUEST = "pull_request"
    COMMIT = "commit"
    CI_RUN = "ci_run"


@dataclass(frozen=True, slots=True)
class ForgeLink:
    """
    Something on a forge.

    Attributes:
        host: Of the web pages, also where the address was that of an API.
        project: Owner and repository, with groups, lower case: ``org/repo``.
        id: Number, or commit hash in lower case.
        canonical: The one address by which it is compared.
    """

    kind: ForgeKind
    host: str
    project: str
    id: str
    canonical: str


def read(url: WebUrl) -> ForgeLink | None:
    """Return what *url* names on a forge; None if it has none of the known shapes."""
    host, path = _web_page(url)
    for kind, pattern, page in _SHAPES:
        if match := re.match(pattern, path):
            project, key = match["project"].lower(), match["id"].lower()
            canonical = f"https://{host}/{page.format(project=project, id=key)}"
            return ForgeLink(kind, host, project, key, canonical)
    return None


# Patterns are text, compiled when they are first used: most commands never read evidence.
_OWNED: Final = r"(?P<project>[^/]+/[^/]+)"
_GROUPED: Final = r"(?P<project>[^/]+(?:/[^/]+)+?)"
_NUMBER: Final = r"(?P<id>[1-9][0-9]{0,17})"
_HASH: Final = r"(?P<id>[0-9a-fA-F]{7,64})"
# What a forge shows below the page itself: files, single commits, checks, comments.
_REST: Final = r"(?:/.*)?\Z"
_PATCH: Final = r"(?:\.diff|\.patch)?(?:/.*)?\Z"

_COMMITS: Final = (
    (rf"{_OWNED}/pulls?/\d+/commits/{_HASH}{_PATCH}", "{project}/commit/{id}"),
    (rf"{_GROUPED}/(?:-/)?commit/{_HASH}{_PATCH}", "{project}/commit/{id}"),
    (rf"{_OWNED}/commits/{_HASH}{_PATCH}", "{project}/commit/{id}"),
)
_PULL_REQUESTS: Final = (
    (rf"repositories/{_OWNED}/pulls/{_NUMBER}{_REST}", "repositories/{project}/pulls/{id}"),
    (rf"{_GROUPED}/(?:-/)?merge_requests/{_NUMBER}{_PATCH}", "{project}/-/merge_requests/{id}"),
    (rf"{_OWNED}/pull-requests/{_NUMBER}{_REST}", "{project}/pull-requests/{id}"),
    (rf"{_OWNED}/pulls/{_NUMBER}{_PATCH}", "{project}/pulls/{id}"),
    (rf"{_OWNED}/pull/{_NUMBER}{_PATCH}", "{project}/pull/{id}"),
)
_CI_RUNS: Final = (
    (rf"{_OWNED}/actions/runs/{_NUMBER}{_REST}", "{project}/actions/runs/{id}"),
    (rf"{_GROUPED}/-/pipelines/{_NUMBER}{_REST}", "{project}/-/pipelines/{id}"),
    (rf"{_GROUPED}/-/jobs/{_NUMBER}{_REST}", "{project}/-/jobs/{id}"),
    (rf"{_OWNED}/pipelines/results/{_NUMBER}{_REST}", "{project}/pipelines/results/{id}"),
)
# A commit within a pull request comes before the request.
_SHAPES: Final = tuple(
    (kind, f"(?a){path}", page)
    for kind, shapes in (
        (ForgeKind.COMMIT, _COMMITS),
        (ForgeKind.PULL_REQUEST, _PULL_REQUESTS),
        (ForgeKind.CI_RUN, _CI_RUNS),
    )
    for path, page in shapes
)

_GITHUB: Final = "github.com"
_GITHUB_API: Final = rf"repos/{_OWNED}/(?P<rest>(?:pulls|commits|actions/runs)/.*)\Z"
_SELF_HOSTED_API: Final = rf"api/v[13]/repos/{_OWNED}/(?P<rest>.*)\Z"
_DOLTHUB_API: Final = rf"api/v1alpha1/{_OWNED}/pulls/{_NUMBER}{_REST}"


def _web_page(url: WebUrl) -> tuple[str, str]:
    """Return host and path of the page that people see, where *url* is that of an API."""
    path = "/".join(url.segments)
    if match := re.match(_DOLTHUB_API, path):
        return url.host, f"repositories/{match['project']}/pulls/{match['id']}"
    if match := re.match(_SELF_HOSTED_API, path):
        is_github = path.startswith("api/v3/")
        return url.host, _page(match["project"], match["rest"], is_github=is_github)
    if url.host == f"api.{_GITHUB}" and (match := re.match(_GITHUB_API, path)):
        return _GITHUB, _page(match["project"], match["rest"], is_github=True)
    # Issues and pull requests of a repository share their numbers, and either page leads to the
    # other: without this, one request could be handed in twice.
    if url.host == _GITHUB and len(url.segments) == 4 and url.segments[2] == "issues":
        return url.host, path.replace("/issues/", "/pull/")
    return url.host, path


def _page(project: str, rest: str, *, is_github: bool) -> str:
    if is_github and rest.startswith("pulls/"):
        rest = rest.replace("pulls/", "pull/", 1)
    return f"{project}/{rest}"
