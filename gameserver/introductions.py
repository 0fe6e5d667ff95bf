"""PLAYER: each newcomer is told who is in the room, in frames that are made once and not for every newcomer anew.

While somebody joins, a tick may have to wait for Python's lock; in a full room this was a good part of a join.
"""

from __future__ import annotations

from typing import Iterable

from gameserver.seats import PlayerInfo, Seat
from Net.forms import Form
from Net.PacketCodes import TO_CLIENT, Packet


class Introductions:
    """The frames of PLAYER about those who are seated; to be called with the room's lock held."""

    def __init__(self) -> None:
        self._frames: dict[Seat, dict[Form, bytes]] = {}

    def of(self, seats: Iterable[Seat], form: Form) -> bytes:
        """What introduces these players to a client of this form."""
        return b"".join([self._frame(seat, form) for seat in seats])

    def forget(self, seat: Seat) -> None:
        """Lets go of somebody who has left; who comes again may have another name or team."""
        self._frames.pop(seat, None)

    def _frame(self, seat: Seat, form: Form) -> bytes:
        frames = self._frames.setdefault(seat, {})
        if form not in frames:
            frames[form] = form.frame(TO_CLIENT.encode(player_packet(seat.info), form.as_text))
        return frames[form]


def player_packet(info: PlayerInfo) -> Packet:
    """Who somebody is."""
    return Packet("PLAYER", (info.id, info.name, info.team))
