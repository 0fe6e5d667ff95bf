"""A few places beyond all limits, so that the operator can always reach the console.

In:  the address of a connection that would be refused; later its request, with the client's address and the path.
Out: whether the connection gets a place, and whether it may keep the place. The application decides who gets one.
"""

from __future__ import annotations

import threading
from typing import Callable

from Net.handshake import Request
from Net.port.proxy import Caller

# Two consoles, with a browser that loads the page's files for each; browsers open six connections at once.
PLACES = 16
# A proxy connects for many clients, and only the request names the client. The proxy must not use up all places.
PLACES_OF_PROXIES = PLACES // 2


class Reserve:
    """The reserved places. Any thread may call the methods.

    is_for: returns whether a client at an address (host) may use them. is_covered: returns whether they are for a path.
    """

    def __init__(self, is_for: Callable[[str], bool], is_covered: Callable[[str], bool]) -> None:
        self._is_for = is_for
        self._is_covered = is_covered
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, host: str, is_proxy: bool = False) -> bool:
        """Takes a place until `give_back`, and returns whether there was one. The request has not arrived yet."""
        if not (is_proxy or self._is_for(host)):
            return False
        with self._lock:
            if self._taken >= (PLACES_OF_PROXIES if is_proxy else PLACES):
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """Makes a place free again."""
        with self._lock:
            self._taken -= 1

    def admits(self, caller: Caller, request: Request) -> bool:
        """Returns whether the server may answer this request on a reserved place."""
        return self._is_for(caller.address.host) and self.covers(request.path)

    def covers(self, path: str) -> bool:
        """Returns whether the reserve is for this path."""
        return self._is_covered(path)


NO_RESERVE = Reserve(lambda _host: False, lambda _path: False)
