"""Admission of connections, and the per-address limit.

In:  the address of each new connection, and later its request. Out: an `Arrival`.
A `HandshakeError`, returned or raised, says why a connection is not admitted.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Callable, Iterable

from Net.address import Address
from Net.errors import HandshakeError
from Net.handshake import Request
from Net.port.own_connections import OwnConnections
from Net.port.proxy import Caller, identify
from Net.port.reserve import NO_RESERVE, Reserve
from Net.port.token_bucket import KeyedBuckets, Rate
from Net.websocket import WebSocket

# Keys that are counted apart from all addresses: connections of this process, and places of the reserve.
_OWN, _RESERVE = "own", "reserve"


def full(reason: str) -> HandshakeError:
    """Returns the answer to a client for which there is no room at the moment."""
    return HandshakeError(503, reason, "RFC 9110 section 15.6.4", (("Retry-After", "10"),))


class Arrival:
    """A connection, as admission knows it.

    peer: the connection's other end. caller: the client, as far as it is known. counted_as: the key under which it is
    counted, mostly its address. refusal: the answer that it gets unless its request may use the reserve; None if it has
    an ordinary place. is_rushed: its address opens connections faster than the allowed rate. has_waited: it has waited
    for its turn because of that.
    """

    def __init__(self, peer: Address, refusal: HandshakeError | None = None) -> None:
        self.peer = peer
        self.caller = Caller(peer)
        self.counted_as = peer.host
        self.is_rushed = False
        self.has_waited = False
        self.refusal = refusal


class Admission:
    """All connections, by address; any thread may call the methods.

    max_per_address: how many connections each address may have. arrivals: how many each address may open without a
    wait. refuse: called with each new address; returns a reason if the address is refused, else None. proxies:
    addresses of trusted proxies. These limits do not hold for a proxy, but for the clients for which it asks. reserve:
    places beyond the limits. own: the connections of this process; only the limit of the whole server holds for them.
    """

    def __init__(
        self,
        max_per_address: int,
        arrivals: Rate,
        refuse: Callable[[str], str | None] | None = None,
        proxies: Iterable[str] = (),
        reserve: Reserve = NO_RESERVE,
        own: OwnConnections | None = None,
    ) -> None:
        self._max_per_address = max_per_address
        self._arrivals = KeyedBuckets(arrivals)
        self._refuse = refuse
        self._proxies = frozenset(proxies)
        self._reserve = reserve
        self._own = own if own is not None else OwnConnections()
        self._lock = threading.Lock()
        self._per_address: Counter[str] = Counter()

    def admit(self, peer: Address, is_full: HandshakeError | None = None) -> Arrival:
        """Counts a new connection, until `leave`; raises HandshakeError if it is not admitted.

        peer: the connection's other end. is_full: the reason if the server takes no more connections from any address;
        else None.
        """
        arrival, host = Arrival(peer), peer.host
        if self._own.arrive(peer):
            problem = is_full
            arrival.counted_as = _OWN
        else:
            problem = is_full or self._why_not(host)
            arrival.is_rushed = host not in self._proxies and not self._arrivals.take(host)
        if problem is not None:
            if arrival.counted_as == _OWN or not self._reserve.take(host, host in self._proxies):
                self._own.leave(peer)
                raise problem
            arrival.counted_as, arrival.refusal = _RESERVE, problem
        with self._lock:
            self._per_address[arrival.counted_as] += 1
        return arrival

    def introduce(self, arrival: Arrival, request: Request) -> Caller:
        """Finds the arrival's real caller from its request; raises HandshakeError if the caller is not admitted."""
        arrival.caller = identify(request, arrival.peer, self._proxies)
        host = arrival.caller.address.host
        if arrival.counted_as == _OWN:
            return arrival.caller
        if arrival.peer.host in self._proxies and arrival.refusal is None:
            arrival.refusal = self.why_refused(host) or self._recount(arrival)
            if arrival.refusal is not None and self._reserve.take(host):
                with self._lock:
                    self._count_as(arrival, _RESERVE)
            arrival.is_rushed = not self._arrivals.take(host)
        if arrival.refusal is not None and not (
            arrival.counted_as == _RESERVE and self._reserve.admits(arrival.caller, request)
        ):
            raise arrival.refusal
        return arrival.caller

    def leave(self, arrival: Arrival) -> None:
        """Frees the place of a connection that has ended."""
        if arrival.counted_as == _RESERVE:
            self._reserve.give_back()
        elif arrival.counted_as == _OWN:
            self._own.leave(arrival.peer)
        with self._lock:
            self._uncount(arrival.counted_as)

    def connections_of(self, address: str) -> int:
        """How many connections count for an address now."""
        return self._per_address.get(address, 0)

    def has_lost(self, websocket: WebSocket) -> bool:
        """Whether a connection must end because its address was banned after its admission."""
        if websocket.address in self._own or self._reserve.covers(websocket.path):
            return False
        return self.why_refused(websocket.host) is not None

    def why_refused(self, host: str) -> HandshakeError | None:
        """Returns the error for an address that is refused altogether; None if it is not refused."""
        reason = self._refuse(host) if self._refuse is not None else None
        return None if reason is None else HandshakeError(403, reason, "RFC 9110 section 15.5.4")

    def _why_not(self, host: str) -> HandshakeError | None:
        """Returns why no further connection from an address is admitted.

        None: one is admitted, or the address is a proxy's, and only the request can tell.
        """
        return None if host in self._proxies else self.why_refused(host) or self._why_no_room(host)

    def _why_no_room(self, host: str, counted: int = 0) -> HandshakeError | None:
        """Returns the error if an address has too many connections; else None.

        counted: 1 if the connection in question is already counted for this address, else 0.
        """
        if self._per_address[host] - counted < self._max_per_address:
            return None
        return full(f"too many connections from {host}: at most {self._max_per_address}")

    def _recount(self, arrival: Arrival) -> HandshakeError | None:
        """Counts an arrival for its own address instead of the proxy's.

        Returns an error, and changes nothing, if its own address has too many connections.
        """
        host = arrival.caller.address.host
        with self._lock:
            problem = self._why_no_room(host, counted=int(host == arrival.counted_as))
            if problem is None:
                self._count_as(arrival, host)
        return problem

    def _count_as(self, arrival: Arrival, key: str) -> None:
        self._uncount(arrival.counted_as)
        self._per_address[key] += 1
        arrival.counted_as = key

    def _uncount(self, host: str) -> None:
        self._per_address[host] -= 1
        if not self._per_address[host]:
            del self._per_address[host]
