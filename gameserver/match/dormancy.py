"""When a room is dormant: no client has done anything for a while, and nothing happens in its game.

In:  activity, from any thread; the state of the game, once a tick, from the room's own thread. Out: whether the room is
dormant, and how many ticks have passed since the last tick.

A dormant room ticks twice a second. Its world stands still, the clocks of its match go on, and its clients get a STATE
with each tick. The first activity wakes the room, and the next tick comes at once.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from gameserver.base_game import BaseGame
from gameserver.match.tick_clock import TickClock

# The time between two ticks of a dormant room. A page counts at most 20 steps after the last STATE. With a longer rest
# and a long round trip, the page would lose count of the steps before its first input.
REST_S = 0.5
# The most time that one tick makes up for. The clock may jump further than this, for example after a sleep of the
# machine; the rest of such a jump does not count.
MOST_RESTED_S = 3.0


class Dormancy:
    """The dormancy of one room.

    after_s: the time without activity after which the room becomes dormant. now: seconds, never going back.
    """

    def __init__(
        self, game: BaseGame, clock: TickClock, after_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.is_dormant = False
        self._game = game
        self._clock = clock
        self._after_s = after_s
        self._now = now
        self._has_been_active = False
        self._active_at_s = now()
        self._stillness_before: Any = None  # of the game, at the last check
        self._counted_to_s = 0.0  # the moment up to which a dormant room has counted its ticks

    def note_activity(self) -> None:
        """Notes that a client has done something. Each input calls it, so it is cheap while the room is awake."""
        self._has_been_active = True
        if self.is_dormant:
            self._clock.wake()

    def rested_ticks(self) -> int:
        """Returns how many ticks the world has rested since the last call. Call it at the start of a tick.

        In the tick that wakes a room, the result does not count the tick itself, because the world moves in it.
        """
        now_s = self._now()
        if self._has_been_active:
            self._has_been_active, self._active_at_s = False, now_s
            if not self.is_dormant:
                return 0
            self.is_dormant = False
            return max(0, self._count_rested(now_s) - 1)
        return self._count_rested(now_s) if self.is_dormant else 0

    def consider(self) -> None:
        """Makes the room dormant, or keeps it so, if the conditions are met. Call it at the end of a tick."""
        now_s = self._now()
        if not self.is_dormant:
            if now_s - self._active_at_s < self._after_s or not self._clock.is_running or not self._is_still():
                return
            self._counted_to_s = now_s
            self.is_dormant = True
        self._clock.rest(REST_S)
        if self._has_been_active:  # activity since the start of this tick, before the rest began
            self._clock.wake()

    def _is_still(self) -> bool:
        """Whether nothing has happened in the game since the last call."""
        with self._game.lock:
            before, self._stillness_before = self._stillness_before, self._game.stillness()
        return before is not None and before == self._stillness_before

    def _count_rested(self, now_s: float) -> int:
        rate = self._clock.rate
        ticks = round((now_s - self._counted_to_s) * rate)
        self._counted_to_s += ticks / rate
        return min(ticks, round(MOST_RESTED_S * rate))
