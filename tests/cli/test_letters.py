"""How a hub is told to send letters, and where its password may come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from wasteland import settings
from wasteland.cli.letters import mail
from wasteland.protocol.errors import Invalid

HOSTS = ("hub.example.org",)
PLAIN = settings.load({"HOME": "/nowhere"})


def test_the_password_comes_from_the_environment_or_a_file_of_one_s_own(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    file.chmod(0o600)
    env = {"HOME": "/nowhere", "WL_SMTP_PASSWORD_FILE": str(file)}

    found = mail(
        settings.load(env), server="mail.lan:25", sender="a@b.org", user="hub", hosts=HOSTS
    )

    assert found
    assert ("mail.lan", 25, "from a file") == (found.host, found.port, found.password)
    assert "https://hub.example.org" == found.url
    assert "from a file" not in repr(found)
    given = settings.load({**env, "WL_SMTP_PASSWORD": "given"})
    assert "given" == given.read_smtp_password()
    file.chmod(0o644)
    with pytest.raises(Invalid):
        settings.load(env).read_smtp_password()


def test_without_a_server_nothing_is_sent_and_half_of_it_is_refused() -> None:
    assert mail(PLAIN, server="", sender="", user="", hosts=()) is None
    for server, sender, hosts in (
        ("", "a@b.org", HOSTS),
        ("m:25", "", HOSTS),
        ("m:25", "a@b.c", ()),
    ):
        with pytest.raises(click.UsageError):
            mail(PLAIN, server=server, sender=sender, user="", hosts=hosts)
    with pytest.raises(Invalid):
        mail(PLAIN, server="m:25", sender="no address", user="", hosts=HOSTS)
    allowed = replace(PLAIN, allow_plain=True)
    found = mail(allowed, server="m", sender="a@b.org", user="", hosts=HOSTS)
    assert found
    assert found.is_plain
