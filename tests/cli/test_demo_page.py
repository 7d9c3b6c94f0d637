"""``wl demo --serve``: the story, and then the web app over it, as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import httpx2
import pytest

from cli.conftest import Wl, environment

PATIENCE_S = 60.0


def test_the_demo_ends_in_a_web_app_that_its_cast_signs_in_at(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wasteland.cli", "demo", "--serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--dir", str(tmp_path / "demo")],
        env=environment(tmp_path, "ada") | {"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        rescue = Timer(PATIENCE_S, demo.kill)
        rescue.start()
        assert demo.stdout
        words: list[str] = []
        while not words or not words[-1].startswith("  ben"):
            words.append(line := demo.stdout.readline())
            assert line, words
        url = next(word for line in words for word in line.split() if word.startswith("http://"))
        with httpx2.Client(base_url=url, follow_redirects=True, timeout=PATIENCE_S) as visitor:
            board = visitor.get("/demo/commons?status=all").text
            token = words[-1].split()[1]
            me = visitor.get("/api/v1/commons", headers={"authorization": f"token {token}"})
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(PATIENCE_S)
        rescue.cancel()

    assert "Add retry logic to the relay" in board
    assert (200, 0) == (me.status_code, code)


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_refused_before_the_story(wl: Wl, port: str) -> None:
    ran = wl("demo", "--serve", "--port", port)

    assert (2, "") == (ran.code, ran.out)
    assert "0<=x<=65535" in ran.err
