"""A thread that calls `tick` at fixed moments of the monotonic clock.

A missed moment is skipped: a world that runs faster after a stall is worse than a world that paused.
A tick may delay the next tick (`rest`); another thread can end the delay (`wake`).
After a tick that ended too late, the thread waits for a whole period. On a core with too little time for all its rooms,
ticks without a pause between them would leave no time to the threads that read (docs/performance.md).
A tick that raises is logged, and the next tick follows. After too many failed ticks in a row, the ticker logs that,
calls `give_up` and ends.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable

log = logging.getLogger(__name__)

# Failed ticks in a row: the ticks of one second at the default tick rate.
FAILURES_ALLOWED = 20
DURATIONS_KEPT = 100
# The longest sleep between two checks of `stop`. An Event is no alternative: a wait with a time-out makes a new lock
# each time, and without the GIL it first asks forty times in a row whether the lock is free (docs/performance.md).
_NAP_S = 0.05


class Ticker:
    """Calls `tick` `rate` times a second until `stop`. If `tick` fails too often, calls `give_up` once and ends."""

    def __init__(self, name: str, rate: float, tick: Callable[[], None], give_up: Callable[[], None]) -> None:
        self.late_ticks = 0
        self.durations_ms: list[float] = []  # the list is replaced, never changed: other threads read it
        self._name = name
        self._period_s = 1 / rate
        self._tick = tick
        self._give_up = give_up
        self._failures = 0  # in a row
        self._is_stopping = False
        self._rest_s = 0.0  # from the end of this tick to the next one, unless `wake` ends it; 0: no rest
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Asks the thread to end after its current tick or sleep."""
        self._is_stopping = True
        self._awake.set()

    def stop(self) -> None:
        """Ends the thread, and waits for its end unless it is the calling thread."""
        self.ask_to_stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def change_rate(self, rate: float) -> None:
        """Changes the tick rate to `rate` ticks per second, from the next tick on."""
        self._period_s = 1 / rate

    def rest(self, rest_s: float) -> None:
        """Delays the next tick by `rest_s` seconds, or until `wake`. Only a tick may call it."""
        self._awake.clear()
        self._rest_s = rest_s

    def wake(self) -> None:
        """Ends a delay by `rest`: the next tick comes at once. Any thread may call it."""
        self._awake.set()

    def _run(self) -> None:
        due_s = time.monotonic() + self._period_s
        while self._sleep_until(due_s):
            started_s = time.monotonic()
            self._tick_and_survive()
            due_s += self._period_s
            now_s = time.monotonic()
            self.durations_ms = [*self.durations_ms[1 - DURATIONS_KEPT :], 1000 * (now_s - started_s)]
            if now_s > due_s:
                self.late_ticks += 1
                due_s = now_s + self._period_s
            if self._rest_s > 0 and not self._is_stopping:
                self._awake.wait(self._rest_s)
                self._rest_s = 0.0
                due_s = time.monotonic()

    def _sleep_until(self, due_s: float) -> bool:
        """Waits for a moment of the monotonic clock and returns True; returns False if the ticker must stop."""
        while not self._is_stopping:
            left_s = due_s - time.monotonic()
            if left_s <= 0:
                return True
            time.sleep(min(left_s, _NAP_S))
        return False

    def _tick_and_survive(self) -> None:
        try:
            self._tick()
            self._failures = 0
        except Exception:
            self._failures += 1
            log.exception("%s: a tick failed", self._name)
            if self._failures > FAILURES_ALLOWED:
                log.error("%s: given up after %d failed ticks in a row", self._name, self._failures)
                self._is_stopping = True
                try:
                    self._give_up()
                except Exception:
                    log.exception("%s: giving up failed too", self._name)
