"""The tapes of all connections: those that are open, and the last ones that have ended.

In:  each new connection, from the listener (`Archive.make_tap`). Out: the tapes, for the viewers of /inspect.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from typing import Iterable

from gameserver.classroom.inspect.tape import TAPE_BYTES, Tape
from Net.address import Address

ENDED_KEPT = 20
# For the tapes of all open connections together. With more connections, each tape is shorter.
OPEN_BYTES = 32 * 2**20


class Archive:
    """All tapes. ignored: paths of WebSockets that are not recorded, such as those that carry the operator's token."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[Address, Tape] = {}
        self._ended: deque[Tape] = deque(maxlen=ENDED_KEPT)
        self._limit_bytes = TAPE_BYTES  # of each open tape

    def make_tap(self, address: Address) -> Tape:
        """Returns the tape of a new connection."""
        tape = Tape(next(self._numbers), address, self._ignored, self._finish)
        with self._lock:
            self._open[address] = tape
            limit_bytes = _tape_bytes(len(self._open))
            for other in self._open.values() if limit_bytes < self._limit_bytes else (tape,):
                other.shorten(limit_bytes)
            self._limit_bytes = limit_bytes
        return tape

    def tapes(self) -> list[Tape]:
        """Returns the tapes of connections that have asked for a WebSocket and got an answer, the oldest first."""
        with self._lock:
            everything = [*self._ended, *self._open.values()]
        return sorted(filter(_is_of_interest, everything), key=lambda tape: tape.number)

    def of_address(self, address: Address) -> Tape | None:
        """Returns the tape of an open connection, also of an ignored one."""
        with self._lock:
            return self._open.get(address)

    def _finish(self, tape: Tape) -> None:
        with self._lock:
            self._open.pop(tape.address, None)
            if _is_of_interest(tape):
                self._ended.append(tape)


def _tape_bytes(count: int) -> int:
    """Returns how long each of `count` tapes may be. It changes at few counts, because a change visits all tapes."""
    limit_bytes = TAPE_BYTES
    while count * limit_bytes > OPEN_BYTES:
        limit_bytes //= 2
    return limit_bytes


def _is_of_interest(tape: Tape) -> bool:
    return tape.is_answered and not tape.is_ignored
