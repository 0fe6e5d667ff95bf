"""Two witnesses of the time: a player that waits for each STATE, and a thread that only sleeps, for comparison."""

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
_LATE_FROM_S = 0.005  # a shorter delay is only the wait for another thread of the same CPU


class Bystander:
    """Joins the room, and reads in a thread of its own until the connection ends or `stop` is called."""

    def __init__(self, url: str, room: str) -> None:
        self.states_at_s: list[float] = []  # when each STATE came, as time.monotonic()
        self._player = Player(connect(url))
        self._player.join("bystander", room=room)
        self._thread = threading.Thread(target=self._watch, name="bystander", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the connection, if the server has not ended it."""
        self._player.websocket.abort("the test is over")
        self._thread.join()
        self._player.hang_up()

    def delivery(self, since_s: float, until_s: float) -> Delivery:
        """The delivery of STATEs between these moments (time.monotonic())."""
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
    """Measures how late the machine wakes up an idle thread of this process. cpus: the CPUs that it may use."""

    def __init__(self, cpus: machine.Cpus = ()) -> None:
        self._cpus = cpus
        self._late: list[tuple[float, float]] = []  # when it woke up, by how much too late; in seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sleep, name="sleeper", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Ends the thread; returns its longest delay in seconds."""
        self._stopping.set()
        self._thread.join()
        return max((late_s for _, late_s in self._late), default=0.0)

    def late_s(self, since_s: float, until_s: float) -> float:
        """The sum of its delays between these moments (time.monotonic()), in seconds."""
        first = bisect.bisect_left(self._late, (since_s, 0.0))
        last = bisect.bisect_left(self._late, (until_s + _NAP_S, 0.0))  # it may notice a delay later than other threads
        return sum(late_s for _, late_s in self._late[first:last])

    def _sleep(self) -> None:
        machine.pin(self._cpus)
        while not self._stopping.is_set():
            due_s = time.monotonic() + _NAP_S
            time.sleep(_NAP_S)
            now_s = time.monotonic()
            if now_s - due_s > _LATE_FROM_S:
                self._late.append((now_s, now_s - due_s))
