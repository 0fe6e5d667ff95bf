"""Waits for the end of all rounds before the server stops.

In:  `begin`, from a signal handler. Out: no new players may join, and no new round starts. When the last round has
ended and its results have been shown, or when the time limit is over, the server stops.
"""

from __future__ import annotations

import threading
import time

from gameserver.match.phases import WAITING
from gameserver.server import GameServer
from Net.errors import HandshakeError
from Net.PacketCodes import Packet
from Net.port.http import Page

CLOSED_BECAUSE = "the server is about to stop, and lets nobody in any more"
_LOOK_EVERY_S = 0.1


class Drain:
    """The planned end of a server. limit_s: the longest wait for the end of the rounds, in seconds."""

    def __init__(self, server: GameServer, limit_s: float) -> None:
        self._server = server
        self._limit_s = limit_s
        self._begun = threading.Event()
        self._over = threading.Event()
        # The thread starts early and waits. A signal handler may have interrupted any code, so it must start no thread.
        self._thread = threading.Thread(target=self._run, name="drain", daemon=True)

    def start(self) -> None:
        """Starts the thread that waits for `begin`."""
        self._thread.start()

    def begin(self) -> None:
        """Begins the drain. It takes no lock that the interrupted thread could hold."""
        self._server.lobby.close(CLOSED_BECAUSE)
        self._begun.set()

    def end_server(self) -> None:
        """Begins the drain, or stops the server at once if the limit is 0. A signal handler may call it."""
        if self._limit_s > 0:
            self.begin()
        else:
            self._server.stop()

    def stop(self) -> None:
        """Ends the thread, whether the drain has begun or not."""
        self._over.set()
        self._begun.set()
        self._thread.join()

    def _run(self) -> None:
        self._begun.wait()
        if self._over.is_set():
            return
        self._server.add_page("/rooms.json", _closed)
        for room in self._server.lobby.all_rooms():
            room.rounds.start_no_more()
            room.broadcast(Packet("NOTICE", ("the server stops after this round",)))
        deadline_s = time.monotonic() + self._limit_s
        while time.monotonic() < deadline_s and self._is_anything_on() and not self._over.wait(_LOOK_EVERY_S):
            pass
        self._server.stop()

    def _is_anything_on(self) -> bool:
        """Whether a round is in progress, or its results are being shown."""
        return any(room.status != WAITING for room in self._server.lobby.all_rooms())


def _closed() -> Page:
    """Answers 503, so that load balancers and monitors send players to another server."""
    raise HandshakeError(503, CLOSED_BECAUSE, "RFC 9110 section 15.6.4", (("Retry-After", "10"),))
