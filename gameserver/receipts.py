"""Whether a client reads what it is sent: a PING rides behind a STATE, and its PONG says that both have been read.

TCP cannot tell: it acknowledges what lies unread in the peer's kernel, where many seconds of snapshots find room.
In:  when a question went out, and whether it has been answered. Out: when to ask, and whether a STATE may be sent.

Who answers in time gets a STATE every tick, and is asked every two seconds. Who does not is behind: it gets none until
the answer comes, then a single one with a question behind it, and again none until the answer. Each answer in time
lengthens the time for which it gets STATEs before the next question, until it is trusted again. So what lies unread is
never much more than a slow reader reads in half a second, or a single STATE.
"""

from __future__ import annotations

import math

# How much longer than its shortest round trip an answer may take: a moment's trouble on the road is no slow reading.
PATIENCE_S = 0.5
# What the shortest round trip counts as until it is known: that of a bad mobile network.
UNKNOWN_ROUND_TRIP_S = 0.5
# From an answer to the next question. What follows on 0, a single STATE; from when on STATEs go out while the answer is
# awaited; the longest.
FIRST_STEP_S = 0.05
TRUSTED_FROM_S = 1.0
LONGEST_INTERVAL_S = 2.0
# Nearly every answer has come by then; and who looks again only later than that was held up itself: what is more does
# not count, for the answer too may wait for us.
LOOK_AFTER_S = 0.25
# What was sent before we knew that somebody reads 1 kB/s takes it half a minute.
LOST_AFTER_S = 60.0


class Receipts:
    """What one client has confirmed. Times: time.monotonic(), or any clock that only goes forward.

    is_due: a question should go out behind the next STATE. is_behind: no STATE should go out now.
    look_at_s: when `look` has something to find out; before that, calling it is a waste.
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
        self._round_trip_s = UNKNOWN_ROUND_TRIP_S  # the shortest

    def ask(self, now_s: float) -> None:
        """Notes that a question goes out, right behind a STATE."""
        self._is_waiting = True
        self._waited_s, self._looked_at_s = 0.0, now_s
        self.is_due = False
        self.is_behind = self._interval_s < TRUSTED_FROM_S
        self.look_at_s = now_s if self.is_behind else now_s + LOOK_AFTER_S

    def look(self, is_answered: bool, now_s: float) -> None:
        """Finds out what follows from the answer, or its absence; or that it is time for the next question."""
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
        """Whether the client has left a question unanswered for so long that no answer is to be expected."""
        return self._is_waiting and self._waited_s > LOST_AFTER_S

    def _is_late(self) -> bool:
        """Whether the answer has taken, or takes, longer than the road explains."""
        return self._waited_s > self._round_trip_s + PATIENCE_S

    def _take_answer(self, now_s: float) -> None:
        # In front of a single STATE were events alone: the road may have become longer, but they have taken time, too.
        at_most_s = self._round_trip_s * (2 if self._interval_s == 0.0 else 1)
        self._round_trip_s = min(self._waited_s, at_most_s)
        longer_s = min(max(2 * self._interval_s, FIRST_STEP_S), LONGEST_INTERVAL_S)
        self._interval_s = 0.0 if self._is_late() else longer_s
        self._is_waiting = self.is_behind = False
        self.is_due = self._interval_s == 0.0
        self.look_at_s = now_s + self._interval_s
