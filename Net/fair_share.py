"""Fair shares: a limit on the server's time that one peer may take, and the cost for a peer that takes more.

Python runs one thread at a time. A peer that sends faster than its game needs would keep its reader thread busy, and
every other thread, including the tick threads of the rooms, would wait. So each connection has an allowance of frames:

    balance above 0            the peer is served at once
    balance below 0            its reader takes turns with those of all other greedy peers
    balance far below 0        the connection is closed with 1008

All greedy peers together get at most a third of a core. Their turns come one after the other. Between two turns there
is a pause, twice as long as the work of the turn before.
"""

from __future__ import annotations

import threading
import time
from typing import Callable

from Net.close_codes import CloseCode
from Net.errors import ProtocolError
from Net.limits import Limits

# The work of one turn, in seconds of processor time: so short that a due tick does not have to wait for the turn's end.
TURN_S = 0.0005
# A pause lasts this many times as long as the work before it.
PAUSE_FACTOR = 2
LONGEST_PAUSE_S = 0.05
# Messages of the largest size and in the most fragments that a peer may send at once without being closed.
LARGEST_MESSAGES = 8


class Turns:
    """The turns of all greedy peers of one server; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_over = False

    def wait(self, work_s: float) -> None:
        """Waits for a turn. work_s: the work of the caller's turn before, in seconds of processor time."""
        with self._lock:
            if not self._is_over:
                time.sleep(min(PAUSE_FACTOR * work_s, LONGEST_PAUSE_S))

    def end(self) -> None:
        """Ends all waiting for turns: the server stops, and all connections are aborted."""
        self._is_over = True


class Share:
    """The share of one connection; only the connection's own thread uses it.

    limits: of the path. turns: of the server. clock: seconds that never go back. work_clock: the processor time of the
    calling thread, in seconds.
    """

    def __init__(
        self,
        limits: Limits,
        turns: Turns,
        clock: Callable[[], float] = time.monotonic,
        work_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._limits = limits
        self._turns = turns
        self._clock = clock
        self._work_clock = work_clock
        self._balance = float(limits.burst_frames)
        self._refilled_at_s = clock()
        self._turn_at_s = 0.0  # the work clock at the last turn
        # A peer may always send one message that has the full length and the full number of fragments of the limits.
        largest_message = limits.fragments + limits.message_bytes / limits.bytes_per_frame
        self._least_balance = -(limits.flood_frames + LARGEST_MESSAGES * largest_message)

    @property
    def is_spent(self) -> bool:
        """Whether the peer has used up its allowance, as of the last frame."""
        return self._balance < 0

    def exhaust(self) -> None:
        """Uses up the burst: after this call the peer has only its steady rate."""
        self._balance = min(self._balance, 0.0)

    def is_spent_by(self, frames: float) -> bool:
        """Charges the peer; returns whether the peer has used up its allowance and must wait for a turn.

        frames: the cost, in frames. Raises ProtocolError 1008 for a flood.
        """
        if self._balance < frames:
            self._refill()
        self._balance -= frames
        if self._balance < self._least_balance:
            raise ProtocolError(
                CloseCode.POLICY_VIOLATION, f"too many frames: {self._limits.frames_per_s:g} a second may come", "7.4.1"
            )
        return self.is_spent

    def wait_for_turn(self) -> bool:
        """Waits for a turn if the work since the last turn is at least `TURN_S`; returns whether it has waited."""
        work_s = self._work_clock() - self._turn_at_s
        if work_s < TURN_S:
            return False
        self._turns.wait(work_s)
        self._turn_at_s = self._work_clock()
        return True

    def _refill(self) -> None:
        now_s = self._clock()
        gained = (now_s - self._refilled_at_s) * self._limits.frames_per_s
        self._balance = min(self._balance + gained, float(self._limits.burst_frames))
        self._refilled_at_s = now_s
