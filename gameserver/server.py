"""The server: who is connected, which rooms there are, and which path leads where.

`GameServer` (connections, rooms, routing) -> `GameRoom` (one match) -> `Game` (rules, no networking).
Its lock guards the sessions and the rooms; it may be held while a room's is taken, never the other way round.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
from typing import Any, Callable

from gameserver import handlers, pages
from gameserver.game import Game
from gameserver.room import GameRoom, RoomFull
from gameserver.seats import PlayerInfo
from gameserver.session import Session
from gameserver.settings import GameSettings, ServerSettings
from Net.accept import Site
from Net.deflate import Compression
from Net.errors import PacketError
from Net.lan import reachable_addresses, url
from Net.limits import Limits
from Net.listener import Address, Listener
from Net.origin import make_policy
from Net.PacketCodes import Packet
from Net.websocket import WebSocket

__all__ = ["GameServer", "handlers"]  # handlers: imported for what it registers

log = logging.getLogger(__name__)


class GameServer:
    """A game server; nothing runs before `start_server`. make_game: builds the game of each room."""

    def __init__(
        self,
        settings: ServerSettings = ServerSettings(),
        game_settings: GameSettings = GameSettings(),
        limits: Limits = Limits(),
        make_game: Callable[[GameSettings], Game] = Game,
    ) -> None:
        self.settings = settings
        self.game_settings = game_settings
        self.started_at_ms = round(time.monotonic() * 1000)
        self._make_game = make_game
        self._routes: dict[str, Callable[[WebSocket], None]] = {"/": self._play, "/echo": _echo}
        policy = make_policy(settings.host_names, settings.allowed_origins)
        websockets = {
            "/": Compression.ALONE if settings.compress else Compression.NONE,
            "/echo": Compression.WITH_CONTEXT,
        }
        site = Site(websockets, pages.make_pages(self.describe_rooms, self.public_url), policy)
        self._listener = Listener(
            site,
            limits,
            self._converse,
            settings.max_connections,
            settings.max_connections_per_address,
            tend=self._close_idle,
        )
        self._address: Address = ("localhost", 0)
        self._is_serving = False
        self._player_ids = itertools.count(1)
        self._room_numbers = itertools.count(1)
        self._shutdown_lock = threading.Lock()
        self._lock = threading.RLock()
        self._sessions: set[Session] = set()
        self.rooms: dict[str, GameRoom] = {}
        self.players: dict[int, Session] = {}  # those in a room

    # Serving --------------------------------------------------------------------------------------------------

    def listen(self, host: str, port: int) -> Address:
        """Opens the port and returns the address it got; port 0 lets the system choose. Raises OSError."""
        self._address = self._listener.open(host, port)
        return self._address

    def public_url(self) -> str:
        """Where people on the same network open the game: the first address that reaches this machine."""
        host, port = self._address
        return url("http", next(iter(reachable_addresses(host)), "localhost"), port)

    def start_server(self, host: str = "0.0.0.0", port: int = 3000) -> None:
        """Serves until `stop` or `shutdown` is called from another thread or a signal handler. Raises OSError."""
        self.listen(host, port)
        self.serve()

    def serve(self) -> None:
        """The blocking accept loop, behind `listen`; returns when everything is closed and every thread has ended."""
        with self._lock:
            self._is_serving = True
            for room in self.rooms.values():
                room.start()
        try:
            self._listener.serve()
        finally:
            self.shutdown()

    def stop(self) -> None:
        """Makes `serve` shut down and return; takes no lock, so that a signal handler may call it."""
        self._listener.stop()

    def shutdown(self, text: str = "the server is shutting down") -> None:
        """Says goodbye to everybody, closes all connections with 1001, and joins every thread."""
        with self._shutdown_lock:
            timeout_s = self.settings.shutdown_timeout_s
            self._listener.stop()
            self.broadcast_global(Packet("SHUTDOWN", (text, round(1000 * timeout_s))))
            self._listener.close_all(1001, text, timeout_s)
            with self._lock:
                self._is_serving = False
                rooms = list(self.rooms.values())
                self.rooms.clear()
            for room in rooms:
                room.stop()

    def handle_client(self, websocket: WebSocket, path: str) -> None:
        """Serves one client to the end of its connection, in this thread; raises KeyError for an unknown path."""
        self._routes[path](websocket)

    def tick(self) -> None:
        """Advances every room by one tick, in the calling thread: for headless runs, when nothing is being served."""
        for room in self.all_rooms():
            room.tick()

    # Rooms ----------------------------------------------------------------------------------------------------

    def create_room(self, max_players: int | None = None, room_id: str | None = None) -> GameRoom:
        """Opens a room with so many seats (None: as the settings say), and starts its tick thread when serving.

        Raises ValueError if there is a room of that name.
        """
        with self._lock:
            if room_id is None:
                room_id = next(name for name in map("room-{}".format, self._room_numbers) if name not in self.rooms)
            if room_id in self.rooms:
                raise ValueError(f"there is a room {room_id!r} already")
            capacity = self.settings.max_players if max_players is None else max_players
            room = GameRoom(room_id, self.game_settings, self.settings, capacity, self._make_game)
            self.rooms[room_id] = room
            if self._is_serving:
                room.start()
            return room

    def assign_player_to_room(self, player_info: PlayerInfo) -> GameRoom:
        """Returns the room for a player: the one it names, which is created if need be, or the first with a seat."""
        with self._lock:
            if player_info.room is not None:
                return self.rooms.get(player_info.room) or self.create_room(room_id=player_info.room)
            for room in self.rooms.values():
                if not room.is_full():
                    return room
            return self.create_room()

    def remove_player_from_room(self, player_id: int) -> None:
        """Takes a player out of its room, and closes the room if it was the last; does nothing if it is in none."""
        with self._lock:
            session = self.players.pop(player_id, None)
            if session is None or session.room is None:
                return
            room, session.room, session.info = session.room, None, None
            room.remove_player(session.websocket)
            is_over = room.is_empty()
            if is_over:
                self.rooms.pop(room.id, None)
        if is_over:
            room.stop()

    def join(
        self,
        session: Session,
        name: str,
        room: str | None = None,
        team: int | None = None,
        token: str | None = None,
        spectate: bool = False,
    ) -> None:
        """Seats a client as a new player; arguments as in JOIN. Raises PacketError when that can not be.

        A token is of no use yet: a player who leaves is gone at once.
        """
        if session.room is not None:
            raise PacketError("ALREADY_JOINED", "you are in a room: send LEAVE first")
        if spectate:
            raise PacketError("NOT_AVAILABLE", "there are no seats for spectators here")
        info = PlayerInfo(next(self._player_ids), name, secrets.token_urlsafe(16), room, team, session.as_text)
        with self._lock:  # nobody may close the room as empty between these two
            chosen = self.assign_player_to_room(info)
            try:
                chosen.add_player(session.websocket, info)
            except RoomFull as error:
                raise PacketError("ROOM_FULL", str(error)) from None
            session.room, session.info, session.has_ever_joined = chosen, info, True
            self.players[info.id] = session
        session.websocket.flush()

    def leave(self, session: Session) -> None:
        """Takes a client out of its room, if it is in one."""
        if session.info is not None:
            self.remove_player_from_room(session.info.id)

    def broadcast_global(self, message: Packet) -> None:
        """Tells everybody who is connected to the game, in a room or not."""
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.send(message)

    def all_rooms(self) -> list[GameRoom]:
        """The rooms that are open now."""
        with self._lock:
            return list(self.rooms.values())

    def describe_rooms(self) -> dict[str, Any]:
        """What /rooms.json says: enough to choose a room by."""
        rooms = [
            {
                "id": room.id,
                "status": room.status,
                "players": len(room.seats()),
                "capacity": room.capacity,
                "teams": self.game_settings.teams,
            }
            for room in self.all_rooms()
        ]
        return {"rooms": rooms, "server": {"teams": self.game_settings.teams}}

    # Paths ----------------------------------------------------------------------------------------------------

    def _converse(self, websocket: WebSocket) -> None:
        self.handle_client(websocket, websocket.path)

    def _play(self, websocket: WebSocket) -> None:
        session = Session(self, websocket)
        with self._lock:
            self._sessions.add(session)
        try:
            session.run()
        finally:
            self.leave(session)
            with self._lock:
                self._sessions.discard(session)

    def _close_idle(self, now_s: float) -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.close_if_idle(now_s, self.settings.join_timeout_s)


def _echo(websocket: WebSocket) -> None:
    while True:
        websocket.send(websocket.receive())
