"""Admission: whether a client may JOIN, by the per-address limit and the operator's measures about the person.

In:  the connection and the arguments of its JOIN. Out: nothing. Raises PacketError if the client may not join.
The rate belongs to the address, not to the connection: otherwise a client could avoid it with a new connection.
"""

from __future__ import annotations

import time
from typing import Callable, Container

from gameserver.admission.measures import Measures
from gameserver.admission.rates import PACKET_RATES
from gameserver.world.settings import ServerSettings
from Net.address import Address
from Net.errors import PacketError
from Net.port.token_bucket import KeyedBuckets, Rate
from Net.websocket import WebSocket

# An address may have a number of connections. For each of them, it may join as often at once as one connection may
# (`PACKET_RATES`), and in the long run once in this time. By default that makes 32 JOINs a second for an address; a
# JOIN costs about 1.5 ms.
JOINS_AGAIN_S = 2.0


class JoinAdmission:
    """Decides about each JOIN. own: the addresses of this process's own connections; no limit applies to them."""

    def __init__(
        self,
        settings: ServerSettings,
        measures: Measures,
        own: Container[Address],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        connections = settings.max_connections_per_address
        rate = Rate(connections / JOINS_AGAIN_S, connections * PACKET_RATES["JOIN"].burst)
        self._buckets = KeyedBuckets(rate, clock=clock)
        self._measures = measures
        self._own = own

    def check(self, websocket: WebSocket, name: str, token: str | None) -> None:
        """Raises PacketError if this client may not join now."""
        if websocket.address in self._own:
            return
        if not self._buckets.take(websocket.host):
            raise PacketError("RATE_LIMITED", "too many players join from your address: try again in a few seconds")
        self._measures.check_join(websocket.host, name, token)
