"""Flow control by delivery acknowledgements: a PING follows a STATE, and its PONG acknowledges that both were read.

TCP cannot do this: it acknowledges bytes that are still unread in the peer's kernel, which can hold many seconds of
snapshots.
In:  the times of PINGs, and whether each was answered. Out: when to send a PING, and whether a STATE may be sent.

A client that answers in time gets a STATE every tick, and a PING every two seconds. A client that answers too late is
behind: it gets no STATE until the answer comes. Then it gets a single STATE with a PING after it, and again no STATE
until the answer. Each answer in time lengthens the interval in which the client gets STATEs before the next PING, until
the client is trusted again. So the unread bytes are never much more than a slow client reads in half a second, or a
single STATE.
"""

from __future__ import annotations

import math

# An answer may take this much longer than the shortest round trip: a short network delay is not slow reading.
PATIENCE_S = 0.5
# The assumed shortest round trip until one has been measured: that of a bad mobile network.
UNKNOWN_ROUND_TRIP_S = 0.5
# Intervals from an answer to the next PING; an interval of 0 means a single STATE. The first interval after 0; the
# interval from which on STATEs go out while an answer is awaited; the longest interval.
FIRST_STEP_S = 0.05
TRUSTED_FROM_S = 1.0
LONGEST_INTERVAL_S = 2.0
# Nearly every answer has come by then. A caller that looks again later than that was itself delayed. The additional
# time does not count, because the answer may be waiting for this process.
LOOK_AFTER_S = 0.25
# A client that reads 1 kB/s needs half a minute for the bytes that were sent before its speed was known.
LOST_AFTER_S = 60.0


class FlowControl:
    """The delivery acknowledgements of one client. Times: time.monotonic(), or any clock that only goes forward.

    is_due: a PING should follow the next STATE. is_behind: no STATE should be sent now.
    look_at_s: the time of the next useful call of `look`; an earlier call changes nothing.
    """

    __slots__ = (
        "_interval_s",
        "_is_waiting",
        "_looked_at_s",
        "_round_trip_s",
        "_waited_s",
        "is_behind",
        "is_due",
        "look_at_s",
    )

    def __init__(self) -> None:
        self.is_due = True
        self.is_behind = False
        self.look_at_s = math.inf
        self._is_waiting = False  # for an answer
        self._waited_s = self._looked_at_s = 0.0
        self._interval_s = TRUSTED_FROM_S
        self._round_trip_s = UNKNOWN_ROUND_TRIP_S  # the shortest one measured

    def ask(self, now_s: float) -> None:
        """Notes that a PING is sent now, directly after a STATE."""
        self._is_waiting = True
        self._waited_s, self._looked_at_s = 0.0, now_s
        self.is_due = False
        self.is_behind = self._interval_s < TRUSTED_FROM_S
        self.look_at_s = now_s if self.is_behind else now_s + LOOK_AFTER_S

    def look(self, is_answered: bool, now_s: float) -> None:
        """Updates the state after an answer, or after a wait without an answer, or when the next PING is due."""
        if not self._is_waiting:
            self.is_due, self.look_at_s = True, math.inf
            return
        self._waited_s += min(now_s - self._looked_at_s, LOOK_AFTER_S)
        self._looked_at_s = now_s
        if is_answered:
            self._take_answer(now_s)
        elif self._is_late():
            self.is_behind = True

    def is_lost(self) -> bool:
        """Whether the client has left a PING unanswered for so long that no answer can be expected."""
        return self._is_waiting and self._waited_s > LOST_AFTER_S

    def _is_late(self) -> bool:
        """Whether the answer took, or already takes, longer than the network explains."""
        return self._waited_s > self._round_trip_s + PATIENCE_S

    def _take_answer(self, now_s: float) -> None:
        # Only events came before a single STATE, so a longer wait may mean a longer round trip. But the events took
        # time too, so the round trip may at most double.
        at_most_s = self._round_trip_s * (2 if self._interval_s == 0.0 else 1)
        self._round_trip_s = min(self._waited_s, at_most_s)
        longer_s = min(max(2 * self._interval_s, FIRST_STEP_S), LONGEST_INTERVAL_S)
        self._interval_s = 0.0 if self._is_late() else longer_s
        self._is_waiting = self.is_behind = False
        self.is_due = self._interval_s == 0.0
        self.look_at_s = now_s + self._interval_s
