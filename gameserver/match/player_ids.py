"""Ids for players. They are small numbers, because STATE holds the id of every player that changes in view.

MessagePack writes an id up to 127 in one byte, an id up to 255 in two, and a larger id in three. So the id of a player
that has left is given out again, the smallest id first. But the id rests before that: otherwise other players might
take a newcomer for the player that just left.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from typing import Callable, Iterable

REST_S = 60.0


class PlayerIds:
    """Gives out ids from 1. taken: the ids that are already in use. clock: seconds, never going back."""

    def __init__(self, taken: Iterable[int] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        in_use = set(taken)
        self._highest = max(in_use, default=0)
        self._free = [number for number in range(1, self._highest) if number not in in_use]  # a heap
        self._resting: deque[tuple[float, int]] = deque()  # end of the rest and id, in this order of time

    def take(self) -> int:
        """Returns an id that no player has, and that no player had in the last REST_S seconds."""
        now_s = self._clock()
        while self._resting and self._resting[0][0] <= now_s:
            heapq.heappush(self._free, self._resting.popleft()[1])
        if self._free:
            return heapq.heappop(self._free)
        self._highest += 1
        return self._highest

    def give_back(self, player_id: int) -> None:
        """Frees the id of a player that does not need it any more."""
        self._resting.append((self._clock() + REST_S, player_id))
