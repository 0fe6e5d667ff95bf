"""Who may come in, and how many from one address.

In:  the address of each new connection, and later its request. Out: a `Guest`.
A `HandshakeError`, returned or raised, says why somebody may not come in.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Callable, Iterable

from Net.errors import HandshakeError
from Net.handshake import Request
from Net.proxy import Caller, identify
from Net.token_bucket import KeyedBuckets, Rate


def full(reason: str) -> HandshakeError:
    """The answer to those for whom there is no room just now."""
    return HandshakeError(503, reason, "RFC 9110 section 15.6.4", (("Retry-After", "10"),))


class Guest:
    """A connection.

    caller: who it is, as far as we know. counted_as: the address whose share it takes. is_rushed: its address opens
    connections faster than it may. has_waited: it has waited for its turn because of that.
    """

    def __init__(self, host: str, port: int) -> None:
        self.caller = Caller(host, port)
        self.counted_as = host
        self.is_rushed = False
        self.has_waited = False


class Guests:
    """All connections, by address; may be called from any thread.

    max_per_address: how many each may have. arrivals: how many each may open without a wait. refuse: is asked for each
    new address, and returns the reason if it may not come in. proxies: addresses that are not held to this; those are
    for whom they ask.
    """

    def __init__(
        self,
        max_per_address: int,
        arrivals: Rate,
        refuse: Callable[[str], str | None] | None = None,
        proxies: Iterable[str] = (),
    ) -> None:
        self._max_per_address = max_per_address
        self._arrivals = KeyedBuckets(arrivals)
        self._refuse = refuse
        self._proxies = frozenset(proxies)
        self._lock = threading.Lock()
        self._per_address: Counter[str] = Counter()

    def why_not(self, host: str) -> HandshakeError | None:
        """Why nobody more may come in from an address; None if somebody may, or if only the request will tell."""
        return None if host in self._proxies else self._why_refused(host) or self._why_no_room(host)

    def arrive(self, host: str, port: int) -> Guest:
        """Counts a new connection, until `leave`."""
        with self._lock:
            self._per_address[host] += 1
        guest = Guest(host, port)
        guest.is_rushed = host not in self._proxies and not self._arrivals.take(host)
        return guest

    def introduce(self, guest: Guest, request: Request) -> Caller:
        """Learns from its request who a guest is; raises HandshakeError if it came by a proxy and may not come in."""
        peer = guest.counted_as
        guest.caller = identify(request, peer, guest.caller.port, self._proxies)
        if peer in self._proxies:
            problem = self._why_refused(guest.caller.host) or self._recount(guest)
            if problem is not None:
                raise problem
            guest.is_rushed = not self._arrivals.take(guest.caller.host)
        return guest.caller

    def leave(self, guest: Guest) -> None:
        """Its share is free again."""
        with self._lock:
            self._uncount(guest.counted_as)

    def _why_refused(self, host: str) -> HandshakeError | None:
        reason = self._refuse(host) if self._refuse is not None else None
        return None if reason is None else HandshakeError(403, reason, "RFC 9110 section 15.5.4")

    def _why_no_room(self, host: str, counted: int = 0) -> HandshakeError | None:
        """counted: 1 if the one who asks is among those that are there."""
        if self._per_address[host] - counted < self._max_per_address:
            return None
        return full(f"too many connections from {host}: at most {self._max_per_address}")

    def _recount(self, guest: Guest) -> HandshakeError | None:
        """Counts a guest for its own address instead of the proxy's; returns why not, if that has too many."""
        host = guest.caller.host
        with self._lock:
            problem = self._why_no_room(host, counted=int(host == guest.counted_as))
            if problem is None:
                self._uncount(guest.counted_as)
                self._per_address[host] += 1
                guest.counted_as = host
        return problem

    def _uncount(self, host: str) -> None:
        self._per_address[host] -= 1
        if not self._per_address[host]:
            del self._per_address[host]
