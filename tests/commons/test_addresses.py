"""What a target of a join means, which engine reads it, and what is refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from commons.casts import refusal
from wasteland.commons import addresses
from wasteland.protocol.errors import Invalid, NotFound, Unsupported, WastelandError


@pytest.mark.parametrize("target", ["acme/board", "a.b/c.d", "A-1/b_2"])
def test_a_name_is_no_address(target: str) -> None:
    assert not addresses.is_address(target)


@pytest.mark.parametrize(
    ("target", "name", "url", "engine"),
    [
        ("http://127.0.0.1:80/acme/board.db", "acme/board", "", "doltlite"),
        ("https://example.org/acme/board", "acme/board", "", "dolt"),
        ("git+ssh://[::1]:2222/srv/acme/board", "acme/board", "", "dolt"),
        (
            "git@example.org:acme/board.git",
            "acme/board",
            "git+ssh://git@example.org/./acme/board.git",
            "dolt",
        ),
        (
            "git@example.org:/srv/acme/board.git",
            "acme/board",
            "git+ssh://git@example.org/srv/acme/board.git",
            "dolt",
        ),
        ("example.org:board.git", "example.org/board", "git+ssh://example.org/./board.git", "dolt"),
        (
            "https://example.org/acme/board.git",
            "acme/board",
            "git+https://example.org/acme/board.git",
            "dolt",
        ),
        (
            "ssh://git@example.org/acme/board.git",
            "acme/board",
            "git+ssh://git@example.org/acme/board.git",
            "dolt",
        ),
        ("git+https://example.org/acme/board", "acme/board", "", "dolt"),
    ],
)
def test_an_address_says_name_url_and_engine(target: str, name: str, url: str, engine: str) -> None:
    repo, found = addresses.locate(target, "")

    assert addresses.is_address(target)
    assert (name, url or target, engine) == (str(repo), found, addresses.engine_of(found))


def test_a_path_is_a_file_and_a_git_repository_is_one_for_dolt(tmp_path: Path) -> None:
    for name in ("board.db", "board.git"):
        (tmp_path / name).mkdir()

    assert f"file://{tmp_path}/board.db" == addresses.locate(f"{tmp_path}/board.db", "a/b")[1]
    assert f"git+file://{tmp_path}/board.git" == addresses.locate(f"{tmp_path}/board.git", "a/b")[1]
    assert NotFound is type(refusal(lambda: addresses.locate(f"git+file://{tmp_path}/no.git", "")))


@pytest.mark.parametrize(
    ("target", "kind", "hint"),
    [
        ("git@example.org:acme/board", Unsupported, "git@host:org/repo.git"),
        ("ssh://example.org/srv/acme/board", Unsupported, "git@host:org/repo.git"),
        ("ssh://example.org/srv/board.db", Unsupported, "git@host:org/repo.git"),
        ("git+ssh://-oProxyCommand=id/board", Invalid, "--help"),
        ("ssh://-lme@example.org/srv/board.git", Invalid, "--help"),
        ("-oProxyCommand=i.d:board.git", Invalid, "--help"),
        ("ssh://example.org/srv/board;id.git", Invalid, "--help"),
        ("git+ssh://example.org/srv/$(id)/board", Invalid, "--help"),
        ("ssh://example.org/srv/%3Bid/board.git", Invalid, "--help"),
        ("git+ssh://example.org/srv/a board", Invalid, "--help"),
        ("git+ssh://example.org", Invalid, "--help"),
        ("git@example.org:`id`.git", Invalid, "--help"),
    ],
)
def test_what_no_engine_reads_and_what_ssh_would_misread_is_refused(
    target: str, kind: type[WastelandError], hint: str
) -> None:
    assert addresses.is_address(target)

    error = refusal(lambda: addresses.locate(target, "acme/board"))

    assert (kind, True) == (type(error), hint in error.hint)


@pytest.mark.parametrize("target", ["git+ext://sh/x.git", "aws://bucket/x", "ftp://example.org/x"])
def test_a_url_of_another_kind_is_refused(target: str) -> None:
    assert "no address that wl understands" in refusal(lambda: addresses.is_address(target)).message


@pytest.mark.parametrize(
    "target",
    [
        "https://me:hunter2@example.org/a/b.db",
        "https://hunter2@example.org/a/b.git",
        "ssh://me:hunter2@example.org/a/b",
        "me:hunter2@example.org:a/b.git",
        "git+https://hunter2@example.org/a/b.git",
    ],
)
def test_an_address_with_a_password_is_refused_without_repeating_it(target: str) -> None:
    error = refusal(lambda: addresses.is_address(target))

    assert (Invalid, False) == (
        type(error),
        "hunter2" in f"{error.message}{error.hint}{error.facts}",
    )
