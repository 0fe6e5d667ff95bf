"""Who watches the clock: a player who waits for each STATE, and a thread that only sleeps, for comparison."""

from __future__ import annotations

import threading
import time

from Net.client import connect
from Net.errors import ConnectionClosed
from tests.support import Player

_NAP_S = 0.01


class Bystander:
    """Joins a room of its own name, and reads in a thread of its own until the connection ends or `stop`."""

    def __init__(self, url: str, room: str, tick_rate: float) -> None:
        self.waits_s: list[float] = []
        self.packet_ids: list[str] = []
        self._period_s = 1 / tick_rate
        self._player = Player(connect(url))
        self._player.join("bystander", room=room)
        self._thread = threading.Thread(target=self._watch, name="bystander", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it, if the server has not."""
        self._player.websocket.abort("the test is over")
        self._thread.join()
        self._player.hang_up()

    def missed_in_a_row(self) -> int:
        """The most ticks that did not come in a row, by the clock: a server that stalls skips none by their numbers."""
        return max(0, round(max(self.waits_s, default=0.0) / self._period_s) - 1)

    def _watch(self) -> None:
        last_s = time.monotonic()
        while True:
            try:
                packet = self._player.receive()
            except ConnectionClosed:
                return
            if packet.id == "STATE":
                now_s = time.monotonic()
                self.waits_s.append(now_s - last_s)
                last_s = now_s
            else:
                self.packet_ids.append(packet.id)


class Sleeper:
    """How late a thread of this process wakes up when nobody hinders it but the machine itself."""

    def __init__(self) -> None:
        self.latest_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sleep, name="sleeper", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Ends it; returns the longest that it was late, in seconds."""
        self._stopping.set()
        self._thread.join()
        return self.latest_s

    def _sleep(self) -> None:
        while not self._stopping.is_set():
            due_s = time.monotonic() + _NAP_S
            time.sleep(_NAP_S)
            self.latest_s = max(self.latest_s, time.monotonic() - due_s)
