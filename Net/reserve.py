"""A few places beyond all limits, so that the operator can always reach the console.

In:  the address of a connection that would be refused; when its request has come, who sent it and what it asks for.
Out: whether it gets a place, and whether it may keep it. Who gets one is for the application to say.
"""

from __future__ import annotations

import threading
from typing import Callable

from Net.handshake import Request
from Net.proxy import Caller

# Two consoles, with a browser that loads the page's files for each; browsers open six connections at once.
PLACES = 16
# A proxy asks for everybody behind it, and only the request tells for whom. It must not use up all places.
PLACES_OF_PROXIES = PLACES // 2


class Reserve:
    """The places; may be called from any thread.

    is_for: whether somebody from an address (host) may use them; is_covered: whether a path is what they are for.
    """

    def __init__(self, is_for: Callable[[str], bool], is_covered: Callable[[str], bool]) -> None:
        self._is_for = is_for
        self._is_covered = is_covered
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, host: str, is_proxy: bool = False) -> bool:
        """Takes a place until `give_back`, for a connection whose request has not come yet; returns whether it has."""
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
        """Whether this request may be answered on a place of the reserve."""
        return self._is_for(caller.host) and self.covers(request.path)

    def covers(self, path: str) -> bool:
        """Whether a path is what the reserve is for."""
        return self._is_covered(path)


NO_RESERVE = Reserve(lambda _host: False, lambda _path: False)
