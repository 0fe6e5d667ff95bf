"""Who watches the clock: a player who waits for each STATE, and a thread that only sleeps, for comparison."""

from __future__ import annotations

import bisect
import threading
import time

from Net.client import connect
from Net.errors import ConnectionClosed
from tests.benchmarks import machine
from tests.delivery import Delivery, delivery
from tests.support import Player

_NAP_S = 0.01
_LATE_FROM_S = 0.005  # a moment's waiting for others on the same CPU is not the machine's fault


class Bystander:
    """Joins a room of its own name, and reads in a thread of its own until the connection ends or `stop`."""

    def __init__(self, url: str, room: str) -> None:
        self.states_at_s: list[float] = []  # when each STATE came, as time.monotonic()
        self._player = Player(connect(url))
        self._player.join("bystander", room=room)
        self._thread = threading.Thread(target=self._watch, name="bystander", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it, if the server has not."""
        self._player.websocket.abort("the test is over")
        self._thread.join()
        self._player.hang_up()

    def delivery(self, since_s: float, until_s: float) -> Delivery:
        """How steadily STATEs came in that time (time.monotonic())."""
        return delivery(self.states_at_s, since_s, until_s)

    def _watch(self) -> None:
        while True:
            try:
                packet = self._player.receive()
            except ConnectionClosed:
                return
            if packet.id == "STATE":
                self.states_at_s.append(time.monotonic())


class Sleeper:
    """How late a thread of this process wakes up when nobody hinders it but the machine itself. cpus: it may use."""

    def __init__(self, cpus: machine.Cpus = ()) -> None:
        self._cpus = cpus
        self._late: list[tuple[float, float]] = []  # when it woke up, by how much too late; in seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sleep, name="sleeper", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Ends it; returns the longest that it was late, in seconds."""
        self._stopping.set()
        self._thread.join()
        return max((late_s for _, late_s in self._late), default=0.0)

    def late_s(self, since_s: float, until_s: float) -> float:
        """How much later it woke up in that time (time.monotonic()) than it wanted to, all told."""
        first = bisect.bisect_left(self._late, (since_s, 0.0))
        last = bisect.bisect_left(self._late, (until_s + _NAP_S, 0.0))  # it may notice a moment after others
        return sum(late_s for _, late_s in self._late[first:last])

    def _sleep(self) -> None:
        machine.pin(self._cpus)
        while not self._stopping.is_set():
            due_s = time.monotonic() + _NAP_S
            time.sleep(_NAP_S)
            now_s = time.monotonic()
            if now_s - due_s > _LATE_FROM_S:
                self._late.append((now_s, now_s - due_s))
