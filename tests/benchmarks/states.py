"""The default replicator: what a client receives and costs, beside the same world sent whole in every tick.

A game of 100 entities, all of which move in every tick, has 20 clients on real connections, and 20 ticks in a second of
its own time. The ticks follow each other at once, and only the processor time of the thread that makes them is counted:
the game's update, the comparison, the encoding and the sending. Another thread reads for all clients.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import selectors
import socket
import threading
import time
from typing import Any, Iterable

from gameserver.base_game import BaseGame, GameState
from gameserver.match.seats import PlayerInfo
from gameserver.replication.replicator import replicator_of
from gameserver.replication.states import StateReplicator, StateView
from gameserver.server import GameServer
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket
from tests.benchmarks.report import medians, print_table, write_json
from tests.Net.support import tcp_pair

ENTITIES = 100
CLIENTS = 20
TICK_RATE = 20
WARM_UP_TICKS = 40


class Drift(BaseGame):
    """Entities that drift in circles."""

    def reset(self) -> None:
        super().reset()
        self.angles_rad = [self.rng.uniform(0, math.tau) for _ in range(ENTITIES)]

    def update(self, delta_time: float) -> None:
        super().update(delta_time)
        self.angles_rad = [angle_rad + delta_time for angle_rad in self.angles_rad]

    def get_game_state(self) -> GameState:
        drifting = {number: _entity(number, angle_rad) for number, angle_rad in enumerate(self.angles_rad)}
        return {"tick": self.tick, "entities": {"drifting": drifting}}


def _entity(number: int, angle_rad: float) -> dict[str, Any]:
    radius = 100 + 8 * number
    return {
        "x": round(1000 + radius * math.cos(angle_rad)),
        "y": round(1000 + radius * math.sin(angle_rad)),
        "name": f"entity {number}",
        "colour": number % 8,
        "health": 100,
    }


class WholeDrift(Drift):
    """The same game; its clients get the whole state in every tick."""


class WholeReplicator(StateReplicator):
    """Sends every client the whole state, encoded once."""

    def build(
        self, state: GameState, views: Iterable[StateView], late: Iterable[StateView] = ()
    ) -> dict[StateView, bytes]:
        views = list(views)
        frame = views[0].form.frame(TO_CLIENT.encode(Packet("GAME_STATE", (state,)))) if views else b""
        return dict.fromkeys(views, frame)


@replicator_of.register(WholeDrift)
def _(game: WholeDrift) -> WholeReplicator:
    return WholeReplicator()


CASES = (("changes only", Drift), ("whole in every tick", WholeDrift))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ticks", type=int, default=1000, metavar="N", help="ticks to measure (1000)")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds, in turn (3)")


def run(args: argparse.Namespace) -> None:
    runs = [measure(name, make_game, args.ticks) for name, make_game in args.repeat * CASES]
    print_table(medians(runs, ["what"]))
    print(f"{args.repeat} run(s) each; written to {write_json('states', runs)}")


def measure(name: str, make_game: type[BaseGame], ticks: int) -> dict[str, Any]:
    """The figures of one case."""
    settings = BaseSettings(tick_rate=TICK_RATE, time_limit_s=None)
    room = GameServer(ServerSettings(), settings, make_game=make_game).create_room()
    with contextlib.ExitStack() as stack:
        reader = Reader()
        for number in range(1, CLIENTS + 1):
            near, far = tcp_pair()
            stack.callback(near.close)
            stack.callback(far.close)
            room.add_player(WebSocket(near, Limits()), PlayerInfo(number, f"client {number}", f"token {number}"))
            reader.add(far)
        stack.enter_context(reader)
        _tick(room, WARM_UP_TICKS)
        bytes_before, cpu_before_s = _bytes_out(room), time.thread_time()
        _tick(room, ticks)
        cpu_s, sent = time.thread_time() - cpu_before_s, _bytes_out(room) - bytes_before
    return {
        "what": name,
        "bytes/s a client": sent / CLIENTS / ticks * TICK_RATE,
        "us a client-tick": 1e6 * cpu_s / CLIENTS / ticks,
    }


def _bytes_out(room: Any) -> int:
    return sum(seat.websocket.outbox.bytes_out for seat in room.roster.everybody())


def _tick(room: Any, count: int) -> None:
    for _ in range(count):
        for seat in room.roster.everybody():  # no thread reads the pongs: each client counts as up to date
            seat.websocket.note_pong(seat.websocket.awaited_pong)
        room.tick()
        for seat in room.roster.everybody():
            while not seat.websocket.flush():
                time.sleep(0.001)  # the reader is behind


class Reader:
    """A thread that reads, and forgets, the bytes of many connections."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def add(self, sock: socket.socket) -> None:
        self._selector.register(sock, selectors.EVENT_READ)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_stopping = True
        self._thread.join()
        self._selector.close()

    def _run(self) -> None:
        while not self._is_stopping:
            for key, _ in self._selector.select(timeout=0.05):
                key.fileobj.recv(2**16)  # type: ignore[union-attr]
