"""The clients of the game's path, as the lobby knows them: their connections, and their places in rooms.

In:  clients that connect, take seats and leave. Out: the clients by connection, the places by player and by token.
"""

from __future__ import annotations

import time
from typing import Iterable, NamedTuple

from gameserver.match.player_ids import PlayerIds
from gameserver.match.seats import Connection, Seat
from gameserver.room import GameRoom
from Net.close_codes import CloseCode
from Net.PacketCodes import TO_CLIENT, Packet
from Net.websocket import WebSocket


class Place(NamedTuple):
    """A client's room and its seat there."""

    room: GameRoom
    seat: Seat


class Client:
    """A connected client.

    place: None if the client has not joined; other threads may set it to None at any moment. as_text: its packets are
    JSON. is_muted: a player who joins on this connection may not chat.
    """

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.place: Place | None = None
        self.as_text = False
        self.is_muted = False
        self._has_ever_joined = False
        self._connected_at_s = time.monotonic()

    def send(self, packet: Packet) -> None:
        """Sends a packet to the client without blocking."""
        self.websocket.post(TO_CLIENT.encode(packet, self.as_text))

    def choose_wire_format(self, as_text: bool) -> None:
        """Notes whether the client's packets are JSON. A seated client keeps its wire format."""
        if self.place is None:
            self.as_text = as_text

    def take_place(self, place: Place) -> None:
        """Notes the place that the client has got."""
        self.place = place
        self.is_muted = place.seat.info.is_muted
        self._has_ever_joined = True

    def lose_place(self) -> None:
        """Notes that the client has no seat any more. The connection stays open."""
        self.place = None

    def mute(self, is_muted: bool) -> None:
        """Notes whether a player who joins on this connection may chat."""
        self.is_muted = is_muted

    def close_if_idle(self, now_s: float, join_timeout_s: float) -> None:
        """Closes a client that has been connected for `join_timeout_s` and never joined; now_s: time.monotonic()."""
        if not self._has_ever_joined and now_s - self._connected_at_s > join_timeout_s:
            self.websocket.begin_close(CloseCode.POLICY_VIOLATION, f"no JOIN within {join_timeout_s:g} s")


class Clients:
    """The connected clients, and the places of everybody in a room, also of players without a connection.

    Call its methods with the lobby's lock held.
    """

    def __init__(self) -> None:
        self._ids = PlayerIds()
        self._connected: dict[Connection, Client] = {}
        self._places: dict[int, Place] = {}  # by the player's id
        self._by_token: dict[str, Place] = {}  # spectators have no valid token

    def connected(self) -> list[Client]:
        """Returns all connected clients, in a room or not."""
        return list(self._connected.values())

    def places(self) -> dict[int, Place]:
        """Returns the places of everybody in a room, by id."""
        return dict(self._places)

    def place_of(self, player_id: int) -> Place | None:
        """Returns the place of a player or spectator; None: it is in no room."""
        return self._places.get(player_id)

    def place_for(self, token: str) -> Place | None:
        """Returns the place for which a token was issued; None: the token is not known any more."""
        return self._by_token.get(token)

    def holder_of(self, seat: Seat) -> Client | None:
        """Returns the connected client that holds a seat."""
        return self._connected.get(seat.websocket)

    def connect(self, client: Client) -> None:
        """Adds a client that has just connected."""
        self._connected[client.websocket] = client

    def disconnect(self, client: Client) -> None:
        """Removes a client whose connection has ended. Its place stays."""
        self._connected.pop(client.websocket, None)

    def new_id(self) -> int:
        """Returns the id for a newcomer."""
        return self._ids.take()

    def give_back(self, player_id: int) -> None:
        """Frees the id of a newcomer that got no seat."""
        self._ids.give_back(player_id)

    def seat(self, client: Client, place: Place) -> None:
        """Notes the place that a client has got."""
        self._add(place)
        client.take_place(place)

    def restore(self, places: Iterable[Place]) -> None:
        """Notes the places of players that are not connected yet. Their ids are in use from now on."""
        for place in places:
            self._add(place)
        self._ids = PlayerIds(self._places)

    def _add(self, place: Place) -> None:
        info = place.seat.info
        self._places[info.id] = place
        if not info.is_spectator:
            self._by_token[info.token] = place

    def unseat(self, seat: Seat) -> None:
        """Tells the client that holds a seat that it has lost the seat."""
        holder = self.holder_of(seat)
        if holder is not None:
            holder.lose_place()

    def remove(self, seat: Seat) -> None:
        """Forgets the place of a seat. Its token is no longer valid, and its client has lost it."""
        if self._places.pop(seat.info.id, None) is not None:
            self._ids.give_back(seat.info.id)
            self._by_token.pop(seat.info.token, None)
            self.unseat(seat)
