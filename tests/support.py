"""What tests of the game server share: a server that really serves, and players that really connect to it."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from typing import Any, Callable, Iterator, NamedTuple

from gameserver.game import Game
from gameserver.match.seats import PlayerInfo
from gameserver.results.recorder import FORGETFUL, Recorder
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.settings import GameSettings, ServerSettings
from Net.client import connect
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.messages import Message
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, tcp_pair, wait_until

_RESET_ON_CLOSE = b"\x01\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds
# What an undisturbed player gets at least, of the STATEs that are due by the wall clock, on a busy machine; and for how
# long the whole machine may stand still without being blamed on the server.
LEAST_SHARE, PAUSE_ALLOWED_S = 0.5, 1.0


class Entity(NamedTuple):
    """What a client knows of a player (kind 0), projectile (1) or animal (2)."""

    kind: int
    x: int
    y: int
    angle: int
    health: int
    flags: int


class WorldModel:
    """What a client makes of the packets about the world, as docs/protocol.md tells it to."""

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
        for entity_id in gone:  # first, so that who stands in both lists is alive
            self.entities.pop(entity_id, None)
        for entity_id, *values in groups(moved, 7):
            self.entities[entity_id] = Entity(*values)


def groups(numbers: list[int], size: int) -> list[tuple[int, ...]]:
    """The groups of a flat list, which must come out even."""
    assert len(numbers) % size == 0
    return list(zip(*[iter(numbers)] * size))


class Player:
    """A client that reads when a test asks it to. Every packet must be valid and have the form of the JOIN."""

    def __init__(self, websocket: WebSocket, as_text: bool = False) -> None:
        self.websocket = websocket
        self.as_text = as_text
        self.id = 0
        self.room_id = ""
        self.world = WorldModel()
        self.tick_gaps: list[tuple[int, int]] = []  # ticks of STATEs that do not follow each other
        self._pings = itertools.count()
        self._tick_rate = 0  # of the room, as WELCOME has told; the two below count from there
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
        if packet.id == "WELCOME":  # whatever it knew before, it begins anew
            self.world, self.tick_gaps = WorldModel(), []
            self._tick_rate, self._welcomed_s, self._states = packet.args[3]["tick_rate"], time.monotonic(), 0
        self._states += packet.id == "STATE"
        if packet.id == "STATE" and self.world.tick is not None and packet.args[0] - self.world.tick > 1:
            self.tick_gaps.append((self.world.tick, packet.args[0]))
        self.world.apply(packet)
        return packet

    def receive_until(self, is_last: Callable[[Packet], bool], what: str) -> list[Packet]:
        """All packets up to one that the test waits for."""
        deadline_s = time.monotonic() + DEADLINE_S
        packets = []
        while True:
            assert time.monotonic() < deadline_s, f"{what} does not come"
            packets.append(self.receive())
            if is_last(packets[-1]):
                return packets

    def wait_for(self, packet_id: str, *first_args: Any) -> tuple[Any, ...]:
        """The arguments of the next packet of this id that starts with these arguments."""

        def is_it(packet: Packet) -> bool:
            return packet.id == packet_id and packet.args[: len(first_args)] == first_args

        return self.receive_until(is_it, f"{packet_id}{first_args}")[-1].args

    def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        """Receives until the condition holds."""
        if not condition():
            self.receive_until(lambda _: bool(condition()), what)

    def sync(self) -> list[Packet]:
        """All packets up to the PONG that says everything sent before was handled."""
        number = next(self._pings)
        self.send("PING", number)
        return self.receive_until(lambda p: p.id == "PONG" and p.args[0] == number, "PONG")

    def join(self, name: str = "Ann", **options: Any) -> list[Packet]:
        """Joins; returns all packets up to the first STATE."""
        self.send("JOIN", name, options)
        packets = self.receive_until(lambda p: p.id in ("STATE", "ERROR"), "the first STATE")
        assert packets[-1].id == "STATE", f"JOIN was refused: {packets[-1]}"
        welcome = next(packet for packet in packets if packet.id == "WELCOME")
        self.id, self.room_id = welcome.args[:2]
        return packets

    def assert_undisturbed(self) -> None:
        """Every STATE has come, and by the wall clock as many as were due; call it when all that came has been read.

        The numbers of the ticks alone do not show a server that stalls: it counts only the ticks that it has made.
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
        """All packets that are left, and how the connection ended."""
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
        return self.websocket._sock

    def hang_up(self) -> None:
        """Gives the socket back, whatever has happened to it."""
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
    """Puts a player somewhere; its next STATE shows it there."""
    with room.game.lock:
        player = room.game.players[player_id]
        player.x, player.y = x, y


class Arena:
    """A server that serves, and the players who came to it."""

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
    game_settings: GameSettings = plain_world(),
    limits: Limits = Limits(),
    make_game: Callable[[GameSettings], Game] = Game,
    **server_settings: Any,
) -> Iterator[Arena]:
    """Serves on a free port; at the end the server must shut down and leave no thread behind."""
    threads_before = set(threading.enumerate())
    server = GameServer(ServerSettings(**server_settings), game_settings, limits, make_game)
    _, port = server.listen("127.0.0.1", 0)
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
    """A room on a server that does not serve: tests call its ticks. Its players are real connections."""

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
            for seat in self.room.roster.everybody():
                seat.websocket.awaited_pong = b""  # no thread hears the pongs: all count as having read all
            self.room.tick()


@contextlib.contextmanager
def staged(
    game_settings: GameSettings = plain_world(),
    make_game: Callable[[GameSettings], Game] = Game,
    recorder: Recorder = FORGETFUL,
    **server_settings: Any,
) -> Iterator[Stage]:
    """A room whose ticks the test calls."""
    server = GameServer(ServerSettings(**server_settings), game_settings, make_game=make_game, recorder=recorder)
    with contextlib.ExitStack() as sockets:
        yield Stage(server, server.create_room(), sockets)
