"""Several hosts on one Dolt server: each has its own databases and leaves the others alone."""

from __future__ import annotations

import pytest

from wasteland.engines.dolt import holdings
from wasteland.engines.dolt.server import Server
from wasteland.protocol.errors import Conflict

pytestmark = pytest.mark.dolt


def test_what_one_host_has_no_other_can_have(server: Server) -> None:
    with server.connect() as session:
        before = holdings.holder(session, "acme__board")
        holdings.hold(session, "acme__board", "one")
        holdings.hold(session, "acme__board", "one")
        with pytest.raises(Conflict, match="belongs to another host"):
            holdings.hold(session, "acme__board", "two")
        holdings.let_go(session, "acme__board", "two")

        assert ("", "one") == (before, holdings.holder(session, "acme__board"))


def test_what_was_let_go_is_anybodys(server: Server) -> None:
    with server.connect() as session:
        holdings.hold(session, "acme__board", "one")
        holdings.let_go(session, "acme__board", "one")
        holdings.hold(session, "acme__board", "two")

    with server.connect() as other:
        assert "two" == holdings.holder(other, "acme__board")
