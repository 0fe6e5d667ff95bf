"""How a room's time runs: its tick thread, at what rate, and whether its world may move.

In:  what to call each tick; pauses, single steps and changes of the rate, from any thread.
Out: calls of `tick`, which asks `may_move`.
"""

from __future__ import annotations

import threading
from typing import Callable

from gameserver.ticker import Ticker


class Pace:
    """The time of one room. rate: ticks per second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.is_paused = False
        self._lock = threading.Lock()
        self._steps = 0  # ticks in which a paused world may still move
        self._is_awaited: Callable[[], bool] | None = None
        self._wait_ticks = 0
        self._ticker: Ticker | None = None
        self._is_running = False

    @property
    def is_running(self) -> bool:
        """Whether a tick thread was started, and is to go on."""
        return self._is_running

    def start(self, name: str, tick: Callable[[], None], give_up: Callable[[], None]) -> None:
        """Starts the tick thread, see `Ticker`; raises RuntimeError when the system has no thread left."""
        self._ticker = Ticker(name, self.rate, tick, give_up)
        self._ticker.start()
        self._is_running = True

    def ask_to_stop(self) -> None:
        """Lets the tick thread end soon, so that `stop` has less to wait for."""
        self._is_running = False
        if self._ticker is not None:
            self._ticker.ask_to_stop()

    def stop(self) -> None:
        """Ends the tick thread, and waits for it."""
        self._is_running = False
        if self._ticker is not None:
            self._ticker.stop()

    def change_rate(self, rate: float) -> None:
        """Ticks `rate` times a second from the next tick on."""
        self.rate = rate
        if self._ticker is not None:
            self._ticker.change_rate(rate)

    def rest(self, rest_s: float) -> None:
        """Puts off the next tick by `rest_s` seconds, or until `wake`; to be called by a tick only."""
        if self._ticker is not None:
            self._ticker.rest(rest_s)

    def wake(self) -> None:
        """Ends a rest: the next tick comes at once."""
        if self._ticker is not None:
            self._ticker.wake()

    def pause(self, is_paused: bool) -> None:
        """Lets the world and the life of the match stand still, or go on."""
        self.is_paused = is_paused

    def step(self) -> None:
        """Lets a paused world move for one tick."""
        with self._lock:
            self._steps += 1

    def wait_while(self, is_awaited: Callable[[], bool], at_most_s: float) -> None:
        """Lets the world stand still as long as something is awaited, but not for ever."""
        self._is_awaited, self._wait_ticks = is_awaited, round(at_most_s * self.rate)

    def may_move(self) -> bool:
        """Whether this tick moves the world; uses up one of a paused world's steps."""
        if self._is_awaited is not None:
            self._wait_ticks -= 1
            if self._wait_ticks >= 0 and self._is_awaited():
                return False
            self._is_awaited = None
        with self._lock:
            if not self.is_paused:
                return True
            self._steps -= 1
            may_move = self._steps >= 0
            self._steps = max(0, self._steps)
            return may_move

    def tick_times_ms(self) -> list[float]:
        """How long the last ticks took."""
        return self._ticker.durations_ms if self._ticker is not None else []

    def late_ticks(self) -> int:
        """How many ticks came too late."""
        return self._ticker.late_ticks if self._ticker is not None else 0
