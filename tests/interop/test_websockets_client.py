"""Tests with a client from the `websockets` package: it shares no code with the server.

The tests write and read packets with `json` and `msgpack` alone, by the numbers in docs/protocol.md.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import time
from typing import Any, Callable, Iterator

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from Net.limits import Limits
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, place, plain_world, serving

TICK_RATE = 50

JOIN, MOVE, ATTACK, SHOOT, LEAVE, PING = 1, 2, 4, 5, 7, 9
TO_SERVER = {JOIN: "JOIN", MOVE: "MOVE", ATTACK: "ATTACK", SHOOT: "SHOOT", LEAVE: "LEAVE", PING: "PING"}
WELCOME, ERROR, PONG, ROOM, PLAYER = 32, 33, 34, 37, 38
STATE, SELF, DIED, GAME_OVER, SHUTDOWN = 42, 43, 45, 46, 47
TO_CLIENT = {
    "WELCOME": WELCOME,
    "ERROR": ERROR,
    "PONG": PONG,
    "NOTICE": 35,
    "CHAT": 36,
    "ROOM": ROOM,
    "PLAYER": PLAYER,
    "PLAYER_GONE": 39,
    "OBJECTS": 40,
    "OBJECTS_GONE": 41,
    "STATE": STATE,
    "SELF": SELF,
    "SCOREBOARD": 44,
    "DIED": DIED,
    "GAME_OVER": GAME_OVER,
    "SHUTDOWN": SHUTDOWN,
}
FORMS = pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])


class Client:
    """A player on a connection of `websockets`."""

    def __init__(self, connection: ClientConnection, as_text: bool) -> None:
        self.connection = connection
        self.as_text = as_text
        self.id = 0
        self.tick = 0
        self.sequence: int | None = None
        self.entities: dict[int, tuple[int, ...]] = {}  # kind, x, y, angle, health, flags

    def send(self, code: int, *args: Any) -> None:
        packet = json.dumps([TO_SERVER[code], args]) if self.as_text else msgpack.packb([code, args])
        self.connection.send(packet)

    def receive(self) -> tuple[int, list[Any]]:
        message = self.connection.recv(timeout=DEADLINE_S)
        if self.as_text:
            assert isinstance(message, str)
            name, args = json.loads(message)
            code = TO_CLIENT[name]
        else:
            assert isinstance(message, bytes)
            code, args = msgpack.unpackb(message)
        if code == STATE:
            self._apply_state(*args)
        return code, args

    def _apply_state(self, tick: int, sequence: int | None, moved: list[int], gone: list[int]) -> None:
        self.tick, self.sequence = tick, sequence
        for entity_id in gone:
            self.entities.pop(entity_id, None)
        for entity_id, *values in zip(*[iter(moved)] * 7):
            self.entities[entity_id] = tuple(values)

    def wait_for(self, code: int) -> list[Any]:
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            got, args = self.receive()
            if got == code:
                return args
        raise AssertionError(f"packet {code} does not come")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"still not so: {what}"
            self.receive()

    def join(self, name: str, **options: Any) -> None:
        self.send(JOIN, name, options)
        self.id = self.wait_for(WELCOME)[0]
        self.wait_for(STATE)

    def place(self) -> tuple[int, ...]:
        return self.entities[self.id][1:3]


@contextlib.contextmanager
def joined(arena: Arena, name: str, as_text: bool) -> Iterator[Client]:
    with connect(arena.url()) as connection:
        client = Client(connection, as_text)
        client.join(name)
        yield client
        with contextlib.suppress(ConnectionClosed):
            client.send(LEAVE)
            client.send(PING, 0)
            client.wait_for(PONG)  # old releases cannot close while messages wait to be read


def put(arena: Arena, client: Client, x: int, y: int) -> None:
    place(next(iter(arena.server.lobby.rooms.values())), client.id, x, y)
    client.wait_until(lambda: client.place() == (x, y), "it is there")


@FORMS
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_join_is_answered_in_its_own_encoding_and_in_order(as_text: bool, compression: str | None) -> None:
    with serving() as arena, connect(arena.url(), compression=compression) as connection:
        client = Client(connection, as_text)
        client.send(JOIN, "Ann")
        codes = [client.receive()[0]]
        while codes[-1] != STATE:
            codes.append(client.receive()[0])
        assert codes[:3] == [WELCOME, ROOM, PLAYER]
        assert codes[-2:] == [SELF, STATE]


@pytest.mark.parametrize("direction", range(8))
def test_walking_covers_speed_times_time_and_nil_stands_still(direction: int) -> None:
    steps = 15
    with serving() as arena, joined(arena, "Ann", as_text=direction % 2 == 0) as client:
        put(arena, client, 2000, 2000)
        client.send(MOVE, direction, 1)
        client.wait_until(lambda: client.sequence == 1, "MOVE is applied")
        started = client.tick
        client.wait_until(lambda: client.tick == started + steps - 1, "some steps")
        distance = plain_world().player_speed * steps / TICK_RATE
        assert client.place()[0] == pytest.approx(2000 + distance * math.cos(direction * math.pi / 4), abs=1)
        assert client.place()[1] == pytest.approx(2000 + distance * math.sin(direction * math.pi / 4), abs=1)
        client.send(MOVE, None, 2)
        client.wait_until(lambda: client.sequence == 2, "nil is applied")
        stopped, rest = client.tick, client.place()
        client.wait_until(lambda: client.tick == stopped + 5, "five more ticks")
        assert client.place() == rest


@FORMS
def test_a_match_is_fought_to_its_end_and_the_next_round_begins(as_text: bool) -> None:
    settings = plain_world(score_limit=200, melee_damage=50.0, projectile_damage=100.0, respawn_after_s=0.2)
    with contextlib.ExitStack() as stack:
        arena = stack.enter_context(serving(settings, results_s=0.2))
        ann = stack.enter_context(joined(arena, "Ann", as_text))
        bob = stack.enter_context(joined(arena, "Bob", not as_text))
        put(arena, ann, 1000, 1000)
        put(arena, bob, 1100, 1000)
        ann.send(ATTACK, 1, 0.0)
        assert bob.wait_for(SELF)[0] == 50  # hit
        assert bob.wait_for(DIED) == [bob.id, ann.id]
        ann.send(ATTACK, 0, 0.0)
        bob.wait_until(lambda: bob.id not in bob.entities, "Bob is gone")
        bob.wait_until(lambda: bob.id in bob.entities, "Bob is back")

        put(arena, ann, 1000, 1000)
        put(arena, bob, 1600, 1000)
        ann.send(SHOOT, 0.0)
        assert ann.wait_for(DIED) == [bob.id, ann.id]
        assert ann.wait_for(DIED) == [bob.id, ann.id]
        expected = [[ann.id, "Ann", None, 200, 2, 0], [bob.id, "Bob", None, 0, 0, 2]]
        for client in (ann, bob):
            assert client.wait_for(GAME_OVER) == [expected, 200, [1, 2]]
            assert client.wait_for(ROOM)[:2] == ["waiting", 2]
            assert client.wait_for(ROOM)[:2] == ["in-progress", 2]
        before = ann.place()
        ann.send(MOVE, 0 if before[0] < 2000 else 4, 1)
        ann.wait_until(lambda: ann.place() != before, "Ann walks in the next round")


@FORMS
def test_bad_input_gets_an_error_and_the_connection_lives(as_text: bool) -> None:
    with serving() as arena, joined(arena, "Ann", as_text) as client:
        client.connection.send("{" if as_text else b"\x91" * 2_000)
        assert client.wait_for(ERROR)[0] == "BAD_PACKET"
        client.send(MOVE, 8)
        assert client.wait_for(ERROR)[0] == "BAD_ARGUMENT"
        client.send(PING, 5)
        assert client.wait_for(PONG)[0] == 5


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize(
    "message",
    ["", b"", "grüß Gott", b"\x00\xff", "ü" * 30_000, bytes(range(250)) * 240],
    ids=["empty text", "empty binary", "text", "binary", "60 kB of text", "60 kB"],
)
def test_echo_sends_everything_back_as_it_came(message: str | bytes, compression: str | None) -> None:
    with serving() as arena, connect(arena.url("/echo"), compression=compression) as connection:
        for _ in range(3):
            connection.send(message)
            assert connection.recv(timeout=DEADLINE_S) == message


@pytest.mark.parametrize("fragments", [["gr", "üß", "", " Gott"], [b"a", b"", b"bc"]], ids=["text", "binary"])
def test_echo_joins_fragments(fragments: list[Any]) -> None:
    with serving() as arena, connect(arena.url("/echo")) as connection:
        connection.send(fragments)
        assert connection.recv(timeout=DEADLINE_S) == type(fragments[0])().join(fragments)


def test_a_ping_is_answered_with_its_payload() -> None:
    with serving() as arena, connect(arena.url("/echo")) as connection:
        assert connection.ping(b"are you there?").wait(DEADLINE_S)


def test_a_message_over_the_limit_is_closed_with_1009() -> None:
    with serving(limits=Limits(message_bytes=1000)) as arena, connect(arena.url("/echo")) as connection:
        connection.send(bytes(1001))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=DEADLINE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_a_close_of_the_client_is_answered() -> None:
    with serving() as arena, connect(arena.url()) as connection:
        connection.close(3333, "good night")
        assert connection.protocol.close_code == 3333
        assert connection.protocol.close_rcvd_then_sent is False


@FORMS
def test_the_end_of_the_server_is_a_shutdown_packet_and_1001(as_text: bool) -> None:
    with serving() as arena, joined(arena, "Ann", as_text) as client:
        arena.server.stop()
        assert client.wait_for(SHUTDOWN)[1] > 0
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def status_of_refusal(url: str, **arguments: Any) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as refused, connect(url, **arguments):
        pass
    return refused.value.response.status_code, refused.value.response.headers


def test_refusals_are_http_responses_that_say_why() -> None:
    with serving(max_connections=1) as arena:
        assert status_of_refusal(arena.url("/lobby"))[0] == 404
        wait_until(lambda: arena.server.listener.connections() == 0, "it has gone")
        assert status_of_refusal(arena.url(), origin="http://evil.example")[0] == 403
        wait_until(lambda: arena.server.listener.connections() == 0, "it has gone")
        with connect(arena.url()):
            status, headers = status_of_refusal(arena.url())
            assert status == 503
            assert int(headers["Retry-After"]) > 0


def test_a_page_of_this_server_may_connect() -> None:
    with serving() as arena:
        origin = f"http://127.0.0.1:{arena.port}"
        with connect(arena.url(), origin=origin) as connection:
            connection.send('["PING",[1]]')
            assert json.loads(connection.recv(timeout=DEADLINE_S))[0] == "PONG"


def test_many_clients_come_and_go() -> None:
    with serving() as arena:
        for name, as_text in zip(map("P{}".format, range(20)), itertools.cycle([False, True])):
            with joined(arena, name, as_text) as client:
                assert client.place()
