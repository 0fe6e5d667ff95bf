"""A player's place in a room, and how packets get to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from gameserver.snapshots import View
from Net.forms import Form
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket


@dataclass
class PlayerInfo:
    """Who a player is. room, team: what its JOIN asked for; `team` becomes what it got. as_text: it speaks JSON."""

    id: int
    name: str
    token: str
    room: str | None = None
    team: int | None = None
    as_text: bool = False


class Seat:
    """A taken seat: the connection, who the player is, and what it has been told of the world."""

    __slots__ = ("info", "is_ready", "view", "websocket")

    def __init__(self, websocket: WebSocket, info: PlayerInfo) -> None:
        self.websocket = websocket
        self.info = info
        self.view = View(info.id, Form(info.as_text, websocket.shared_window_bits()))
        self.is_ready = False


def enqueue(seats: Iterable[Seat], packet: Packet) -> None:
    """Puts a packet into the outboxes of some seats, encoded once for each form that is needed; sends nothing yet."""
    frames: dict[Form, bytes] = {}
    for seat in seats:
        form = seat.view.form
        if form not in frames:
            frames[form] = form.frame(TO_CLIENT.encode(packet, form.as_text))
        seat.websocket.enqueue_frame(frames[form])
