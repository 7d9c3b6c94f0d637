from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from web.browsers import Office, open_office
from web.chrome import listening, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
_MISSING = "no chromium, or no playwright"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with its pages, shared by the tests of a file; each makes items of its own."""
    with open_office(tmp_path_factory.mktemp("office") / "host") as found:
        yield found


@pytest.fixture
def own_office(tmp_path: Path) -> Iterator[Office]:
    """A hub with its pages for one test alone."""
    with open_office(tmp_path / "host") as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return a real browser; without one skip, but fail where CI must run everything."""
    found = next((path for path in _CHROMIUM if Path(path).exists()), "")
    try:
        import playwright.sync_api  # noqa: F401, PLC0415  # an extra that may be missing
    except ImportError:
        found = ""
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{_MISSING}, and CI must run these tests")
    pytest.skip(_MISSING)


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """Where the hub of a file's tests listens while they run."""
    with listening(office.app) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One running browser; between files there is none, as it keeps the thread's event loop."""
    with running(chromium) as found:
        yield found
