"""One client of the game (URL path "/"): reads its packets, calls their handlers, and tells the client about errors.

In:  the messages of a WebSocket. Out: calls of handlers, and ERROR packets to the client.
A client that sends too many packets is slowed down. A client that sends too many bad packets is closed with 1008.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Callable

from gameserver.admission.clients import Client, Place
from gameserver.admission.rates import BAD_PACKETS, rate_of
from gameserver.base_game import BaseGame
from gameserver.lobby import Lobby
from Net.close_codes import CloseCode
from Net.errors import PacketError, ProtocolError
from Net.messages import Message
from Net.PacketCodes import TO_SERVER, Packet
from Net.port.token_bucket import TokenBucket
from Net.tap import tell_witness
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

# After a refused packet the server waits before it reads the client's next one. The bytes that the client sends
# meanwhile stay in the client's own buffers, so a flood cannot take the interpreter's time from the rooms.
REFUSAL_PAUSE_S = 0.01


class Session:
    """The conversation with one client. handle: called with the session and each packet; it may raise PacketError."""

    def __init__(self, lobby: Lobby, websocket: WebSocket, handle: Callable[[Session, Packet], None]) -> None:
        self.lobby = lobby
        self.client = Client(websocket)
        self._websocket = websocket
        self._handle = handle
        self._buckets: dict[str, TokenBucket] = {}
        self._bad_packets = TokenBucket(BAD_PACKETS)

    def run(self) -> None:
        """Handles messages until the connection ends, and then raises ConnectionClosed."""
        while True:
            self._take(self._websocket.receive())

    def seated(self) -> Place:
        """Returns the client's room and seat; raises PacketError when the client has not joined."""
        place = self.client.place
        if place is None:
            raise PacketError("NOT_IN_ROOM", "send JOIN first")
        return place

    def playing(self) -> Place:
        """Returns the client's room and seat, and marks the seat as one that plays.

        Raises PacketError when the client has not joined or is a spectator.
        """
        place = self.seated()
        if place.seat.info.is_spectator:
            raise PacketError("SPECTATING", "spectators can only WATCH and LEAVE")
        place.seat.begin_playing()
        return place

    def act(self, packet_id: str, *args: Any) -> None:
        """Hands an input to the game: the packet's id and arguments.

        Raises PacketError when the client is not playing, or when the game of its room does not take the packet.
        """
        self._hand_in(packet_id, (packet_id, *args), _as_it_is)

    def act_freely(self, value: Any) -> None:
        """Hands the value of INPUT to the game; raises PacketError as `act` does, and when the game refuses it."""
        self._hand_in("INPUT", value, _checked)

    def _hand_in(self, packet_id: str, value: Any, checked: Callable[[BaseGame, Any], Any]) -> None:
        place = self.playing()
        room, seat = place
        game = room.game
        if packet_id not in game.input_packets:
            takes = ", ".join(game.input_packets)
            raise PacketError("WRONG_GAME", f"the game {game.title} does not take {packet_id}; it takes {takes}")
        with game.lock:  # a connection that takes over the seat needs it too: no input may come after that
            if self.client.place is not place or seat.info.id not in game.players:
                raise PacketError("NOT_IN_ROOM", "you have just been taken out of the room")
            game.process_input(seat.info.id, checked(game, value))
        room.dormancy.note_activity()

    def _take(self, message: Message) -> None:
        self.client.choose_wire_format(isinstance(message, str))
        try:
            packet = TO_SERVER.decode(message)
            self._check_rate(packet.id)
            self._handle(self, packet)
        except PacketError as error:
            self._refuse(error)
        except Exception:
            log.exception("%s: a handler failed", self._websocket.address)
            self.client.send(Packet("ERROR", ("SERVER_FAULT", "the server could not do that; the fault is logged")))

    def _check_rate(self, packet_id: str) -> None:
        bucket = self._buckets.get(packet_id)
        if bucket is None:
            bucket = self._buckets[packet_id] = TokenBucket(rate_of(packet_id))
        if not bucket.take():
            raise PacketError("RATE_LIMITED", f"{packet_id} may come {rate_of(packet_id).per_s:g} times a second")

    def _refuse(self, error: PacketError) -> None:
        tell_witness(self._websocket.tap, error)
        try:
            self._check_patience()
        except ProtocolError as violation:
            log.info("%s: closed, %s, the last: %s", self._websocket.address, violation.reason, error)
            tell_witness(self._websocket.tap, violation)
            self._websocket.begin_close(violation.close_code, violation.reason)
        else:
            self.client.send(Packet("ERROR", (error.code, error.text)))
            time.sleep(REFUSAL_PAUSE_S)

    def _check_patience(self) -> None:
        # This error is raised, not just returned, so that a witness of the tap sees the line that decided.
        if not self._bad_packets.take():
            raise ProtocolError(CloseCode.POLICY_VIOLATION, "too many bad packets", "7.4.1")


def _as_it_is(_game: BaseGame, value: Any) -> Any:
    return value  # the schema of its packet has checked it


def _checked(game: BaseGame, value: Any) -> Any:
    try:
        return game.check_input(value)
    except ValueError as error:
        raise PacketError("BAD_ARGUMENT", f"INPUT.value must be {error}") from None
