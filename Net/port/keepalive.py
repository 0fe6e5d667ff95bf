"""The keepalive thread: one thread flushes, pings and drops the connections of a port, about once a second.

In:  the open WebSockets, and the application's own time-outs. Out: nothing.
A fault of ours is logged. It ends neither the thread nor the turn of the other connections.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Iterable

from Net.port import threads
from Net.websocket import WebSocket

KEEPALIVE_EVERY_S = 1.0


class Keepalive:
    """The thread and its end.

    websockets: returns the connections that are open now. application: called with time.monotonic() after each round.
    """

    def __init__(
        self, websockets: Callable[[], Iterable[WebSocket]], application: Callable[[float], None] | None
    ) -> None:
        self._websockets = websockets
        self._application = application
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepalive", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and joins it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(KEEPALIVE_EVERY_S):
            now_s = time.monotonic()
            for websocket in self._websockets():
                with threads.surviving(websocket.address):
                    websocket.keep_alive(now_s)
            if self._application is not None:
                with threads.surviving("the keepalive of the application"):
                    self._application(now_s)
