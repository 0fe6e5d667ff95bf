"""Helpers for the tests of the game server: a server that really serves, and players that really connect to it."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from gameserver.base_game import BaseGame
from gameserver.game import Game
from gameserver.match.seats import PlayerInfo
from gameserver.results.recorder import FORGETFUL, Recorder
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import GameSettings, ServerSettings
from Net.client import connect
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.messages import Message
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, tcp_pair, wait_until

_RESET_ON_CLOSE = b"\x01\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds
# Bounds for a busy machine: an undisturbed player gets at least this share of the STATEs that are due by the wall
# clock, and a pause of the whole machine up to this time does not count against the server.
LEAST_SHARE, PAUSE_ALLOWED_S = 0.5, 1.0

# Linux tells here from which ports it takes one for a connection that goes out; other systems take theirs above 49152.
_PORTS_OF_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST_PORT, _LAST_PORT = 20000, 32767
# Processes that ask at the same time begin this far from each other.
_PORTS_OF_A_PROCESS = 64
_ports_tried = itertools.count(os.getpid() * _PORTS_OF_A_PROCESS)


def free_port() -> int:
    """Returns a port of 127.0.0.1 that stays free until the caller's server binds it.

    The kernel gives none of these ports to a connection that goes out. A port that was bound to 0 and closed again is
    one that it does give away, perhaps before the server binds it.
    """
    first, end = _FIRST_PORT, _LAST_PORT + 1
    with contextlib.suppress(OSError):
        lowest, highest = map(int, _PORTS_OF_CLIENTS.read_text().split())
        if lowest > first + _PORTS_OF_A_PROCESS:
            end = min(end, lowest)
        elif highest < 65535 - _PORTS_OF_A_PROCESS:
            first, end = max(first, highest + 1), 65536
    for number in _ports_tried:
        port = first + number % (end - first)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable: the count has no end")


class Entity(NamedTuple):
    """A player (kind 0), projectile (1) or animal (2) as a client knows it."""

    kind: int
    x: int
    y: int
    angle: int
    health: int
    flags: int


class WorldModel:
    """The world that a client builds from packets, as docs/protocol.md says."""

    def __init__(self) -> None:
        self.entities: dict[int, Entity] = {}
        self.scenery: dict[int, tuple[int, ...]] = {}
        self.tick: int | None = None
        self.sequence: int | None = None
        self.own: tuple[Any, ...] | None = None  # health, score, resources, ...
        self.scoreboard: list[list[Any]] = []

    def apply(self, packet: Packet) -> None:
        if packet.id == "STATE":
            self._apply_state(*packet.args)
        elif packet.id == "OBJECTS":
            for thing_id, *values in groups(packet.args[0], 5):
                assert thing_id not in self.scenery, f"scenery {thing_id} was sent twice"
                self.scenery[thing_id] = tuple(values)
        elif packet.id == "OBJECTS_GONE":
            for thing_id in packet.args[0]:
                del self.scenery[thing_id]
        elif packet.id == "SCOREBOARD":
            assert packet.args[0] != self.scoreboard, "SCOREBOARD comes only when it has changed"
            self.scoreboard = packet.args[0]
        elif packet.id == "SELF":
            assert packet.args != self.own, "SELF comes only when a value has changed"
            self.own = packet.args

    def _apply_state(self, tick: int, sequence: int | None, moved: list[int], gone: list[int]) -> None:
        self.tick, self.sequence = tick, sequence
        for entity_id in gone:  # first, so that an entity in both lists is alive
            self.entities.pop(entity_id, None)
        for entity_id, *values in groups(moved, 7):
            self.entities[entity_id] = Entity(*values)


def groups(numbers: list[int], size: int) -> list[tuple[int, ...]]:
    """Cuts a flat list into groups; its length must be a multiple of the size."""
    assert len(numbers) % size == 0
    return list(zip(*[iter(numbers)] * size))


class Player:
    """A client that reads when a test asks it to. Every packet must be valid and have the encoding of the JOIN."""

    def __init__(self, websocket: WebSocket, as_text: bool = False) -> None:
        self.websocket = websocket
        self.as_text = as_text
        self.id = 0
        self.room_id = ""
        self.world = WorldModel()
        self.tick_gaps: list[tuple[int, int]] = []  # the ticks of two STATEs with missing ones between
        self._pings = itertools.count()
        self._tick_rate = 0  # the room's, from WELCOME; the two below count from there
        self._welcomed_s = 0.0  # time.monotonic()
        self._states = 0

    def send(self, packet_id: str, *args: Any) -> None:
        self.websocket.send(TO_SERVER.encode(Packet(packet_id, args), self.as_text))

    def send_raw(self, message: Message) -> None:
        self.websocket.send(message)

    def receive(self, timeout_s: float = DEADLINE_S) -> Packet:
        message = self.websocket.receive(timeout_s)
        assert isinstance(message, str) == self.as_text, f"an answer in the wrong form: {message!r}"
        packet = TO_CLIENT.decode(message)
        if packet.id == "WELCOME":  # the client forgets all that it knew before
            self.world, self.tick_gaps = WorldModel(), []
            self._tick_rate, self._welcomed_s, self._states = packet.args[3]["tick_rate"], time.monotonic(), 0
        self._states += packet.id == "STATE"
        if packet.id == "STATE" and self.world.tick is not None and packet.args[0] - self.world.tick > 1:
            self.tick_gaps.append((self.world.tick, packet.args[0]))
        self.world.apply(packet)
        return packet

    def receive_until(self, is_last: Callable[[Packet], bool], what: str) -> list[Packet]:
        """Receives up to the packet that the test waits for, and returns all packets."""
        deadline_s = time.monotonic() + DEADLINE_S
        packets = []
        while True:
            assert time.monotonic() < deadline_s, f"{what} does not come"
            packets.append(self.receive())
            if is_last(packets[-1]):
                return packets

    def wait_for(self, packet_id: str, *first_args: Any) -> tuple[Any, ...]:
        """Waits for the next packet with this id and these first arguments; returns its arguments."""

        def is_it(packet: Packet) -> bool:
            return packet.id == packet_id and packet.args[: len(first_args)] == first_args

        return self.receive_until(is_it, f"{packet_id}{first_args}")[-1].args

    def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        """Receives until the condition holds."""
        if not condition():
            self.receive_until(lambda _: bool(condition()), what)

    def sync(self) -> list[Packet]:
        """Waits until the server has handled all packets sent so far; returns the packets up to its PONG."""
        number = next(self._pings)
        self.send("PING", number)
        return self.receive_until(lambda p: p.id == "PONG" and p.args[0] == number, "PONG")

    def join(self, name: str = "Ann", **options: Any) -> list[Packet]:
        """Joins; returns all packets up to the first state."""
        self.send("JOIN", name, options)
        packets = self.receive_until(lambda p: p.id in ("STATE", "GAME_STATE", "ERROR"), "the first state")
        assert packets[-1].id != "ERROR", f"JOIN was refused: {packets[-1]}"
        welcome = next(packet for packet in packets if packet.id == "WELCOME")
        self.id, self.room_id = welcome.args[:2]
        return packets

    def assert_undisturbed(self) -> None:
        """Asserts that no STATE is missing, and that enough have come by the wall clock. Call it with all packets read.

        Tick numbers alone do not show a server that stalls: it counts only the ticks that it has made.
        """
        assert self.tick_gaps == [], "STATEs are missing"
        due_s = time.monotonic() - self._welcomed_s - PAUSE_ALLOWED_S
        due = LEAST_SHARE * self._tick_rate * due_s
        assert self._states >= due, f"{self._states} STATEs have come, at least {due:.0f} were due"

    def own_entity(self) -> Entity:
        return self.world.entities[self.id]

    def sees_at(self, other: Player, x: int, y: int) -> bool:
        entity = self.world.entities.get(other.id)
        return entity is not None and (entity.x, entity.y) == (x, y)

    def receive_to_the_end(self) -> tuple[list[Packet], ConnectionClosed]:
        """Returns all remaining packets, and the end of the connection."""
        packets = []
        while True:
            try:
                packets.append(self.receive())
            except ConnectionClosed as closed:
                return packets, closed

    def reset_connection(self) -> None:
        """Vanishes with a TCP reset, as when a machine is switched off and on."""
        self.socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.socket().close()

    def end_stream(self) -> None:
        """Vanishes with a TCP FIN and no WebSocket close, as when a program is killed."""
        self.socket().shutdown(socket.SHUT_WR)

    def socket(self) -> socket.socket:
        return self.websocket.sock

    def hang_up(self) -> None:
        """Closes the socket, whatever has happened to it."""
        if self.socket().fileno() >= 0:
            self.websocket.close()
            self.socket().close()


def plain_world(**changes: Any) -> GameSettings:
    """A small map with nothing on it but players, without an end, and with quick ticks."""
    settings: dict[str, Any] = {
        "map_size": 4000.0,
        "tick_rate": 50,
        "time_limit_s": None,
        "spawn_clearance": 300.0,
        "animals": 0,
        "trees_per_area": 0,
        "bushes_per_area": 0,
        "rocks": 0,
        "gold": 0,
        "snow_share": 0.0,
        "river_share": 0.0,
        "start_resources": (0, 0, 0, 0),
        "arrow_wood": 0,
    }
    settings.update(changes)
    return GameSettings(**settings)


def place(room: GameRoom, player_id: int, x: float, y: float) -> None:
    """Moves a player to a place; its next STATE shows it there."""
    with room.game.lock:
        player = room.game.players[player_id]
        player.x, player.y = x, y


class Arena:
    """A server that serves, and the players that have connected to it."""

    def __init__(self, server: GameServer, port: int, thread: threading.Thread) -> None:
        self.server = server
        self.port = port
        self.thread = thread
        self._players: list[Player] = []

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def connect(self, as_text: bool = False, path: str = "/", limits: Limits = Limits()) -> Player:
        player = Player(connect(self.url(path), limits), as_text)
        self._players.append(player)
        return player

    def join(self, name: str = "Ann", as_text: bool = False, **options: Any) -> Player:
        player = self.connect(as_text)
        player.join(name, **options)
        return player

    def room(self, player: Player) -> GameRoom:
        return self.server.lobby.rooms[player.room_id]

    def hang_up(self) -> None:
        for player in self._players:
            player.hang_up()


@contextlib.contextmanager
def serving(
    game_settings: BaseSettings = plain_world(),
    limits: Limits = Limits(),
    make_game: Callable[[Any], BaseGame] = Game,
    port: int = 0,
    make_server: type[GameServer] = GameServer,
    **server_settings: Any,
) -> Iterator[Arena]:
    """Serves, on any port unless one is named; at the end the server must shut down and leave no thread behind."""
    threads_before = set(threading.enumerate())
    server = make_server(ServerSettings(**server_settings), game_settings, limits, make_game)
    _, port = server.listen("127.0.0.1", port)
    thread = threading.Thread(target=server.serve, name="server", daemon=True)
    thread.start()
    arena = Arena(server, port, thread)
    try:
        yield arena
    finally:
        arena.hang_up()
        server.stop()
        thread.join(DEADLINE_S)
    assert not thread.is_alive(), "the server does not stop"
    wait_until(lambda: set(threading.enumerate()) <= threads_before, "no thread is left")


class Stage:
    """A room on a server that does not serve: tests make its ticks. Its players are real connections."""

    def __init__(self, server: GameServer, room: GameRoom, sockets: contextlib.ExitStack) -> None:
        self.server = server
        self.room = room
        self._sockets = sockets
        self._ids = itertools.count(1)

    def seat(self, name: str = "Ann", as_text: bool = False, team: int | None = None) -> Player:
        near, far = tcp_pair()
        self._sockets.callback(near.close)
        self._sockets.callback(far.close)
        info = PlayerInfo(next(self._ids), name, "token", team=team, as_text=as_text)
        server_end = WebSocket(near, Limits())
        self.room.add_player(server_end, info)
        player = Player(WebSocket(far, Limits(), is_client=True), as_text)
        player.id = info.id
        return player

    def server_end(self, player: Player) -> WebSocket:
        seat = self.room.find_player_by_id(player.id)
        assert seat is not None
        return seat.websocket

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.acknowledge()
            self.room.tick()

    def acknowledge(self) -> None:
        """Makes each client count as up to date: no thread reads the pongs."""
        for seat in self.room.roster.everybody():
            if isinstance(seat.websocket, WebSocket):
                seat.websocket.note_pong(seat.websocket.awaited_pong)


@contextlib.contextmanager
def staged(
    game_settings: BaseSettings = plain_world(),
    make_game: Callable[[Any], BaseGame] = Game,
    recorder: Recorder = FORGETFUL,
    **server_settings: Any,
) -> Iterator[Stage]:
    """Yields a room whose ticks the test makes."""
    server = GameServer(ServerSettings(**server_settings), game_settings, make_game=make_game, recorder=recorder)
    with contextlib.ExitStack() as sockets:
        yield Stage(server, server.create_room(), sockets)
