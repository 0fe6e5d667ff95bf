"""Work in small slices, so that the game's own threads get Python's lock in time.

A thread that computes for longer than a few milliseconds without a pause makes the next tick late: see
`Net.scheduling`. So whoever looks on rests after each stretch of work.
"""

from __future__ import annotations

import time

# So much work at a stretch, in seconds, and so long a rest: whoever else wants to run does not wait longer.
STRETCH_S = 0.0005


class Breather:
    """Rests when the last rest was a stretch ago."""

    def __init__(self) -> None:
        self._rested_s = time.monotonic()

    def breathe(self) -> None:
        """To be called between any two small pieces of work."""
        if time.monotonic() - self._rested_s > STRETCH_S:
            time.sleep(STRETCH_S)
            self._rested_s = time.monotonic()
