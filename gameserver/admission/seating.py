"""How clients get seats: as newcomers, or back with the token of a seat that they have lost.

In:  a client and the arguments of its JOIN. Out: a seat in a room. Raises PacketError with advice for the client.
"""

from __future__ import annotations

import threading
from typing import Callable, Optional

from gameserver.admission.clients import Client, Clients, Place
from gameserver.admission.joins import JoinAdmission
from gameserver.admission.measures import Measures
from gameserver.admission.open_rooms import OpenRooms
from gameserver.admission.tokens import new_token
from gameserver.match import absences
from gameserver.match.seats import Connection, PlayerInfo
from gameserver.room import GameRoom, RoomFull, RoomUnavailable
from gameserver.world.settings import ServerSettings
from Net.close_codes import CloseCode
from Net.errors import PacketError
from Net.PacketCodes import Packet
from Net.port.own_connections import OwnConnections

LOST_SEAT = "your seat was given up while you were away: you begin anew"


AssignRoom = Callable[[PlayerInfo, Optional[str]], GameRoom]


class Seating:
    """Gives seats to clients. lock: the lobby's lock, which guards the clients and the rooms.

    assign_room: returns the room for a player and its address, as `GameServer.assign_player_to_room` does.

    closed_because: a sentence that says why no new players may join; None: they may.
    """

    def __init__(
        self,
        settings: ServerSettings,
        measures: Measures,
        own_connections: OwnConnections,
        lock: threading.RLock,
        clients: Clients,
        rooms: OpenRooms,
        assign_room: AssignRoom,
    ) -> None:
        self.closed_because: str | None = None
        self._measures = measures
        self._own_connections = own_connections
        self._join_admission = JoinAdmission(settings, measures, own_connections)
        self._lock = lock
        self._clients = clients
        self._rooms = rooms
        self._assign_room = assign_room

    def close(self, reason: str) -> None:
        """Refuses new players from now on; reason: a sentence. It takes no lock."""
        self.closed_because = reason

    def join(
        self, client: Client, name: str, room: str | None, team: int | None, token: str | None, spectate: bool
    ) -> None:
        """Seats a client, see `Lobby.join`."""
        if client.place is not None:
            raise PacketError("ALREADY_JOINED", "you are in a room: send LEAVE first")
        self._join_admission.check(client.websocket, name, token)
        try:
            replaced = self._resume(client, token) if token else None
            if replaced is None:
                self._seat_newcomer(client, name, room, team, spectate, token)
        except RoomUnavailable as error:
            raise PacketError("ROOM_UNAVAILABLE", str(error)) from None
        if token and replaced is None:
            client.send(Packet("NOTICE", (LOST_SEAT,)))
        client.websocket.flush()
        if replaced is not None:
            replaced.begin_close(CloseCode.POLICY_VIOLATION, "your seat was taken over by another connection")

    def _resume(self, client: Client, token: str) -> Connection | None:
        """Gives a client the seat of a token. Returns the connection that held the seat, or None if there is none."""
        with self._lock:
            place = self._clients.place_for(token)
            if place is None:
                return None
            if place.room.closed_because is not None:
                raise RoomUnavailable(place.room.closed_because)
            replaced = place.seat.websocket
            self._clients.unseat(place.seat)
            place.seat.choose_wire_format(client.as_text)
            place.room.resume_player(client.websocket, place.seat)
            client.take_place(place)
            return replaced

    def _seat_newcomer(
        self, client: Client, name: str, room: str | None, team: int | None, spectate: bool, token: str | None
    ) -> None:
        if self.closed_because is not None:
            raise PacketError("CLOSING", self.closed_because)
        with self._lock:
            player_id = self._clients.new_id()
        is_muted = client.is_muted or self._measures.is_muted(client.websocket.host, name, token)
        info = PlayerInfo(player_id, name, new_token(), room, team, client.as_text, spectate, is_muted)
        # No per-address limit applies to the server's own bots: people at its machine have the same address.
        host = None if client.websocket.address in self._own_connections else client.websocket.host
        try:
            while not self._seat(client, info, self._assign_room(info, host)):
                pass  # the room was closed, or its last seat was taken, before the newcomer had a seat
        except Exception:
            with self._lock:
                self._clients.give_back(info.id)
            raise

    def _seat(self, client: Client, info: PlayerInfo, room: GameRoom) -> bool:
        """Seats a newcomer and returns True, or returns False if it must look for a room again. Raises PacketError."""
        with self._lock:  # no other thread may close the room as empty before the newcomer has a seat
            if not self._rooms.has(room):
                return False
            if not info.is_spectator and room.is_full():
                self._displace(room, client.websocket.host)
            try:
                place = Place(room, room.add_player(client.websocket, info))
            except RoomFull as error:
                if info.room is None:
                    return False
                raise PacketError("ROOM_FULL", str(error)) from None
            except Exception:
                if self._rooms.close_if_empty(room):
                    room.clock.ask_to_stop()
                raise
            self._clients.seat(client, place)
            return True

    def _displace(self, room: GameRoom, host: str) -> None:
        """Frees a seat for a newcomer from an address, if one of the seats waits for an absent player."""
        player_id = absences.displaced_by(room.roster.seats(), host)
        if player_id is not None:
            self.take_seat_of(player_id)

    def take_seat_of(self, player_id: int) -> Place | None:
        """Takes a player out of its room and returns the place that it had. The room stays open.

        The caller holds the lock.
        """
        place = self._clients.place_of(player_id)
        if place is not None:
            self._clients.remove(place.seat)
            place.room.remove_player(place.seat.websocket)
        return place
