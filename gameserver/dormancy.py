"""When a room rests: nobody in it has done anything for a while, and nobody is on the way anywhere.

In:  activity, from any thread; once a tick, from the room's own, the state of its game. Out: whether the room is
dormant, and how many ticks have passed since the last one.

A dormant room ticks twice a second. Its world stands still, the clocks of its match go on, and its clients get a STATE
with each tick. The first activity ends that, with a tick at once.
"""

from __future__ import annotations

import time
from typing import Callable

from gameserver.game import Game
from gameserver.pace import Pace

# From one tick of a dormant room to the next. A page counts no more than 20 steps beyond the last STATE: with a longer
# rest, and a long round trip, it would lose count of them before its first input.
REST_S = 0.5
# A clock that has jumped further than this, as after a sleep of the machine, is not followed.
MOST_RESTED_S = 3.0


class Dormancy:
    """The rest of one room. after_s: how long nobody must have done anything. clock: seconds, never going back."""

    def __init__(self, game: Game, pace: Pace, after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_dormant = False
        self._game = game
        self._pace = pace
        self._after_s = after_s
        self._clock = clock
        self._has_been_active = False
        self._active_at_s = clock()
        self._places_before: list[tuple[float, float]] | None = None  # of the players
        self._counted_to_s = 0.0  # the moment up to which a dormant room has counted its ticks

    def note_activity(self) -> None:
        """Somebody has done something; called for each input, so it does nearly nothing while the room is awake."""
        self._has_been_active = True
        if self.is_dormant:
            self._pace.wake()

    def rested_ticks(self) -> int:
        """To be called at the start of a tick: how many ticks the world has rested since the last call.

        A room that must be awake from this tick on has rested until now, and then takes the tick itself.
        """
        now_s = self._clock()
        if self._has_been_active:
            self._has_been_active, self._active_at_s = False, now_s
            if not self.is_dormant:
                return 0
            self.is_dormant = False
            return max(0, self._count_rested(now_s) - 1)
        return self._count_rested(now_s) if self.is_dormant else 0

    def consider(self) -> None:
        """To be called at the end of a tick: lets the room rest from now on, if it may."""
        now_s = self._clock()
        if not self.is_dormant:
            if now_s - self._active_at_s < self._after_s or not self._pace.is_running or not self._is_still():
                return
            self._counted_to_s = now_s
            self.is_dormant = True
        self._pace.rest(REST_S)
        if self._has_been_active:  # since the start of this tick, while we were not resting yet
            self._pace.wake()

    def _is_still(self) -> bool:
        """Whether nobody attacks, nothing flies, and no player has moved since this was last asked."""
        game = self._game
        with game.lock:
            if game.projectiles or any(player.attacking for player in game.players.values()):
                return False
            places = [(player.x, player.y) for player in game.players.values() if player.alive]
        places_before, self._places_before = self._places_before, places
        return places == places_before

    def _count_rested(self, now_s: float) -> int:
        rate = self._pace.rate
        ticks = round((now_s - self._counted_to_s) * rate)
        self._counted_to_s += ticks / rate
        return min(ticks, round(MOST_RESTED_S * rate))
