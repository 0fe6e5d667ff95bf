"""A tap: sees every byte of a connection as it is on the wire, from the first of the handshake on.

In:  bytes, in the order in which they were read or handed to the kernel; for a `Witness`, also what is refused. Out:
     nothing.
A tap is called in the midst of serving, `sent` with the connection's lock held, so its methods must neither wait nor
raise: they put the bytes away, and a thread of the tap's own does the rest. Without a tap, a connection pays one test
of an attribute for each read and each write.
"""

from __future__ import annotations

from typing import Callable, Iterable, Optional, Protocol, Sequence, Union, runtime_checkable

from Net.errors import HandshakeError, PacketError, ProtocolError

Refusal = Union[ProtocolError, HandshakeError, PacketError]


class Tap(Protocol):
    """Listens in on one connection."""

    def received(self, data: bytes) -> None:
        """Sees what the peer has sent; called in the connection's own thread."""

    def sent(self, data: bytes) -> None:
        """Sees what was sent to the peer; called in any thread, under the connection's lock."""

    def ended(self) -> None:
        """Hears that nothing more will come; called once, by the listener."""


@runtime_checkable
class Witness(Tap, Protocol):
    """A tap that also wants to hear why the peer is refused something."""

    def refused(self, error: Refusal) -> None:
        """Hears it before the peer does; called in the connection's own thread."""


# Is asked about each new connection, by its address ("192.0.2.7:50123"); returns None to leave it alone.
MakeTap = Callable[[str], Optional[Tap]]


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


def tap_for(address: str, makers: Iterable[MakeTap]) -> Tap | None:
    """Returns the tap for a new connection, None if nobody wants to listen in."""
    taps = [tap for tap in (make(address) for make in makers) if tap is not None]
    return (taps[0] if len(taps) == 1 else Tee(taps)) if taps else None


def tell_witness(tap: Tap | None, error: Refusal) -> None:
    """Lets a witness hear that its peer is refused something; to be called before the peer is told."""
    if isinstance(tap, Witness):
        tap.refused(error)
