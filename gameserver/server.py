"""The server: the services of the port, the connections, and the routes from paths to services.

`GameServer` (connections, rooms, routing) -> `GameRoom` (one match) -> `Game` (rules, no networking).
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable

from gameserver import handlers, pages
from gameserver.admission.operators import Operators, is_for_console, is_loopback
from gameserver.admission.room_openings import Reservation
from gameserver.base_game import BaseGame
from gameserver.faults import Faults
from gameserver.game import Game
from gameserver.lobby import Lobby
from gameserver.match.phases import IN_PROGRESS
from gameserver.match.seats import PlayerInfo, Seat
from gameserver.results.recorder import FORGETFUL, Recorder
from gameserver.room import GameRoom
from gameserver.session import Session
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import GameSettings, ServerSettings
from Net.address import Address
from Net.close_codes import CloseCode
from Net.deflate import Compression
from Net.errors import ConnectionClosed
from Net.handshake import Request
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, Packet
from Net.port.accept import Endpoint, Site, upgrade
from Net.port.http import Page
from Net.port.lan import ANY_HOST
from Net.port.listener import Listener
from Net.port.origin import make_policy
from Net.port.own_connections import OwnConnections
from Net.port.reserve import Reserve
from Net.tap import MakeTap
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

# The longest packet of a client is a chat line of 120 characters. Two JSON escapes for each make 1,440 bytes.
GAME_MESSAGE_BYTES = 2048
# The largest command of the operator's page and of the inspector's page.
CONSOLE_MESSAGE_BYTES = 4096
# Rate limits for all paths but the game's: a message there may cost much more time than a player's input.
CONSOLE_RATES = {"frames_per_s": 30.0, "burst_frames": 60}

# Close codes after which the client may come back: no close frame, the page was left or reloaded, or a restart.
LOST = (CloseCode.ABNORMAL, CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART)


class GameServer:
    """A game server: it has a lobby and a port. Nothing runs before `start_server`.

    make_game, recorder: see `GameRoom`.
    """

    def __init__(
        self,
        settings: ServerSettings = ServerSettings(),
        game_settings: BaseSettings = GameSettings(),
        limits: Limits = Limits(),
        make_game: Callable[[Any], BaseGame] = Game,
        recorder: Recorder = FORGETFUL,
    ) -> None:
        self.settings = settings
        self.game_settings = game_settings
        self.own_connections = OwnConnections()
        self.make_game = make_game
        self.lobby = Lobby(
            settings,
            game_settings,
            make_game,
            recorder,
            self.own_connections,
            create_room=self.create_room,
            assign_room=self.assign_player_to_room,
        )
        self.faults = Faults()
        self.operators = Operators()
        self._shutdown_lock = threading.Lock()
        self._save_rooms: Callable[[], bool] = lambda: False
        self._routes: dict[str, Callable[[WebSocket], None]] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._pages: dict[str, Page | Callable[[], Page]] = dict(
            pages.make_pages(getattr(make_game, "page", BaseGame.page))  # a function that makes a game has no page
        )
        self.limits = limits
        policy = make_policy(settings.host_names, settings.allowed_origins)
        self._site = Site(self._endpoints, self._pages, policy)
        self._listener = Listener(
            self._site,
            limits,
            self._serve_client,
            settings.max_connections,
            settings.max_connections_per_address,
            on_keepalive=self.lobby.keep_alive,
            refuse=self.lobby.measures.why_banned,
            proxies=settings.trusted_proxies,
            reserve=Reserve(lambda host: is_loopback(host) or self.operators.are_at(host), is_for_console),
            own=self.own_connections,
        )
        game_limits = limits.narrowed(message_bytes=GAME_MESSAGE_BYTES)
        self.add_route("/", self._play, Compression.ALONE if settings.compress else Compression.NONE, game_limits)
        self.add_route("/echo", _echo, Compression.WITH_CONTEXT, limits.narrowed(**CONSOLE_RATES))
        self.add_page("/rooms.json", lambda: pages.rooms_page(self.lobby.all_rooms()))

    # Services of the port: the extension points for everything but the game itself -----------------------------

    def add_route(
        self,
        path: str,
        serve: Callable[[WebSocket], None],
        compression: Compression = Compression.NONE,
        limits: Limits | None = None,
    ) -> None:
        """Calls `serve` with every WebSocket that asks for a path, in the connection's thread; `serve` may block.

        limits: None means the limits of a console: a person or a page sends it a few short commands a second.
        """
        self._routes[path] = serve
        if limits is None:
            limits = self.limits.narrowed(message_bytes=CONSOLE_MESSAGE_BYTES, **CONSOLE_RATES)
        self._endpoints[path] = Endpoint(compression, limits)

    def limits_of(self, path: str) -> Limits:
        """Returns the limits for connections of a path, or the port's limits if nothing is served there."""
        endpoint = self._endpoints.get(path)
        return (endpoint.limits if endpoint is not None else None) or self.limits

    def add_page(self, path: str, page: Page | Callable[[], Page]) -> None:
        """Answers plain HTTP requests for a path with a page. If `page` is a function, each request calls it."""
        self._pages[path] = page

    def pages(self) -> dict[str, Page | Callable[[], Page]]:
        """Returns the present table of pages."""
        return dict(self._pages)

    def serves(self, path: str) -> bool:
        """Whether there is a page or a WebSocket at a path."""
        return path in self._pages or path in self._routes

    def add_tap(self, make_tap: MakeTap) -> None:
        """Calls `make_tap` for every new connection, which it may then observe; see Net.tap."""
        self._listener.add_tap(make_tap)

    @property
    def listener(self) -> Listener:
        """The port: its listening socket and its open connections."""
        return self._listener

    def check_opening(self, request: Request) -> None:
        """Raises HandshakeError if this request may not open a WebSocket; the accept loop makes the same checks."""
        self._site.policy.check_host(request)
        upgrade(request, self._site)

    # Serving --------------------------------------------------------------------------------------------------

    def listen(self, host: str, port: int) -> Address:
        """Opens the port and returns its address. With port 0 the system chooses a port. Raises OSError."""
        return self._listener.open(host, port)

    def start_server(self, host: str = ANY_HOST, port: int = 3000) -> None:
        """Serves until `stop` or `shutdown` is called from another thread or a signal handler. Raises OSError."""
        self.listen(host, port)
        self.serve()

    def serve(self) -> None:
        """Runs the accept loop, after `listen`. Blocks until everything is closed and every thread has ended."""
        self.lobby.begin_serving()
        try:
            self._listener.serve()
        finally:
            self.shutdown()

    def stop(self) -> None:
        """Makes `serve` shut down and return. It takes no lock, so a signal handler may call it."""
        self._listener.stop()

    def shutdown(self, text: str = "the server is shutting down", code: CloseCode = CloseCode.GOING_AWAY) -> None:
        """Stops the rooms, sends SHUTDOWN to everybody, closes all connections, and joins every thread.

        code: 1001, or 1012 if the server is about to be started again: then pages come back at once.
        """
        with self._shutdown_lock:
            timeout_s = self.settings.shutdown_timeout_s
            self._listener.stop()
            self.lobby.stop_rooms()
            if not self._save_rooms():  # while the players are still connected
                self.end_rounds()
            self.broadcast_global(Packet("SHUTDOWN", (text, round(1000 * timeout_s))))
            self._listener.close_all(code, text, timeout_s)
            self.lobby.close_rooms()

    def save_rooms_with(self, save: Callable[[], bool]) -> None:
        """Calls `save` at the shutdown, after the last tick. If it returns False, all rounds end, with results."""
        self._save_rooms = save

    def end_rounds(self) -> None:
        """Ends every round that is in progress, with results."""
        for room in self.lobby.all_rooms():
            try:
                if room.status == IN_PROGRESS:
                    room.end_game()
            except Exception:
                log.exception("room %s: its round cannot be ended", room.id)

    def handle_client(self, websocket: WebSocket, path: str) -> None:
        """Serves one client in this thread until its connection ends; raises KeyError for an unknown path."""
        self._routes[path](websocket)

    # Rooms and players ----------------------------------------------------------------------------------------

    def create_room(
        self, max_players: int | None = None, room_id: str | None = None, reservation: Reservation | None = None
    ) -> GameRoom:
        """Opens a room, see `Lobby.create_room`. Every JOIN that opens a room calls it."""
        return self.lobby.create_room(max_players, room_id, reservation)

    def assign_player_to_room(self, player_info: PlayerInfo, host: str | None = None) -> GameRoom:
        """Returns the room for a player, see `Lobby.assign_player_to_room`. Every JOIN of a newcomer calls it."""
        return self.lobby.assign_player_to_room(player_info, host)

    def use_settings(self, game_settings: BaseSettings) -> None:
        """Gives these settings to each room that is made from now on. Open rooms keep theirs."""
        self.game_settings = game_settings
        self.lobby.use_settings(game_settings)

    def remove_player_from_room(self, player_id: int) -> None:
        """Takes a player out of its room, and closes the room if it is empty then."""
        self.lobby.remove_player_from_room(player_id)

    def broadcast_global(self, message: Packet) -> None:
        """Sends a packet to every client that is connected to the game, in a room or not."""
        for client in self.lobby.clients():
            client.send(message)

    def tick(self) -> None:
        """Advances every room by one tick, in the calling thread.

        It is for headless runs, tests and replays: they call it instead of `serve`. While the server serves, the tick
        threads of the rooms do this work.
        """
        for room in self.lobby.all_rooms():
            room.tick()

    # Commands of an operator ----------------------------------------------------------------------------------

    def throw_out(self, seat: Seat, reason: str) -> None:
        """Takes a player's seat and closes its connection with 1008 and the reason."""
        websocket = seat.websocket
        self.remove_player_from_room(seat.info.id)
        websocket.post_frame(seat.view.form.frame(TO_CLIENT.encode(Packet("NOTICE", (reason,)), seat.info.as_text)))
        websocket.begin_close(CloseCode.POLICY_VIOLATION, reason)

    def close_banned(self, reason: str) -> None:
        """Closes every WebSocket from a banned address, on every path but the console's."""
        self._listener.enforce_refusals(reason)

    def describe(self) -> dict[str, Any]:
        """Returns the operator's view of the server, as plain data."""
        uptime_s = round(self.lobby.now_ms() / 1000)
        return {"uptime_s": uptime_s, **self.faults.describe(), **self._listener.describe()}

    # Paths ----------------------------------------------------------------------------------------------------

    def _serve_client(self, websocket: WebSocket) -> None:
        self.handle_client(websocket, websocket.path)

    def _play(self, websocket: WebSocket) -> None:
        session = Session(self.lobby, websocket, handlers.handle)
        self.lobby.enter(session.client)
        keeps_seat = False
        try:
            session.run()
        except ConnectionClosed as closed:
            keeps_seat = closed.code in LOST
            raise
        finally:
            self.lobby.leave(session.client, keeps_seat)


def _echo(websocket: WebSocket) -> None:
    while True:
        websocket.send(websocket.receive())
