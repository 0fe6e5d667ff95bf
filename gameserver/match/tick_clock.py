"""The tick clock of a room: its tick thread, its tick rate, and whether its world is paused.

In:  the function to call each tick; pauses, single steps and changes of the tick rate, from any thread.
Out: calls of `tick`, which asks `may_move`.
"""

from __future__ import annotations

import threading
from typing import Callable

from gameserver.match.ticker import Ticker


class TickClock:
    """The tick clock of one room. rate: ticks per second."""

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
    def ticker(self) -> Ticker | None:
        """The tick thread; None before `start`."""
        return self._ticker

    @property
    def is_running(self) -> bool:
        """Whether a tick thread was started and has not been asked to stop."""
        return self._is_running

    def start(self, name: str, tick: Callable[[], None], give_up: Callable[[], None]) -> None:
        """Starts the tick thread (see `Ticker`); raises RuntimeError when the system has no thread left."""
        self._ticker = Ticker(name, self.rate, tick, give_up)
        self._ticker.start()
        self._is_running = True

    def ask_to_stop(self) -> None:
        """Asks the tick thread to end soon, so that `stop` waits for a shorter time."""
        self._is_running = False
        if self._ticker is not None:
            self._ticker.ask_to_stop()

    def stop(self) -> None:
        """Stops the tick thread and waits for its end."""
        self._is_running = False
        if self._ticker is not None:
            self._ticker.stop()

    def change_rate(self, rate: float) -> None:
        """Changes the tick rate to `rate` ticks per second, from the next tick on."""
        self.rate = rate
        if self._ticker is not None:
            self._ticker.change_rate(rate)

    def rest(self, rest_s: float) -> None:
        """Delays the next tick by `rest_s` seconds, or until `wake`. Only a tick may call it."""
        if self._ticker is not None:
            self._ticker.rest(rest_s)

    def wake(self) -> None:
        """Ends a delay by `rest`: the next tick comes at once."""
        if self._ticker is not None:
            self._ticker.wake()

    def pause(self, is_paused: bool) -> None:
        """Pauses the world and the phases of the match, or ends the pause."""
        self.is_paused = is_paused

    def step(self) -> None:
        """Allows a paused world to move for one more tick."""
        with self._lock:
            self._steps += 1

    def wait_while(self, is_awaited: Callable[[], bool], at_most_s: float) -> None:
        """Pauses the world while `is_awaited` returns True, but for at most `at_most_s` seconds."""
        self._is_awaited, self._wait_ticks = is_awaited, round(at_most_s * self.rate)

    def may_move(self) -> bool:
        """Returns whether this tick moves the world. In a paused world, uses up one of the steps that are left."""
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
        """Returns the durations of the last ticks in milliseconds."""
        return self._ticker.durations_ms if self._ticker is not None else []

    def late_ticks(self) -> int:
        """Returns the number of ticks that ended too late."""
        return self._ticker.late_ticks if self._ticker is not None else 0
