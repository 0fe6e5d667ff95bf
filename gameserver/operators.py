"""Where the operators are: their addresses keep a way to the console, whatever is full or banned.

In:  the address of each operator who logs in, for as long as it stays. Out: whether an address is one of theirs.
"""

from __future__ import annotations

import contextlib
import ipaddress
import threading
import time
from collections import Counter
from typing import Callable, Iterator

# The path of the console, and the folder of the files that its page loads.
CONSOLE, CONSOLE_FILES = "/admin", "/web/"
# An operator whose connection was lost may open the console again from the same address: long enough to find the token.
REMEMBERED_S = 600.0


class Operators:
    """The addresses of a server's operators; may be called from any thread. clock: seconds, never going back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._present: Counter[str] = Counter()
        self._left_at_s: dict[str, float] = {}

    @contextlib.contextmanager
    def present(self, host: str) -> Iterator[None]:
        """Counts an operator who is logged in from an address, until the block ends."""
        with self._lock:
            self._present[host] += 1
        try:
            yield
        finally:
            with self._lock:
                self._present[host] -= 1
                if not self._present[host]:
                    del self._present[host]
                self._left_at_s[host] = self._clock()

    def are_at(self, host: str) -> bool:
        """Whether an operator is logged in from an address, or was a moment ago."""
        with self._lock:
            now_s = self._clock()
            self._left_at_s = {host: at_s for host, at_s in self._left_at_s.items() if now_s - at_s < REMEMBERED_S}
            return host in self._present or host in self._left_at_s


def is_loopback(host: str) -> bool:
    """Whether an address is one by which a machine reaches itself."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False  # a connection that was never on a network


def is_for_console(path: str) -> bool:
    """Whether a path belongs to the console: the console, its page, or a file that the page loads."""
    return path == CONSOLE or path.startswith(CONSOLE_FILES)
