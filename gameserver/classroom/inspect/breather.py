"""Work in small slices, so that the game's own threads get Python's lock in time.

A thread that computes for longer than a few milliseconds without a pause makes the next tick late: see
`Net.scheduling`. So a viewer's thread rests after each stretch of work.
"""

from __future__ import annotations

import time

# The length of a stretch of work, and of the rest after it. No other thread waits longer than this for Python's lock.
STRETCH_S = 0.0005


class Breather:
    """Pauses a thread when its last pause was more than a stretch ago."""

    def __init__(self) -> None:
        self._rested_s = time.monotonic()

    def breathe(self) -> None:
        """Rests if it is time. The thread calls it between any two small pieces of work."""
        if time.monotonic() - self._rested_s > STRETCH_S:
            time.sleep(STRETCH_S)
            self._rested_s = time.monotonic()
