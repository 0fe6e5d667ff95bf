"""A seat in a room, for a player or a spectator, and the way of packets to its client."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Union

from gameserver.replication.flow_control import FlowControl
from gameserver.replication.replicator import ClientView
from Net.address import Address
from Net.close_codes import CloseCode
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket
from Net.wire_format import WireFormat, shared_wire_format

# Every PING has its own number in the whole process. So a late PONG for one room never answers a PING of another room.
_question_numbers = itertools.count(1)


@dataclass
class PlayerInfo:
    """A player's or spectator's identity. Only its `Seat` changes it.

    room, team: the wishes in its JOIN; later `team` is the team that it got. as_text: its packets are JSON.
    token: gives the seat back after a lost connection; it is a secret between the server and this client.
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
    """Replaces a player's lost connection, so that the lost connection's memory is freed.

    It ignores all frames. address: that of the lost connection.
    """

    is_congested = False
    awaited_pong = b""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.host = address.host

    def enqueue_frame(self, frame: bytes) -> None:
        """Drops the frame: there is no client."""

    post_frame = enqueue_frame

    def enqueue_ping(self, payload: bytes) -> None:
        """Drops the PING. It stays without an answer, so the seat gets no more STATEs."""
        self.awaited_pong = payload

    def shared_window_bits(self) -> int:
        """Returns 0: without a client there is no compression."""
        return 0

    def flush(self) -> bool:
        """Returns True: no frame ever waits here."""
        return True

    def begin_close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Does nothing: there is no connection to close."""


Connection = Union[WebSocket, NoConnection]


class Seat:
    """A taken seat: its connection, its player, the client's view of the world, and its delivery acknowledgements.

    make_view: of the room's replicator.
    """

    __slots__ = ("_make_view", "absent_since_s", "flow_control", "has_played", "info", "is_ready", "view", "websocket")

    def __init__(self, websocket: Connection, info: PlayerInfo, make_view: Callable[..., ClientView]) -> None:
        self.info = info
        self._make_view = make_view
        self.is_ready = False
        self.has_played = False  # True: the player has sent an input, a chat line or READY
        self.connect(websocket)

    def connect(self, websocket: Connection) -> None:
        """Gives the seat a new connection, whose client has received nothing yet."""
        self.websocket: Connection = websocket
        form = shared_wire_format(self.info.as_text, websocket.shared_window_bits())
        self.view = self._make_view(self.info.id, form, self.info.is_spectator)
        self.flow_control = FlowControl()
        self.absent_since_s: float | None = None  # time.monotonic() when the connection was lost

    def choose_wire_format(self, as_text: bool) -> None:
        """Notes the wire format for the next `connect`. The caller holds the lobby's lock."""
        self.info.as_text = as_text

    def join_team(self, team: int | None) -> None:
        """Notes the team that the player got. The caller holds the room's lock, with which the teams are counted."""
        self.info.team = team

    def mute(self, is_muted: bool) -> None:
        """Notes whether the player may not chat. Any thread may call it: it is one assignment."""
        self.info.is_muted = is_muted

    def set_ready(self, is_ready: bool) -> None:
        """Notes whether the player wants a waiting round to start now."""
        self.is_ready = is_ready

    def begin_playing(self) -> None:
        """Notes that the player has sent an input, a chat line or READY."""
        self.has_played = True

    def can_take_state(self, now_s: float) -> bool:
        """Whether the client may get a STATE now: as far as known, it keeps up. now_s: time.monotonic()."""
        if now_s >= self.flow_control.look_at_s:
            self.flow_control.look(not self.websocket.awaited_pong, now_s)
        return not (self.websocket.is_congested or self.flow_control.is_behind)

    def ask_for_receipt(self, now_s: float) -> None:
        """Queues a PING after all waiting frames; its PONG acknowledges that the client has read them all."""
        self.flow_control.ask(now_s)
        self.websocket.enqueue_ping(b"%d" % next(_question_numbers))

    def forget(self) -> None:
        """Marks the client as having received nothing; a spectator still watches the same player or spot."""
        self.view = self.view.renewed()

    def disconnect(self, now_s: float) -> None:
        """Marks the player's connection as lost and keeps the seat; now_s: time.monotonic()."""
        self.websocket = NoConnection(self.websocket.address)
        self.absent_since_s = now_s

    def describe(self) -> dict[str, Any]:
        """Returns the operator's view of the seat, as plain data."""
        return {
            "id": self.info.id,
            "name": self.info.name,
            "team": self.info.team,
            "address": str(self.websocket.address),
            "muted": self.info.is_muted,
            "connected": self.absent_since_s is None,
        }


def enqueue(seats: Iterable[Seat], packet: Packet) -> None:
    """Puts a packet into the outboxes of some seats, encoded once for each wire format. Sends nothing yet."""
    frames: dict[WireFormat, bytes] = {}
    for seat in seats:
        form = seat.view.form
        if form not in frames:
            frames[form] = form.frame(TO_CLIENT.encode(packet, form.as_text))
        seat.websocket.enqueue_frame(frames[form])
