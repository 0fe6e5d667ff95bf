"""A full server is told to stop, again and again: is it gone in time, with every result stored?

500 clients in five rooms, 50 of whom read nothing, and a bystander in a room of its own. In turns the server gets SIGTERM
once, and Ctrl-C twice; the next one starts at once on the same port, with the same database.
"""

from __future__ import annotations

import signal
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.soak.bystander import Bystander
from tests.soak.crowd import Crowd
from tests.support import wait_until
from tests.test_run_server import Running, running

CLIENTS, SILENT, IN_ROOM = 500, 50, 100
TICK_RATE = 10
PLAY_S = 4.0


def run(seconds: float, clients: int = CLIENTS, silent: int = SILENT, in_room: int = IN_ROOM) -> dict[str, Any]:
    """Returns figures by name; times in seconds."""
    exits: dict[str, list[float]] = {"SIGTERM": [], "twice Ctrl-C": []}
    starts_s, missed, goodbyes, results = [], 0, 0, 0
    deadline_s = time.monotonic() + seconds
    port, turns = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "results.sqlite3"
        while turns < 2 or time.monotonic() < deadline_s:
            how = list(exits)[turns % 2]
            asked_s = time.monotonic()
            flags = (
                f"--tick-rate={TICK_RATE} --max-players={in_room} --time-limit=0 --port={port} --database={database}"
            )
            with running(*flags.split()) as server:
                starts_s.append(time.monotonic() - asked_s)
                port = server.port
                crowd, bystander = Crowd(server.url(), clients, silent, in_room), None
                try:
                    bystander = Bystander(server.url(), "quiet corner", TICK_RATE)
                    time.sleep(PLAY_S)
                    missed = max(missed, bystander.missed_in_a_row())
                    exits[how].append(_end(server, how))
                    if how == "SIGTERM":
                        wait_until(lambda: crowd.goodbyes >= clients - silent, "everybody who reads has its goodbye")
                finally:
                    goodbyes += crowd.goodbyes
                    crowd.stop()
                    if bystander is not None:
                        bystander.stop()
            if how == "SIGTERM":
                results += clients + 1
            turns += 1
        stored = _count_results(database)
    return {
        "turns": turns,
        "clients, of whom do not read": f"{clients}, {silent}",
        "SIGTERM to exit, longest s": max(exits["SIGTERM"]),
        "twice Ctrl-C to exit, longest s": max(exits["twice Ctrl-C"]),
        "start on the same port, longest s": max(starts_s),
        "results expected": results,
        "results stored": stored,
        "goodbyes to those who read": goodbyes,
        "ticks a bystander missed in a row": missed,
    }


def _end(server: Running, how: str) -> float:
    """Ends a server; returns how long that took."""
    signalled_s = time.monotonic()
    if how == "SIGTERM":
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    else:
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.05)  # or the system would make one signal of them
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 128 + signal.SIGINT
    return time.monotonic() - signalled_s


def _count_results(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        count: int = db.execute("SELECT count(*) FROM results").fetchone()[0]
        return count
