"""A place in a room, a player's or a spectator's, and how packets get to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from gameserver.snapshots import View
from Net.forms import Form
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket


@dataclass
class PlayerInfo:
    """Who a player is. room, team: what its JOIN asked for; `team` becomes what it got. as_text: it speaks JSON.

    token: takes the seat back after the connection was lost; a secret between the server and this client.
    """

    id: int
    name: str
    token: str
    room: str | None = None
    team: int | None = None
    as_text: bool = False
    is_spectator: bool = False
    is_muted: bool = False


class Seat:
    """A taken seat: the connection, who sits there, and what it has been told of the world.

    The connection may have ended: it then takes what it is sent and does nothing.
    """

    __slots__ = ("absent_since_s", "info", "is_ready", "view", "websocket")

    def __init__(self, websocket: WebSocket, info: PlayerInfo) -> None:
        self.info = info
        self.is_ready = False
        self.connect(websocket)

    def connect(self, websocket: WebSocket) -> None:
        """Seats a connection that has been told nothing yet."""
        self.websocket = websocket
        self.view = View(self.info.id, Form(self.info.as_text, websocket.shared_window_bits()))
        self.view.is_spectator = self.info.is_spectator
        self.absent_since_s: float | None = None  # time.monotonic() when the connection was lost

    def describe(self) -> dict[str, Any]:
        """What an operator sees of it, as plain data."""
        return {
            "id": self.info.id,
            "name": self.info.name,
            "team": self.info.team,
            "address": self.websocket.address,
            "muted": self.info.is_muted,
            "connected": self.absent_since_s is None,
        }


def enqueue(seats: Iterable[Seat], packet: Packet) -> None:
    """Puts a packet into the outboxes of some seats, encoded once for each form that is needed; sends nothing yet."""
    frames: dict[Form, bytes] = {}
    for seat in seats:
        form = seat.view.form
        if form not in frames:
            frames[form] = form.frame(TO_CLIENT.encode(packet, form.as_text))
        seat.websocket.enqueue_frame(frames[form])
