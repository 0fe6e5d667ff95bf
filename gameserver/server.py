"""The server: what the port offers, who is connected, and which path leads where.

`GameServer` (connections, rooms, routing) -> `GameRoom` (one match) -> `Game` (rules, no networking).
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Callable

from gameserver import handlers, pages
from gameserver.faults import Faults
from gameserver.game import Game
from gameserver.life import IN_PROGRESS
from gameserver.lobby import Lobby
from gameserver.recorder import FORGETFUL, Recorder
from gameserver.seats import Seat
from gameserver.session import Session
from gameserver.settings import GameSettings, ServerSettings
from Net.accept import Site, upgrade
from Net.deflate import Compression
from Net.errors import ConnectionClosed
from Net.handshake import Request
from Net.http import Page
from Net.lan import ANY_HOST
from Net.limits import Limits
from Net.listener import Address, Listener
from Net.origin import make_policy
from Net.PacketCodes import TO_CLIENT, Packet
from Net.tap import MakeTap
from Net.websocket import WebSocket

__all__ = ["GameServer", "handlers"]  # handlers: imported for what it registers

log = logging.getLogger(__name__)

# How a connection ends that its client may want back: without a close frame, or with that of a page being reloaded.
LOST = (1006, 1001)


class GameServer(Lobby):
    """A game server; nothing runs before `start_server`. make_game, recorder: see `GameRoom`."""

    def __init__(
        self,
        settings: ServerSettings = ServerSettings(),
        game_settings: GameSettings = GameSettings(),
        limits: Limits = Limits(),
        make_game: Callable[[GameSettings], Game] = Game,
        recorder: Recorder = FORGETFUL,
    ) -> None:
        super().__init__(settings, game_settings, make_game, recorder)
        self.faults = Faults()
        self._started_at_s = time.monotonic()
        self._banned: set[str] = set()  # addresses
        self._shutdown_lock = threading.Lock()
        # What becomes of the rounds when the server stops; whoever keeps the rooms for another process says so here.
        self.leave_rounds: Callable[[], None] = self.end_rounds
        self._routes: dict[str, Callable[[WebSocket], None]] = {}
        self._compression: dict[str, Compression] = {}
        self._pages: dict[str, Page | Callable[[], Page]] = dict(pages.make_pages())
        self.limits = limits
        policy = make_policy(settings.host_names, settings.allowed_origins)
        self._site = Site(self._compression, self._pages, policy)
        self._listener = Listener(
            self._site,
            limits,
            self._converse,
            settings.max_connections,
            settings.max_connections_per_address,
            tend=self._tend,
            refuse=self._why_banned,
            proxies=settings.trusted_proxies,
        )
        self.add_route("/", self._play, Compression.ALONE if settings.compress else Compression.NONE)
        self.add_route("/echo", _echo, Compression.WITH_CONTEXT)
        self.add_page("/rooms.json", lambda: pages.rooms_page(self.all_rooms()))

    # What the port offers: the seam for everything that is not the game itself ---------------------------------

    def add_route(
        self, path: str, serve: Callable[[WebSocket], None], compression: Compression = Compression.NONE
    ) -> None:
        """Lets `serve` have every WebSocket that asks for a path; it runs in the connection's thread and may block."""
        self._routes[path] = serve
        self._compression[path] = compression

    def add_page(self, path: str, page: Page | Callable[[], Page]) -> None:
        """Answers plain requests for a path with a page, or with what a function makes each time."""
        self._pages[path] = page

    def add_tap(self, make_tap: MakeTap) -> None:
        """Lets `make_tap` listen in on every connection that it wants; see Net.tap."""
        self._listener.tap_makers.append(make_tap)

    def check_opening(self, request: Request) -> None:
        """Raises HandshakeError if a WebSocket may not be opened so, as the accept loop would."""
        self._site.policy.check_host(request)
        upgrade(request, self._site)

    # Serving --------------------------------------------------------------------------------------------------

    def listen(self, host: str, port: int) -> Address:
        """Opens the port and returns the address it got; port 0 lets the system choose. Raises OSError."""
        return self._listener.open(host, port)

    def start_server(self, host: str = ANY_HOST, port: int = 3000) -> None:
        """Serves until `stop` or `shutdown` is called from another thread or a signal handler. Raises OSError."""
        self.listen(host, port)
        self.serve()

    def serve(self) -> None:
        """The blocking accept loop, behind `listen`; returns when everything is closed and every thread has ended."""
        with self._lock:
            self._is_serving = True
        self._start_waiting_rooms()
        try:
            self._listener.serve()
        finally:
            self.shutdown()

    def stop(self) -> None:
        """Makes `serve` shut down and return; takes no lock, so that a signal handler may call it."""
        self._listener.stop()

    def shutdown(self, text: str = "the server is shutting down") -> None:
        """Stops the rooms, says goodbye to everybody, closes all connections with 1001, and joins every thread."""
        with self._shutdown_lock:
            timeout_s = self.settings.shutdown_timeout_s
            self._listener.stop()
            with self._lock:
                self._is_serving = False
            rooms = self.all_rooms()
            for room in rooms:
                room.pace.ask_to_stop()
            for room in rooms:
                room.stop()
            self.leave_rounds()  # while the players are still there
            self.broadcast_global(Packet("SHUTDOWN", (text, round(1000 * timeout_s))))
            self._listener.close_all(1001, text, timeout_s)
            with self._lock:
                self.rooms.clear()

    def end_rounds(self) -> None:
        """Ends every round that is in progress, with results."""
        for room in self.all_rooms():
            try:
                if room.status == IN_PROGRESS:
                    room.end_game()
            except Exception:
                log.exception("room %s: its round can not be ended", room.id)

    def handle_client(self, websocket: WebSocket, path: str) -> None:
        """Serves one client to the end of its connection, in this thread; raises KeyError for an unknown path."""
        self._routes[path](websocket)

    def tick(self) -> None:
        """Advances every room by one tick, in the calling thread: for headless runs, when nothing is being served."""
        for room in self.all_rooms():
            room.tick()

    def broadcast_global(self, message: Packet) -> None:
        """Tells everybody who is connected to the game, in a room or not."""
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.send(message)

    # What an operator may do ----------------------------------------------------------------------------------

    def throw_out(self, seat: Seat, reason: str) -> None:
        """Takes a player's seat and closes its connection with 1008 and the reason."""
        websocket = seat.websocket
        self.remove_player_from_room(seat.info.id)
        websocket.post_frame(seat.view.form.frame(TO_CLIENT.encode(Packet("NOTICE", (reason,)), seat.info.as_text)))
        websocket.begin_close(1008, reason)

    def ban(self, seat: Seat) -> str:
        """Lets nobody in any more from the address of a player; returns that address."""
        with self._lock:
            self._banned.add(seat.websocket.host)
        return seat.websocket.host

    def describe(self) -> dict[str, Any]:
        """What an operator sees of the server, as plain data."""
        uptime_s = round(time.monotonic() - self._started_at_s)
        return {"uptime_s": uptime_s, **self.faults.describe(), **self._listener.describe()}

    def now_ms(self) -> int:
        """Milliseconds since the server was made."""
        return round(1000 * (time.monotonic() - self._started_at_s))

    def _why_banned(self, host: str) -> str | None:
        return "this address is banned" if host in self._banned else None

    # Paths ----------------------------------------------------------------------------------------------------

    def _converse(self, websocket: WebSocket) -> None:
        self.handle_client(websocket, websocket.path)

    def _play(self, websocket: WebSocket) -> None:
        session = Session(self, websocket)
        with self._lock:
            self._sessions[websocket] = session
        keeps_seat = False
        try:
            session.run()
        except ConnectionClosed as closed:
            keeps_seat = closed.code in LOST
            raise
        finally:
            self._leave_behind(session, keeps_seat)

    def _tend(self, now_s: float) -> None:
        """About once a second: closes who never joins or answers no PING, and gives up the seats of who stays away.

        Rooms for which there was no thread are tried again.
        """
        self._start_waiting_rooms()
        with self._lock:
            sessions, places = list(self._sessions.values()), list(self.players.values())
        for session in sessions:
            session.close_if_idle(now_s, self.settings.join_timeout_s)
        for _, seat in places:
            if seat.absent_since_s is not None and now_s - seat.absent_since_s > self.settings.reconnect_s:
                self.remove_player_from_room(seat.info.id)
            elif seat.receipts.is_lost():
                seat.websocket.begin_close(1008, "you answer no PING, or read far too slowly")


def _echo(websocket: WebSocket) -> None:
    while True:
        websocket.send(websocket.receive())
