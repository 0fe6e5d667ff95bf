"""The PLAYER frames that tell a newcomer about the players in the room. Each frame is made once for all newcomers.

While a player joins, a tick may have to wait for Python's lock. Without these shared frames, a large part of a join in
a full room was the encoding of PLAYER.
"""

from __future__ import annotations

from typing import Iterable

from gameserver.match.seats import PlayerInfo, Seat
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat


class Introductions:
    """The PLAYER frames of the seated players. Call its methods with the room's lock held."""

    def __init__(self) -> None:
        self._frames: dict[Seat, dict[WireFormat, bytes]] = {}

    def of(self, seats: Iterable[Seat], form: WireFormat) -> bytes:
        """Returns the frames about these players for a client with this wire format."""
        return b"".join([self._frame(seat, form) for seat in seats])

    def forget(self, seat: Seat) -> None:
        """Removes the frames about a player that has left; it may come again with another name or team."""
        self._frames.pop(seat, None)

    def _frame(self, seat: Seat, form: WireFormat) -> bytes:
        frames = self._frames.setdefault(seat, {})
        if form not in frames:
            frames[form] = form.frame(TO_CLIENT.encode(player_packet(seat.info), form.as_text))
        return frames[form]


def player_packet(info: PlayerInfo) -> Packet:
    """Returns the packet with a player's id, name and team."""
    return Packet("PLAYER", (info.id, info.name, info.team))
