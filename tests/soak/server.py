"""A server in a process of its own, which the measuring process does not disturb; it answers questions about itself."""

from __future__ import annotations

import collections
import gc
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable, NamedTuple

from gameserver.server import GameServer
from gameserver.world.settings import GameSettings, ServerSettings
from Net import scheduling
from Net.shared_packets import Elements
from Net.wire_format import WireFormat
from tests.soak.log_file import LogLine, log_to, read_log
from tests.support import DEADLINE_S

# Every player is in view of all others, and the match does not end.
SETTINGS = GameSettings(map_size=3000.0, cell_size=1000, view_cells=(3, 3), time_limit_s=None)
MANY = 100_000
# The number of these objects depends on the players' places, and on the wire formats that were ever used (a handful,
# kept for good). It does not show a leak.
_NOT_COUNTED = (Elements, WireFormat)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Census(NamedTuple):
    """Counts of the resources of the server's process."""

    threads: int
    files: int
    memory_bytes: int
    blocks: int  # of memory that Python's objects use; the reserves of its allocators do not count
    objects: dict[str, int]  # of our classes

    def growth_since(self, before: Census) -> dict[str, int]:
        """The classes that have more or fewer objects than before, with the difference."""
        names = sorted(self.objects.keys() | before.objects.keys())
        growth = {name: self.objects.get(name, 0) - before.objects.get(name, 0) for name in names}
        return {name: count for name, count in growth.items() if count}


class ServerProcess:
    """The server, from its start to `stop`. prepare: called in its process with the server, before it serves."""

    def __init__(
        self,
        settings: GameSettings = SETTINGS,
        prepare: Callable[[GameServer], None] | None = None,
        **server_settings: Any,
    ) -> None:
        # A forked process would inherit our threads and sockets.
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._lock = threading.Lock()
        many = {"max_connections": MANY, "max_connections_per_address": MANY, "max_players": 1000}
        many.update(dormant_after_s=86_400)  # a player who only watches must get every tick
        many.update(max_rooms=10_000, max_rooms_per_address=10_000, room_openings_per_minute=1_000_000)
        self._folder = tempfile.TemporaryDirectory()
        self._log_path = Path(self._folder.name) / "log"
        arguments = (far, self._log_path, settings, ServerSettings(**{**many, **server_settings}), prepare)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        far.close()
        self.port: int = self._receive()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()  # ends the process
        self._process.join(DEADLINE_S)
        self._process.kill()
        self._process.join()
        self._folder.cleanup()

    def url(self, host: str = "127.0.0.1", path: str = "/") -> str:
        """The address for a client."""
        return f"ws://{host}:{self.port}{path}"

    def ask(self, what: str) -> Any:
        """Returns the server's answer. what: a key of ANSWERS."""
        with self._lock:  # each caller must get its own answer
            self._pipe.send(what)
            return self._receive()

    def log(self) -> list[LogLine]:
        """All lines that the server has logged."""
        return read_log(self._log_path)

    def _receive(self) -> Any:
        if not self._pipe.poll(3 * DEADLINE_S):
            raise RuntimeError("the server's process does not answer")
        return self._pipe.recv()


class _Inside:
    """Answers questions in the server's process."""

    def __init__(self, server: GameServer, log: Path) -> None:
        self.server = server
        self.most_waiting_bytes = 0
        handler = log_to(log)
        for name in ("Net", "gameserver"):
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger("Net.port.listener").setLevel(logging.DEBUG)  # says why connections end
        threading.Thread(target=self._watch_outboxes, name="watcher", daemon=True).start()

    def _watch_outboxes(self) -> None:
        while True:
            time.sleep(0.1)
            websockets = self.server.listener.websockets()
            waiting = max((websocket.outbox.waiting_bytes for websocket in websockets), default=0)
            self.most_waiting_bytes = max(self.most_waiting_bytes, waiting)

    def census(self) -> Census:
        for _ in range(3):
            gc.collect()
        kinds = collections.Counter(type(thing) for thing in gc.get_objects())
        ours = {
            kind.__qualname__: count
            for kind, count in kinds.items()
            if str(kind.__module__).split(".")[0] in ("Net", "gameserver") and kind not in _NOT_COUNTED
        }
        resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
        files = len(os.listdir("/proc/self/fd"))
        blocks = sys.getallocatedblocks()
        return Census(threading.active_count(), files, resident_pages * _PAGE_BYTES, blocks, ours)

    def held_locks(self) -> list[str]:
        """The names of the locks that stay held for two seconds."""
        server = self.server
        locks = {"lobby": server.lobby.lock, "listener": server.listener.lock}
        for room in server.lobby.all_rooms():
            locks.update({f"room {room.id}": room.lock, f"game {room.id}": room.game.lock})
        for client in server.lobby.clients():
            locks[f"websocket {client.websocket.address}"] = client.websocket.outbox.lock
        return [name for name, lock in locks.items() if not _can_take(lock)]

    def threads(self) -> list[str]:
        return [thread.name for thread in threading.enumerate()]


def _can_take(lock: Any) -> bool:
    is_taken = lock.acquire(timeout=2.0)
    if is_taken:
        lock.release()
    return bool(is_taken)


ANSWERS: dict[str, Callable[[_Inside], Any]] = {
    "census": _Inside.census,
    "held locks": _Inside.held_locks,
    "threads": _Inside.threads,
    "connections": lambda inside: inside.server.listener.connections(),
    "players": lambda inside: len(inside.server.lobby.players),
    "most waiting bytes": lambda inside: inside.most_waiting_bytes,
    "describe": lambda inside: inside.server.describe(),
    # `faults` puts the injector there.
    "injected": lambda inside: inside.server.injected.count,  # type: ignore[attr-defined]
    "stop injecting": lambda inside: setattr(inside.server.injected, "is_on", False),  # type: ignore[attr-defined]
}


def _serve(
    pipe: Connection,
    log: Path,
    settings: GameSettings,
    server_settings: ServerSettings,
    prepare: Callable[[GameServer], None] | None,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    server = GameServer(server_settings, settings)
    inside = _Inside(server, log)
    if prepare is not None:
        prepare(server)
    scheduling.let_threads_finish()
    _, port = server.listen("0.0.0.0", 0)
    serving = threading.Thread(target=server.serve, name="accept loop")
    with server.faults.watching():
        serving.start()
        pipe.send(port)
        try:
            while True:
                pipe.send(ANSWERS[pipe.recv()](inside))
        except EOFError:
            pass  # the other end is closed: this process must end
        server.stop()
        serving.join()
