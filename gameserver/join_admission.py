"""Whether a client may JOIN: how often its address has joined, and what the operator has decided about the person.

In:  the connection and the arguments of its JOIN. Out: nothing. Raises PacketError.
A rate that belonged to the connection would be no limit for a client that opens another one.
"""

from __future__ import annotations

import time
from typing import Callable, Container

from gameserver.measures import Measures
from gameserver.settings import ServerSettings
from Net.errors import PacketError
from Net.token_bucket import KeyedBuckets, Rate
from Net.websocket import WebSocket

# In the long run, each connection that an address may have joins once in this time.
JOINS_AGAIN_S = 30.0


class JoinAdmission:
    """Decides about each JOIN. own: the addresses of connections of this process, which have no limit."""

    def __init__(
        self,
        settings: ServerSettings,
        measures: Measures,
        own: Container[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        burst = settings.max_connections_per_address
        self._buckets = KeyedBuckets(Rate(burst / JOINS_AGAIN_S, burst), clock=clock)
        self._measures = measures
        self._own = own

    def check(self, websocket: WebSocket, name: str, token: str | None) -> None:
        """Raises PacketError if this client may not join now."""
        if websocket.address in self._own:
            return
        if not self._buckets.take(websocket.host):
            raise PacketError("RATE_LIMITED", "too many players join from your address: try again in a few seconds")
        self._measures.check_join(websocket.host, name, token)
