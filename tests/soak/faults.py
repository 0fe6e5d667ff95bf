"""One call in 1,000 raises, all over the server: does a thread die, does a lock stay held, is another room disturbed?

Handlers, ticks, snapshots, the recorder, a plug-in's path and its page fail at random in one room, where players walk
and chat. In another room nothing fails, and the bystanders play there.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import random
import sys
import threading
import time
from typing import Any, Callable

from gameserver.admission import open_rooms
from gameserver.game import Game
from gameserver.replication.areas import AreaReplicator
from gameserver.results.recorder import Recorder
from gameserver.room import GameRoom
from gameserver.server import GameServer
from Net import PacketCodes
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.port.http import html_page
from Net.websocket import WebSocket
from tests.soak.players import Diary, Players, delivered, missed_in_a_row
from tests.soak.server import ServerProcess
from tests.support import DEADLINE_S

FAULTY, CALM = "den", "calm"
PLAYERS, BYSTANDERS = 20, 10
ONE_IN = 1000
# For functions that are called too rarely for one call in a thousand.
ONE_IN_FEW = 10


class InjectedFault(Exception):
    """Raised on purpose."""


class Injector:
    """Makes functions raise at random, before or after they have done their work, and counts how often."""

    def __init__(self) -> None:
        self.count = 0
        self.is_on = True
        self._lock = threading.Lock()
        self._rng = random.Random(1)

    def wrap(self, function: Callable[..., Any], one_in: int = ONE_IN) -> Callable[..., Any]:
        """The same function, with faults injected."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            is_fault, is_early = self._draw(one_in)
            result = None if is_fault and is_early else function(*args, **kwargs)
            if is_fault:
                raise InjectedFault(function.__qualname__)
            return result

        return call

    def _draw(self, one_in: int) -> tuple[bool, bool]:
        with self._lock:
            is_fault = self.is_on and self._rng.random() < 1 / one_in
            self.count += is_fault
            return is_fault, self._rng.random() < 0.5


def inject(server: GameServer) -> None:
    """Called in the server's process: from now on the server fails at random."""
    injector = Injector()
    server.injected = injector  # type: ignore[attr-defined]
    for packet_id, handler in PacketCodes.HANDLERS.items():
        if packet_id != "JOIN":  # players must be able to join the faulty room
            PacketCodes.HANDLERS[packet_id] = _in_faulty_room(handler, injector.wrap(handler))
    games: set[Game] = set()
    _harm_views(AreaReplicator, "build", injector, games)
    _harm_views(AreaReplicator, "_static_frames", injector, games)  # some views are done then, and some are not

    def make_faulty_room(room_id: str, *args: Any, recorder: Recorder, **kwargs: Any) -> GameRoom:
        if room_id != FAULTY:
            return GameRoom(room_id, *args, recorder=recorder, **kwargs)
        room = GameRoom(room_id, *args, recorder=_FaultyRecorder(recorder, injector), **kwargs)
        _harm(room, injector)
        games.add(room.game)
        return room

    open_rooms.GameRoom = make_faulty_room  # type: ignore[assignment, misc]
    server.add_route("/plug-in", injector.wrap(_plug_in, ONE_IN_FEW))
    server.add_page("/page", injector.wrap(lambda: html_page("hello"), ONE_IN_FEW))


def _in_faulty_room(handler: Callable[..., Any], faulty_handler: Callable[..., Any]) -> Callable[..., Any]:
    def handle(session: Any, *args: Any) -> Any:
        place = session.client.place
        is_harmed = place is not None and place.room.id == FAULTY
        return (faulty_handler if is_harmed else handler)(session, *args)

    return handle


def _harm_views(kind: type, name: str, injector: Injector, games: set[Game]) -> None:
    """Patches the class, for those games only: a room makes a new object of it after a failure."""
    sound = getattr(kind, name)
    faulty = injector.wrap(sound)
    setattr(kind, name, lambda self, *args: (faulty if self._game in games else sound)(self, *args))


def _harm(room: GameRoom, injector: Injector) -> None:
    room.game.update = injector.wrap(room.game.update)  # type: ignore[method-assign]
    room.rounds.due = injector.wrap(room.rounds.due)  # type: ignore[method-assign]


class _FaultyRecorder:
    def __init__(self, recorder: Any, injector: Injector) -> None:
        self.record_event = injector.wrap(recorder.record_event, ONE_IN_FEW)
        self.record_match = injector.wrap(recorder.record_match, ONE_IN_FEW)


def _plug_in(websocket: WebSocket) -> None:
    websocket.send(websocket.receive(DEADLINE_S))


def run(seconds: float) -> dict[str, Any]:
    """Returns figures by name."""
    with ServerProcess(prepare=inject, reconnect_s=1.0) as server:
        bystanders = Players(server.url(), BYSTANDERS, CALM)
        players = Players(server.url(), PLAYERS, FAULTY, chats=True)
        threads = server.ask("threads")
        started_s = time.monotonic()
        until_s = started_s + seconds
        visits = 0
        while time.monotonic() < until_s:
            _visit(server)
            visits += 1
            time.sleep(0.1)
        server.ask("stop injecting")
        last_tick_s = time.monotonic()
        time.sleep(1.0)
        held, threads_after = server.ask("held locks"), server.ask("threads")
        harmed, calm = players.stop(), bystanders.stop()
        logged = [line for line in server.log() if line.is_fault]
        injected, described = server.ask("injected"), server.ask("describe")
    return {
        "faults injected": injected,
        "logged with their traceback": len(logged),
        "counted": described["faults"],
        "visits to a plug-in and a page": visits,
        "threads that died": str([name for name in _lasting(threads) if name not in threads_after] or "none"),
        "locks that stayed held": str(held or "none"),
        "players of the faulty room who play on": sum(_has_tick_after(diary, last_tick_s) for diary in harmed),
        "of": PLAYERS,
        "connections of bystanders lost": sum(diary.end != "" for diary in calm),
        "longest interval of a bystander ms": max(ms for diary in calm for ms in diary.intervals_ms(0, until_s)),
        "ticks a bystander missed in a row": missed_in_a_row(calm, 0, until_s),
        **delivered(calm, started_s, until_s, "bystanders"),
    }


def _lasting(threads: list[str]) -> list[str]:
    """The threads that must live as long as the server; those of clients come and go."""
    return [name for name in threads if not name.startswith("client ")]


def _has_tick_after(diary: Diary, at_s: float) -> bool:
    return bool(diary.ticks) and diary.ticks[-1][1] > at_s


def _visit(server: ServerProcess) -> None:
    """Calls the plug-in and the page; they may answer with a fault."""
    try:
        websocket = connect(server.url(path="/plug-in"))
        with contextlib.suppress(ConnectionClosed):
            websocket.send("hello")
            websocket.receive(DEADLINE_S)
        websocket.close()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
        connection.request("GET", "/page")
        connection.getresponse().read()
        connection.close()
    except (OSError, HandshakeError, http.client.HTTPException) as error:
        print(f"a visit failed: {error!r}", file=sys.stderr)
