"""A server with running matches is stopped and killed, again and again: does every match go on, is every result there?

20 players, one of whom measures, play rounds of half a minute. The server gets SIGTERM and SIGKILL in turns, each at a
random moment. The next server restores its rooms, and the players come back with their tokens.
"""

from __future__ import annotations

import math
import random
import signal
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.PacketCodes import Packet
from tests.benchmarks.figures import percentile
from tests.soak.bystander import Sleeper
from tests.support import DEADLINE_S, Player, free_port, wait_until
from tests.test_run_server import running

PLAYERS = 20
ROUND_S = 30
TICK_RATE = 20
LIFE_S = (6.0, 14.0)  # of one server
RETRY_S = 0.1


class Return(NamedTuple):
    """The state that one player found when it came back. Losses: from the last STATE and SELF to the first new ones."""

    has_seat: bool
    away_s: float
    was_status: str
    is_status: str
    lost_ticks: int
    lost_points: int


class Faithful:
    """A player who comes back with its token whenever its connection ends, until `stop`; plays in its own thread."""

    def __init__(self, url: str, number: int) -> None:
        self.url = url
        self.returns: list[Return] = []
        self.ends_seen = 0
        self.waits_s: list[float] = []  # for each STATE, while its server was there
        self._chance = random.Random(number)
        self.status = ""  # of its room
        self._token = ""
        self._name = f"P{number}"
        self._player = self._join()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)
        self._thread.start()

    def rounds_ended(self) -> int:
        """The number of rounds that it saw end. A round that ended just before a kill ends again, and counts once."""
        again = sum(one.was_status == "ended" and one.is_status == "in-progress" for one in self.returns)
        return self.ends_seen - again

    def stop(self) -> None:
        """Ends the player's thread and connection."""
        self._stopping.set()
        self._player.websocket.abort("the test is over")
        self._thread.join()
        self._player.hang_up()

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                self._play()
            except ConnectionClosed:
                if not self._stopping.is_set():
                    self._come_back()

    def _play(self) -> None:
        player = self._player
        seen_s = time.monotonic()
        while True:
            packet = player.receive()
            self._note(packet)
            if packet.id == "STATE":
                now_s = time.monotonic()
                self.waits_s.append(now_s - seen_s)
                seen_s = now_s
                if self._chance.random() < 1 / TICK_RATE:
                    player.send("MOVE", self._chance.randrange(8))
                    player.send("ATTACK", True, self._chance.random() * math.tau)

    def _note(self, packet: Packet) -> None:
        if packet.id == "ROOM":
            self.status = packet.args[0]
        elif packet.id == "GAME_OVER":
            self.ends_seen += 1

    def _come_back(self) -> None:
        before, was_status, lost_at_s = self._player, self.status, time.monotonic()
        before.hang_up()
        self._player = player = self._join()
        self.returns.append(
            Return(
                player.id == before.id,
                time.monotonic() - lost_at_s,
                was_status,
                self.status,
                (before.world.tick or 0) - (player.world.tick or 0),
                _points(before) - _points(player),
            )
        )

    def _join(self) -> Player:
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            try:
                player = Player(connect(self.url))
                packets = player.join(self._name, room="den", **({"token": self._token} if self._token else {}))
                break
            except (OSError, HandshakeError, ConnectionClosed):
                assert time.monotonic() < deadline_s, "there is no server any more"
                time.sleep(RETRY_S)
        for packet in packets:
            self._note(packet)
            if packet.id == "WELCOME":
                self._token = packet.args[2]
        return player


def run(seconds: float, players: int = PLAYERS, round_s: float = ROUND_S, life_s: tuple[float, float] = LIFE_S) -> Any:
    """Returns figures by name; times in seconds."""
    chance, sleeper = random.Random(1), Sleeper()
    deadline_s = time.monotonic() + seconds
    deaths: list[signal.Signals] = []
    starts_s: list[float] = []
    faithful: list[Faithful] = []
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        database, state = Path(folder) / "results.sqlite3", Path(folder) / "rooms.state"
        while len(deaths) < 2 or time.monotonic() < deadline_s:
            flags = f"--port={port} --time-limit={round_s} --database={database} --restore={state}"
            asked_s = time.monotonic()
            with running(*flags.split()) as server:
                starts_s.append(time.monotonic() - asked_s)
                faithful = faithful or [Faithful(server.url(), number) for number in range(players)]
                _wait_for_all(faithful, len(deaths))
                time.sleep(chance.uniform(*life_s))
                deaths.append([signal.SIGTERM, signal.SIGKILL][len(deaths) % 2])
                server.process.send_signal(deaths[-1])
                server.process.wait(DEADLINE_S)
        with running(f"--port={port}", f"--database={database}", f"--restore={state}"):
            _wait_for_all(faithful, len(deaths))
            stored = _count_when_the_round_is_over(faithful[0], database)
            for one in faithful:
                one.stop()
    return {
        **_figures(faithful, deaths, stored),
        "starts, longest s": max(starts_s),
        "the machine itself was late by, longest s": sleeper.stop(),
    }


def _wait_for_all(faithful: list[Faithful], returns: int) -> None:
    wait_until(lambda: all(len(one.returns) == returns for one in faithful), f"all are back {returns} times")


def _figures(faithful: list[Faithful], deaths: list[signal.Signals], stored: int) -> dict[str, Any]:
    bystander = faithful[0]
    returns = [one for each in faithful for one in each.returns]
    by_death = {
        death: [each.returns[i] for each in faithful for i, one in enumerate(deaths) if one is death]
        for death in (signal.SIGTERM, signal.SIGKILL)
    }
    same_round = [one for one in by_death[signal.SIGKILL] if one.was_status == one.is_status]
    return {
        "stopped, killed": f"{deaths.count(signal.SIGTERM)}, {deaths.count(signal.SIGKILL)}",
        "returns to a seat": sum(one.has_seat for one in returns),
        "seats lost": sum(not one.has_seat for one in returns),
        "away, longest s": max(one.away_s for one in returns),
        "SIGTERM: ticks lost, most": max(one.lost_ticks for one in by_death[signal.SIGTERM]),
        "SIGTERM: points lost, most": max(one.lost_points for one in by_death[signal.SIGTERM]),
        "SIGKILL: seconds lost, most": max((one.lost_ticks for one in same_round), default=0) / TICK_RATE,
        "rounds that a bystander saw end": bystander.rounds_ended(),
        "of them stored": stored,
        "a bystander's STATEs a second while its server was there": len(bystander.waits_s) / sum(bystander.waits_s),
        "p99 of the gaps between them ms": 1000 * percentile(bystander.waits_s, 0.99),
    }


def _points(player: Player) -> int:
    return player.world.own[1] if player.world.own is not None else 0


def _count_when_the_round_is_over(bystander: Faithful, database: Path) -> int:
    """The number of stored matches, when the round has ended and the store has had a little time."""
    deadline_s = time.monotonic() + ROUND_S + DEADLINE_S
    while bystander.status != "ended" or _count_matches(database) < bystander.rounds_ended():
        if time.monotonic() > deadline_s:
            break
        time.sleep(0.05)
    return _count_matches(database)


def _count_matches(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        count: int = db.execute("SELECT count(*) FROM matches").fetchone()[0]
        return count
