"""One client on the game's path: reads its packets, calls their handlers, and tells the client about errors.

In:  the messages of a WebSocket. Out: calls of handlers, and ERROR packets to the client.
A client that sends too many packets is slowed down. A client that sends too many bad packets is closed with 1008.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from gameserver.match.seats import Seat
from gameserver.rates import ANY_PACKET, BAD_PACKETS, PACKET_RATES
from gameserver.room import GameRoom
from Net.close_codes import CloseCode
from Net.errors import PacketError, ProtocolError
from Net.messages import Message
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet, dispatch
from Net.port.token_bucket import TokenBucket
from Net.tap import tell_witness
from Net.websocket import WebSocket

if TYPE_CHECKING:
    from gameserver.server import GameServer

log = logging.getLogger(__name__)

# After a refused packet the server waits before it reads the client's next one. What the client sends meanwhile stays
# in the client's own buffers, so a flood cannot take the interpreter's time from the rooms.
REFUSAL_PAUSE_S = 0.01


class Place(NamedTuple):
    """A client's room and its seat there."""

    room: GameRoom
    seat: Seat


class Session:
    """A connected client. place: None if the client has not joined; other threads may set it to None at any moment."""

    def __init__(self, server: GameServer, websocket: WebSocket) -> None:
        self.server = server
        self.websocket = websocket
        self.place: Place | None = None
        self.as_text = False  # True: answer in JSON
        self.has_ever_joined = False
        self.is_muted = False  # True: a player who joins on this connection may not chat
        self._connected_at_s = time.monotonic()
        self._buckets: dict[str, TokenBucket] = {}
        self._bad_packets = TokenBucket(BAD_PACKETS)

    def run(self) -> None:
        """Handles messages until the connection ends, and then raises ConnectionClosed."""
        while True:
            self._handle(self.websocket.receive())

    def send(self, packet: Packet) -> None:
        """Sends a packet to the client without blocking."""
        self.websocket.post(TO_CLIENT.encode(packet, self.as_text))

    def seated(self) -> Place:
        """Returns the client's room and seat; raises PacketError when the client has not joined."""
        place = self.place
        if place is None:
            raise PacketError("NOT_IN_ROOM", "send JOIN first")
        return place

    def playing(self) -> Place:
        """Returns the client's room and seat; raises PacketError when it has not joined or is a spectator."""
        place = self.seated()
        if place.seat.info.is_spectator:
            raise PacketError("SPECTATING", "spectators can only WATCH and LEAVE")
        place.seat.has_played = True
        return place

    def act(self, *input_data: Any) -> None:
        """Hands an input to the game; raises PacketError when the client is not playing."""
        place = self.playing()
        room, seat = place
        try:
            with room.game.lock:  # a connection that takes over the seat needs it too: no input may come after that
                if self.place is not place:
                    raise KeyError(seat.info.id)
                room.game.process_input(seat.info.id, input_data)
        except KeyError:
            raise PacketError("NOT_IN_ROOM", "you have just been taken out of the room") from None
        room.dormancy.note_activity()

    def close_if_idle(self, now_s: float, join_timeout_s: float) -> None:
        """Closes a client that has been connected for `join_timeout_s` and never joined; now_s: time.monotonic()."""
        if not self.has_ever_joined and now_s - self._connected_at_s > join_timeout_s:
            self.websocket.begin_close(CloseCode.POLICY_VIOLATION, f"no JOIN within {join_timeout_s:g} s")

    def _handle(self, message: Message) -> None:
        if self.place is None:
            self.as_text = isinstance(message, str)
        try:
            packet = TO_SERVER.decode(message)
            self._check_rate(packet.id)
            dispatch(self, packet)
        except PacketError as error:
            self._refuse(error)
        except Exception:
            log.exception("%s: a handler failed", self.websocket.address)
            self.send(Packet("ERROR", ("SERVER_FAULT", "the server could not do that; the fault is logged")))

    def _check_rate(self, packet_id: str) -> None:
        bucket = self._buckets.get(packet_id)
        if bucket is None:
            bucket = self._buckets[packet_id] = TokenBucket(PACKET_RATES.get(packet_id, ANY_PACKET))
        if not bucket.take():
            rate = PACKET_RATES.get(packet_id, ANY_PACKET)
            raise PacketError("RATE_LIMITED", f"{packet_id} may come {rate.per_s:g} times a second")

    def _refuse(self, error: PacketError) -> None:
        tell_witness(self.websocket.tap, error)
        try:
            self._check_patience()
        except ProtocolError as violation:
            log.info("%s: closed, %s, the last: %s", self.websocket.address, violation.reason, error)
            tell_witness(self.websocket.tap, violation)
            self.websocket.begin_close(violation.close_code, violation.reason)
        else:
            self.send(Packet("ERROR", (error.code, error.text)))
            time.sleep(REFUSAL_PAUSE_S)

    def _check_patience(self) -> None:
        # This error is raised, not just returned, so that a witness of the tap sees the line that decided.
        if not self._bad_packets.take():
            raise ProtocolError(CloseCode.POLICY_VIOLATION, "too many bad packets", "7.4.1")
