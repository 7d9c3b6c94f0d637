"""
How real ``dolt`` reaches a repository of a public hub.

Dolt serves raw clones itself, over gRPC on a port of its own that no route of ours stands in front
of, and knows one right for it, to clone everything on the server: there is none for one database
or one branch. A fork is a set of branches in its upstream's database, and goes along. So this is
offered only where everything on the server is public, and for reading; pushes go to the REST API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...hosts.base import RepoName
from ...hosts.local import LocalHost
from ...hosts.storage import RawRemote
from ...protocol.errors import Unsupported

_DOLT = "dolt"


def dolt_remote(
    host: LocalHost, repo: RepoName, *, is_public: Callable[[RepoName], bool]
) -> RawRemote:
    """
    Return URL, user and password for ``dolt clone`` of *repo*, with the port opened.

    They work on the hub's machine alone, and are good for all Dolt databases there: whoever
    publishes them puts a TLS proxy of TCP on that machine in front.

    Raises:
        Unsupported: It is not on Dolt, or something on its server is not public.
        NotFound: No such repository.
    """
    if not _is_on_dolt(host, repo):
        raise Unsupported(
            f"{repo} is no Dolt database; DoltLite clones it.", hint="wl join it", repo=str(repo)
        )
    if not all(is_public(each) for each in _served(host)):
        raise Unsupported(
            f"{repo} cannot be cloned by dolt: whoever may clone one database of a Dolt server "
            "may clone all, and one of this hub's is private.",
            hint="use the REST API",
            repo=str(repo),
        )
    return host.open_remote(repo, may_push=False)


def _served(host: LocalHost) -> Iterator[RepoName]:
    """Yield what the Dolt server would show: its repositories, and their forks."""
    for repo in host.repositories():
        if _is_on_dolt(host, repo):
            yield repo
            yield from host.forks(repo)


def _is_on_dolt(host: LocalHost, repo: RepoName) -> bool:
    return host.engine(repo).dialect.name == _DOLT
