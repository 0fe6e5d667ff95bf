"""A tap: sees every byte of a connection as it is on the wire, from the first byte of the handshake.

In:  bytes, in the order in which they were read or handed to the kernel; for a `Witness`, also each refusal.
Out: nothing.
The threads that serve a connection call its tap; they call `sent` with the connection's lock held. So a tap's methods
must neither wait nor raise: they store the bytes, and a thread of the tap's own does the rest. Without a tap, a
connection pays one test of an attribute for each read and each write.
"""

from __future__ import annotations

from typing import Callable, Iterable, Optional, Protocol, Sequence, Union, runtime_checkable

from Net.address import Address
from Net.errors import HandshakeError, PacketError, ProtocolError

Refusal = Union[ProtocolError, HandshakeError, PacketError]


class Tap(Protocol):
    """Listens in on one connection."""

    def received(self, data: bytes) -> None:
        """Sees bytes that the peer has sent; called in the connection's own thread."""

    def sent(self, data: bytes) -> None:
        """Sees bytes that were sent to the peer; called in any thread, with the connection's lock held."""

    def ended(self) -> None:
        """Learns that no more bytes will come; called once, by the listener."""


@runtime_checkable
class Witness(Tap, Protocol):
    """A tap that also sees each refusal: the error for which the server refuses something to the peer."""

    def refused(self, error: Refusal) -> None:
        """Sees a refusal before the peer does; called in the connection's own thread."""


# Called with the address of each new connection; returns its tap, or None for no tap.
MakeTap = Callable[[Address], Optional[Tap]]


class Tee:
    """Several taps on one connection."""

    def __init__(self, taps: Sequence[Tap]) -> None:
        self._taps = taps

    def refused(self, error: Refusal) -> None:
        for tap in self._taps:
            tell_witness(tap, error)

    def received(self, data: bytes) -> None:
        for tap in self._taps:
            tap.received(data)

    def sent(self, data: bytes) -> None:
        for tap in self._taps:
            tap.sent(data)

    def ended(self) -> None:
        for tap in self._taps:
            tap.ended()


def tap_for(address: Address, makers: Iterable[MakeTap]) -> Tap | None:
    """Returns the tap for a new connection; None if no maker makes one."""
    taps = [tap for tap in (make(address) for make in makers) if tap is not None]
    return (taps[0] if len(taps) == 1 else Tee(taps)) if taps else None


def tell_witness(tap: Tap | None, error: Refusal) -> None:
    """Tells a witness that the server refuses something to its peer; the caller calls this before it tells the peer."""
    if isinstance(tap, Witness):
        tap.refused(error)
