"""Files that were uploaded as evidence."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wasteland.commons.evidence.files import FOLDER, Files, headers
from wasteland.commons.evidence.store import open_store
from wasteland.protocol.errors import Invalid, LimitReached, NotFound
from wasteland.protocol.evidence import read

REPO, OTHER = "acme/board", "eve/board"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Files of 100 bytes each, 250 together."""
    return Files(tmp_path, open_store(tmp_path), limit_bytes=100, quota_bytes=250)


def _add(files: Files, content: bytes, *, repo: str = REPO, name: str = "log.txt") -> str:
    return files.add(repo, name, [content[:3], content[3:]], account="ada", at=NOON).digest


def _kept(root: Path) -> list[Path]:
    return [path for path in (root / FOLDER).rglob("*") if path.is_file()]


def test_file_is_given_back_as_it_was_taken_in(files: Files, tmp_path: Path) -> None:
    upload = files.add(REPO, "../my log.txt", [b"abc", b"def"], account="ada", at=NOON)

    with files.open(REPO, upload.digest) as stored:
        assert b"abcdef" == stored.read()
    assert hashlib.sha256(b"abcdef").hexdigest() == upload.digest
    assert upload.digest == read(upload.reference).digest
    assert (6, ".._my_log.txt") == (upload.size_bytes, upload.name)
    assert [tmp_path / FOLDER / upload.digest[:2] / upload.digest] == _kept(tmp_path)


def test_file_is_readable_for_its_owner_alone(files: Files, tmp_path: Path) -> None:
    _add(files, b"secret")

    assert 0o600 == _kept(tmp_path)[0].stat().st_mode & 0o777
    assert 0o700 == (tmp_path / FOLDER).stat().st_mode & 0o777


def test_file_belongs_to_the_repositories_that_it_was_uploaded_to(files: Files) -> None:
    digest = _add(files, b"of a private board")

    with pytest.raises(NotFound):
        files.open(OTHER, digest)
    _add(files, b"of a private board", repo=OTHER)
    files.open(OTHER, digest).close()


def test_equal_files_are_kept_once(files: Files, tmp_path: Path) -> None:
    assert _add(files, b"same") == _add(files, b"same", repo=OTHER)
    assert 1 == len(_kept(tmp_path))


def test_upload_that_does_not_end_is_stopped_at_the_limit(files: Files, tmp_path: Path) -> None:
    asked = itertools.count()

    def endless() -> Iterator[bytes]:
        while next(asked) < 1000:
            yield b"x" * 30

    with pytest.raises(LimitReached):
        files.add(REPO, "x", endless(), account="ada", at=NOON)
    assert 4 == next(asked)
    assert [] == _kept(tmp_path)


def test_upload_that_breaks_off_leaves_nothing(files: Files, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        files.add(REPO, "x", broken(), account="ada", at=NOON)
    assert [] == _kept(tmp_path)


def test_empty_file_is_no_evidence(files: Files) -> None:
    with pytest.raises(Invalid):
        _add(files, b"")


def test_repository_has_a_quota_of_its_own(files: Files) -> None:
    first = _add(files, b"a" * 100)
    _add(files, b"b" * 100)

    with pytest.raises(LimitReached):
        _add(files, b"c" * 100)
    assert first == _add(files, b"a" * 100)
    _add(files, b"c" * 100, repo=OTHER)


@pytest.mark.parametrize("digest", ["", "..", "a" * 63, "A" * 64, "./secret", "../secret"])
def test_no_path_is_made_of_what_is_no_digest(files: Files, tmp_path: Path, digest: str) -> None:
    """Even where the store names it, and where the path would lead to a file."""
    _add(files, b"x")
    (tmp_path / FOLDER / "secret").touch()
    open_store(tmp_path).write("INSERT INTO files VALUES (?, ?, 1, 'eve', '')", (REPO, digest))

    with pytest.raises(NotFound):
        files.open(REPO, digest)


@pytest.mark.parametrize("name", ['x"; filename=evil.html', "a\r\nX: y", "é.html", "", "x" * 300])
def test_file_is_served_as_nothing_but_bytes(name: str) -> None:
    found = headers(name)

    assert "application/octet-stream" == found["Content-Type"]
    assert "nosniff" == found["X-Content-Type-Options"]
    start, quote, rest = found["Content-Disposition"].partition('filename="')
    assert ("attachment; ", 'filename="') == (start, quote)
    assert rest.removesuffix('"').replace(".", "").replace("-", "").replace("_", "").isalnum()
