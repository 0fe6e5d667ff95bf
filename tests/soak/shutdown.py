"""A full server is told to stop, again and again: is it gone in time, with every result stored?

500 clients play in five rooms, and 50 of them read nothing. A bystander plays in a room of its own. The server gets
SIGTERM once and Ctrl-C twice, in turns. The next server starts at once on the same port, with the same database.
"""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

from tests.delivery import Delivery
from tests.soak.bystander import Bystander, Sleeper
from tests.soak.crowd import Crowd
from tests.support import DEADLINE_S
from tests.test_run_server import Running, running

CLIENTS, SILENT, IN_ROOM = 500, 50, 100
TICK_RATE = 10
PLAY_S = 4.0


class Turn(NamedTuple):
    """How one server began and ended; times in seconds."""

    port: int
    start_s: float
    exit_s: float
    goodbyes: int
    bystander: Delivery


def run(seconds: float, clients: int = CLIENTS, silent: int = SILENT, in_room: int = IN_ROOM) -> dict[str, Any]:
    """Returns figures by name; times in seconds."""
    turns: dict[str, list[Turn]] = {SIGTERM: [], TWICE_CTRL_C: []}
    sleeper = Sleeper()
    deadline_s = time.monotonic() + seconds
    port = 0
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "results.sqlite3"
        flags = f"--tick-rate={TICK_RATE} --max-players={in_room} --time-limit=0 --database={database}".split()
        while not turns[TWICE_CTRL_C] or time.monotonic() < deadline_s:
            for how, done in turns.items():
                done.append(_play([*flags, f"--port={port}"], how, clients, silent, in_room))
                port = done[-1].port
        stored = _count_results(database)
    every_turn = turns[SIGTERM] + turns[TWICE_CTRL_C]
    seen = [turn.bystander for turn in every_turn]
    return {
        "servers ended by SIGTERM, by Ctrl-C twice": f"{len(turns[SIGTERM])}, {len(turns[TWICE_CTRL_C])}",
        "clients of each, of whom do not read": f"{clients}, {silent}",
        "SIGTERM to exit, longest s": max(turn.exit_s for turn in turns[SIGTERM]),
        "Ctrl-C twice to exit, longest s": max(turn.exit_s for turn in turns[TWICE_CTRL_C]),
        "start on the same port, longest s": max(turn.start_s for turn in every_turn),
        "results expected": (clients + 1) * len(turns[SIGTERM]),
        "results stored": stored,
        "goodbyes expected": (clients - silent) * len(turns[SIGTERM]),
        "goodbyes received": sum(turn.goodbyes for turn in turns[SIGTERM]),
        f"a bystander's STATEs a second, of {TICK_RATE}, least": min(one.states_per_s for one in seen),
        "p99 of the gaps between them ms, most": max(one.gap_p99_ms for one in seen),
        "the machine itself was late by, longest s": sleeper.stop(),
    }


def _play(flags: list[str], how: str, clients: int, silent: int, in_room: int) -> Turn:
    """Starts a server, fills it, and ends it."""
    asked_s = time.monotonic()
    with running(*flags) as server, contextlib.ExitStack() as stack:
        start_s = time.monotonic() - asked_s
        crowd = Crowd(server.url(), clients, silent, in_room)
        stack.callback(crowd.stop)
        bystander = Bystander(server.url(), "quiet corner")
        stack.callback(bystander.stop)
        played_s = time.monotonic()
        time.sleep(PLAY_S)
        seen = bystander.delivery(played_s, time.monotonic())
        exit_s = ENDS[how](server)
        crowd.wait_for_the_end()
        return Turn(server.port, start_s, exit_s, crowd.goodbyes, seen)


def _terminate(server: Running) -> float:
    signalled_s = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE_S) == 0
    return time.monotonic() - signalled_s


def _interrupt_twice(server: Running) -> float:
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    signalled_s = time.monotonic()
    while server.process.poll() is None:  # signals that come before it runs again count as one: press on
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.02)
        assert time.monotonic() < signalled_s + DEADLINE_S, "it does not end"
    return time.monotonic() - signalled_s


SIGTERM, TWICE_CTRL_C = "SIGTERM", "Ctrl-C twice"
ENDS: dict[str, Callable[[Running], float]] = {SIGTERM: _terminate, TWICE_CTRL_C: _interrupt_twice}


def _count_results(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as db:
        count: int = db.execute("SELECT count(*) FROM results").fetchone()[0]
        return count
