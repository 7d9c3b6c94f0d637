"""GitHub issues, as ``gh issue list --json title,...`` prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ...hosts.base import RepoName
from ...protocol.errors import Invalid
from ...protocol.names import visible
from ...protocol.text import evidence_url
from .entries import CLOSED, Batch, Entry, check_count, note, text_of

_ISSUE_URL: Final = re.compile(
    r"https?://[^/]+/([^/]+/[^/]+)/(?:issues|pull)/\d+/?\Z", re.IGNORECASE
)
_HINT: Final = "gh issue list --json number,title,body,labels,state,url > issues.json"


def read_github(data: bytes, *, repo: str = "") -> Batch:
    """
    Return the issues in what ``gh issue list --json title,...`` prints.

    Args:
        data: The file as it is.
        repo: ``owner/name``, for a file whose issues have no ``url``.
    Raises:
        Invalid: Not text, not JSON, no list, too long; or *repo* is no repository's name.
    """
    name = str(RepoName.parse(repo)) if repo else ""
    issues = _json_list(text_of(data))
    check_count(len(issues))
    batch = Batch(origin="")
    for number, issue in enumerate(issues, 1):
        place = f"entry {number}"
        try:
            batch.entries.append(_issue(issue, place, name))
        except Invalid as error:
            batch.skipped.append(note(place, error))
    batch.origin = " ".join(sorted({e.project for e in batch.entries if e.project})) or name
    return batch


def _json_list(text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise Invalid(
            f"The file is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            hint=_HINT,
            field="file",
        ) from error
    except (RecursionError, ValueError) as error:
        raise Invalid("The file is no JSON that can be read.", field="file") from error
    if not isinstance(data, list):
        raise Invalid(
            f"The file holds {_kind(data)}, where a list of issues is expected.",
            hint=_HINT,
            field="file",
        )
    return data


def _issue(issue: Any, place: str, repo: str) -> Entry:
    if not isinstance(issue, dict):
        raise _misshapen("issue", issue, "an object with a title")
    title = _string(issue, "title")
    number = issue.get("number")
    url = _string(issue, "url")
    if url and evidence_url(url) != url:
        raise _misshapen("url", url, "an http or https link")
    found = _ISSUE_URL.match(url)
    name = (found[1] if found else "") or repo
    if not url and repo and isinstance(number, int):
        url = f"https://github.com/{repo}/issues/{number}"
    named = f"issue {number}" if isinstance(number, int) else place
    return Entry(
        place=url or named,
        # Host, owner and repository are the same in any case.
        key=f"github\0{url.lower().rstrip('/') or title.strip()}",
        title=title,
        body=_string(issue, "body"),
        url=url,
        byline=_byline(issue),
        project=name.rpartition("/")[2],
        labels=_labels(issue),
        is_closed=_string(issue, "state").lower() in CLOSED,
    )


def _labels(issue: Mapping[str, Any]) -> list[str] | None:
    """Return label names, and the milestone as one; None where the file tells of neither."""
    if "labels" not in issue and "milestone" not in issue:
        return None
    labels = issue.get("labels") or []
    if not isinstance(labels, list):
        raise _misshapen("labels", labels, "a list")
    names = [_name(label, "labels") for label in labels]
    milestone = issue.get("milestone")
    return [*names, f"milestone:{_name(milestone, 'milestone', 'title')}"] if milestone else names


def _name(value: Any, field: str, key: str = "name") -> str:
    name = value.get(key) if isinstance(value, dict) else value
    if not isinstance(name, str):
        raise _misshapen(field, value, f"a text, or an object with a {key}")
    return name


def _byline(issue: Mapping[str, Any]) -> str:
    author = issue.get("author")
    login = author.get("login") if isinstance(author, dict) else author
    when = issue.get("createdAt")
    words = [f"by {login}" if isinstance(login, str) and login else ""]
    words.append(f"on {when[:10]}" if isinstance(when, str) and when else "")
    return " ".join(filter(None, words))


def _string(issue: Mapping[str, Any], field: str) -> str:
    value = issue.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _misshapen(field, value, "a text")
    return value


def _misshapen(field: str, value: Any, rule: str) -> Invalid:
    shown = visible(json.dumps(value, default=str))
    return Invalid(f"{shown} cannot be the {field}: it is {rule}.", field=field, value=shown)


def _kind(value: object) -> str:
    kinds = {dict: "an object", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")
