"""The addresses of the operators: from these, the console can be reached in spite of full limits and bans.

In:  the address of each operator, from login to logout. Out: whether an address belongs to an operator.
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
# After an operator's connection is lost, its address still counts as an operator's for this time. It is long enough to
# find the token and open the console again.
REMEMBERED_S = 600.0


class Operators:
    """The addresses of a server's operators. Any thread may call it. clock: seconds, never going back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._present: Counter[str] = Counter()
        self._left_at_s: dict[str, float] = {}

    @contextlib.contextmanager
    def present(self, host: str) -> Iterator[None]:
        """Counts an operator that is logged in from an address, until the `with` block ends."""
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
        """Whether an operator is logged in from an address, or was in the last REMEMBERED_S seconds."""
        with self._lock:
            now_s = self._clock()
            self._left_at_s = {host: at_s for host, at_s in self._left_at_s.items() if now_s - at_s < REMEMBERED_S}
            return host in self._present or host in self._left_at_s


def is_loopback(host: str) -> bool:
    """Whether an address is a loopback address, with which a machine reaches itself."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False  # no IP address: the connection does not use a network


def is_for_console(path: str) -> bool:
    """Whether a path belongs to the console: the console, its page, or a file that the page loads."""
    return path == CONSOLE or path.startswith(CONSOLE_FILES)
