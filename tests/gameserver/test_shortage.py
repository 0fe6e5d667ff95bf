"""Tests of a shortage of file descriptors: the server runs in a process that may open only a few files."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest

from Net.client import connect
from Net.limits import Limits
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Player

resource = pytest.importorskip("resource", reason="this system has no limit on open files that a process can set")

ROOT = Path(__file__).parents[2]
FILES = 40
SERVE = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))
sys.argv[0] = "run_server.py"
runpy.run_path("run_server.py", run_name="__main__")
"""


class PoorServer:
    """A server that may open only a few files: the lines that it prints, and its URL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        wait_until(lambda: self._port() is not None, "the server says where it listens")
        self.url = f"ws://127.0.0.1:{self._port()}/"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def _port(self) -> str | None:
        match = re.search(r"on port (\d+)", "".join(self.lines))
        return match and match.group(1)

    def count(self, text: str) -> int:
        return "".join(self.lines).count(text)

    def wait(self) -> None:
        assert self.process.wait(DEADLINE_S) == 0
        self._reading.join(DEADLINE_S)


@contextlib.contextmanager
def poor_server() -> Iterator[PoorServer]:
    flags = ["--host", "127.0.0.1", "--port", "0", "--database", ":memory:"]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, *flags],
        cwd=str(ROOT),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            server = PoorServer(process)
            yield server
            process.terminate()
            server.wait()
        finally:
            process.kill()


def test_without_file_descriptors_new_clients_wait_and_running_games_go_on() -> None:
    with poor_server() as server, contextlib.ExitStack() as exits:

        def come() -> Player:
            player = Player(connect(server.url, Limits(handshake_timeout_s=DEADLINE_S)))
            exits.callback(player.hang_up)
            return player

        ann = come()
        ann.join("Ann")
        coming = [Background(come) for _ in range(FILES)]
        wait_until(lambda: server.count("cannot accept connections just now"), "the server has run short")
        first_tick = ann.world.tick or 0
        ann.wait_until(lambda: (ann.world.tick or 0) > first_tick + 20, "the game goes on")
        ann.assert_undisturbed()

        inside = [waiting for waiting in coming if not waiting.is_alive()]
        assert 0 < len(inside) < FILES
        for waiting in inside:
            waiting.result().hang_up()
        for waiting in coming:
            waiting.join(DEADLINE_S)
        assert coming[-1].result().sync()
        ann.sync()
        ann.assert_undisturbed()
    assert server.count("cannot accept connections just now") <= 5  # once for each shortage, not ten times a second
    assert server.count("can be accepted again") >= 1
    assert server.count("Traceback") == 0
