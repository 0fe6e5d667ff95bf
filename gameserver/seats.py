"""A place in a room, a player's or a spectator's, and how packets get to it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Iterable, Union

from gameserver.receipts import Receipts
from gameserver.snapshots import View
from Net.forms import Form, shared_form
from Net.frames import PING, serialize
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket

# Every question has a number of its own: in another room nobody answers, by chance, what the last one asked.
_question_numbers = itertools.count(1)


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


class NoConnection:
    """Stands in for the connection of a player who lost it, and lets go of all that the lost one held.

    It takes what it is sent and does nothing. address, host: those of the connection that was lost.
    """

    is_congested = False
    awaited_pong = b""

    def __init__(self, address: str, host: str) -> None:
        self.address = address
        self.host = host

    def enqueue_frame(self, frame: bytes) -> None:
        """Nobody is there to be told."""

    post_frame = enqueue_frame

    def shared_window_bits(self) -> int:
        """Nothing is compressed for nobody."""
        return 0

    def flush(self) -> bool:
        """Nothing ever waits."""
        return True

    def begin_close(self, code: int = 1000, reason: str = "") -> None:
        """There is nothing to close."""


Connection = Union[WebSocket, NoConnection]


class Seat:
    """A taken seat: the connection, who sits there, what it has been told of the world, and whether that was read."""

    __slots__ = ("absent_since_s", "has_played", "info", "is_ready", "receipts", "view", "websocket")

    def __init__(self, websocket: Connection, info: PlayerInfo) -> None:
        self.info = info
        self.is_ready = False
        self.has_played = False  # its player has sent an input, a chat line or READY
        self.connect(websocket)

    def connect(self, websocket: Connection) -> None:
        """Seats a connection that has been told nothing yet."""
        self.websocket: Connection = websocket
        self.view = View(self.info.id, shared_form(self.info.as_text, websocket.shared_window_bits()))
        self.view.is_spectator = self.info.is_spectator
        self.receipts = Receipts()
        self.absent_since_s: float | None = None  # time.monotonic() when the connection was lost

    def can_take_state(self, now_s: float) -> bool:
        """Whether the client has read what it was sent, as far as we know; now_s: time.monotonic()."""
        if now_s >= self.receipts.look_at_s:
            self.receipts.look(not self.websocket.awaited_pong, now_s)
        return not (self.websocket.is_congested or self.receipts.is_behind)

    def ask_for_receipt(self, now_s: float) -> None:
        """Lets a PING wait behind what waits already; its PONG says that the client has read all that."""
        payload = b"%d" % next(_question_numbers)
        self.receipts.ask(now_s)
        self.websocket.awaited_pong = payload
        self.websocket.enqueue_frame(serialize(PING, payload))

    def forget(self) -> None:
        """Counts the client as told nothing yet; a spectator's eyes stay where they are."""
        before, self.view = self.view, View(self.view.player_id, self.view.form)
        self.view.is_spectator, self.view.spot = before.is_spectator, before.spot

    def disconnect(self, now_s: float) -> None:
        """Keeps the seat for a player whose connection is lost; now_s: time.monotonic()."""
        self.websocket = NoConnection(self.websocket.address, self.websocket.host)
        self.absent_since_s = now_s

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
