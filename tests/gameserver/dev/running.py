"""A server under --dev in a process of its own, with a small game that the test edits."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator, TypeVar

import pytest

from gameserver.client import GameClient
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S
from tests.test_run_server import SCRIPT, Running

_ResultT = TypeVar("_ResultT")

# Each input takes a runner STEP further, and a runner scores with each input.
GAME = """
from gameserver.base_game import BaseGame

STEP = 1

class Count(BaseGame):
    def add_player(self, player_id, name, team=None):
        runner = super().add_player(player_id, name, team)
        runner.x = 0
        return runner

    def process_input(self, player_id, input_data):
        self.players[player_id].x += STEP
        self.handle_scoring(player_id)

    def get_game_state(self):
        runners = {runner.id: {"x": runner.x} for runner in self.players.values()}
        return {"tick": self.tick, "step": STEP, "entities": {"runner": runners}}
"""
PAGE = "<!doctype html><title>first</title><p>first</p>"


class Edited:
    """A running server. game, page: the files that the test edits. log: the file of its standard error."""

    def __init__(self, server: Running, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.game = folder / "count.py"
        self.page = folder / "web" / "index.html"
        self.log = folder / "log"
        self.stack = contextlib.ExitStack()  # closes what the test has opened

    def change(self, old: str, new: str, file: Path | None = None) -> float:
        """Replaces a text in a file (None: the game) as an editor does; returns time.monotonic()."""
        file = file or self.game
        text = file.read_text(encoding="utf-8")
        assert old in text
        saved = file.with_suffix(".saved")
        saved.write_text(text.replace(old, new), encoding="utf-8")
        os.replace(saved, file)
        return time.monotonic()

    def wait_for_line(self, part: str, count: int = 1) -> str:
        """Waits until the terminal has so many lines with this text; returns the last one."""
        return eventually(lambda: self.lines(part)[count - 1 :], f"the terminal says {part!r}")[-1]

    def lines(self, part: str) -> list[str]:
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if part in line]

    def join(self, name: str) -> GameClient:
        client = GameClient(self.server.url(), name)
        self.stack.callback(client.drop)
        client.join()
        return client

    def told(self) -> Told:
        """Connects as the script of a page does."""
        websocket = connect(f"{self.server.url()}dev")
        self.stack.callback(websocket.close)
        return Told(websocket)

    def wait_until_served(self, path: str) -> None:
        eventually(lambda: self.server.status_of(path) == 200, f"the server has {path}")

    def fetch(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}", timeout=DEADLINE_S) as response:
            text: str = response.read().decode()
        return text


class Told:
    """The script of a page: it hears of problems and of new pages."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    def next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._websocket.receive(DEADLINE_S))
        return told


def eventually(condition: Callable[[], _ResultT], what: str) -> _ResultT:
    """Waits until the condition is true, and returns its value."""
    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline_s, f"it did not come about that {what}"
        time.sleep(0.02)


def until_restart(*clients: GameClient) -> None:
    """Waits until the server closes the connections for a restart, and brings the clients back."""
    for client in clients:
        with pytest.raises(ConnectionClosed) as closed:
            client.wait_for(lambda: False, DEADLINE_S)
        assert closed.value.code == 1012
    for client in clients:
        eventually(lambda client=client: _is_back(client), "the server is back")  # type: ignore[misc]


def _is_back(client: GameClient) -> bool:
    try:
        client.reconnect(DEADLINE_S)
    except (OSError, ConnectionClosed, HandshakeError):
        return False
    return True


@contextlib.contextmanager
def edited(folder: Path, *flags: str, script: Path = SCRIPT, game: str | None = GAME) -> Iterator[Edited]:
    """Runs the server. script: run_server.py of the code to run. game: None for the rich game."""
    own = []
    if game is not None:
        (folder / "count.py").write_text(game, encoding="utf-8")
        (folder / "web").mkdir()
        (folder / "web" / "index.html").write_text(PAGE, encoding="utf-8")
        own = ["--game", f"{folder / 'count.py'}:Count", "--web", str(folder / "web")]
    quietly = ["--host", "127.0.0.1", "--port", "0", "--database", ":memory:"]
    with (folder / "log").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(script), "--dev", *quietly, *own, *flags],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},  # a supervisor that is killed leaves its folder behind
        )
        try:
            server = Edited(Running(process), folder)
            with server.stack:
                yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE_S)
            sys.stderr.write((folder / "log").read_text(encoding="utf-8"))  # pytest shows it if the test fails
