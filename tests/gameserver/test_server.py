"""Tests with real clients on a real port: joining, playing a match to its end, vanishing, limits, the server's end."""

from __future__ import annotations

import contextlib
import functools
import gc
import http.client
import itertools
import json
import math
import socket
import threading
import time

import pytest

from gameserver.match.seats import PlayerInfo
from gameserver.server import GameServer
from gameserver.world.settings import ServerSettings
from Net import PacketCodes
from Net.errors import HandshakeError
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_TEXT
from Net.limits import Limits
from Net.PacketCodes import TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, Background, client_frame, close_body, frame_bytes, wait_until
from tests.support import Arena, Player, free_port, groups, place, plain_world, serving, staged

pytestmark = pytest.mark.slow

PROJECTILE = 1  # a kind of entity
TICK_RATE = 50
SPEED = plain_world().player_speed
FORMS = pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])


def client_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("client ")]


def thread_of(player: Player) -> str:
    host, port = player.socket().getsockname()
    return f"client {host}:{port}"


# Joining ------------------------------------------------------------------------------------------------------


@FORMS
def test_packets_after_a_join_come_in_the_order_of_the_protocol(as_text: bool) -> None:
    with serving(plain_world(rocks=2000)) as arena:
        arena.join("Ann", as_text)
        second = arena.connect(as_text)
        ids = [packet.id for packet in second.join("Bob")]
    order = ["WELCOME", "ROOM", "PLAYER", "PLAYER", "SCOREBOARD", "OBJECTS", "SELF", "STATE"]
    positions = [order.index(packet_id) for packet_id in ids]
    assert positions == sorted(positions)
    assert set(ids) == set(order)


@FORMS
def test_welcome_tells_a_client_what_it_needs_to_draw_the_world(as_text: bool) -> None:
    with serving(plain_world(tick_rate=25, map_size=3000.0, cell_size=500, view_cells=(3, 2))) as arena:
        player_id, room_id, token, settings = arena.connect(as_text).join("Ann")[0].args
        assert player_id > 0
        assert room_id in arena.server.lobby.rooms
        assert len(token) >= 16
        expected = {"tick_rate": 25, "map_size": 3000, "cell_size": 500, "view_cells": [3, 2], "protocol": 1}
        assert expected.items() <= settings.items()


def test_players_of_both_encodings_share_a_room_and_see_the_same() -> None:
    with serving() as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob", as_text=True)
        place(arena.room(ann), ann.id, 1000, 1000)
        place(arena.room(ann), bob.id, 1300, 1000)
        for player in (ann, bob):
            player.wait_until(lambda p=player: p.sees_at(ann, 1000, 1000), "Ann is in view")
            player.wait_until(lambda p=player: p.sees_at(bob, 1300, 1000), "Bob is in view")


def test_everybody_is_told_who_comes_and_who_goes() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        bob = arena.connect(as_text=True)
        others = [packet.args for packet in bob.join("Bob") if packet.id == "PLAYER"]
        assert others == [(ann.id, "Ann", None), (bob.id, "Bob", None)]
        assert ann.wait_for("PLAYER", bob.id) == (bob.id, "Bob", None)
        bob.send("LEAVE")
        ann.wait_for("PLAYER_GONE", bob.id)
        assert ann.wait_for("ROOM")[:2] == ("in-progress", 1)


@pytest.mark.parametrize("packet_id", ["MOVE", "AIM", "ATTACK", "SHOOT", "CHAT", "LEAVE", "READY"])
@FORMS
def test_before_join_anything_else_gets_not_in_room(packet_id: str, as_text: bool) -> None:
    arguments = {"MOVE": [0], "AIM": [0], "ATTACK": [1, 0], "SHOOT": [0], "CHAT": ["hi"], "READY": [1], "LEAVE": []}
    with serving() as arena:
        player = arena.connect(as_text)
        player.send(packet_id, *arguments[packet_id])
        assert player.receive().args[0] == "NOT_IN_ROOM"
        assert player.sync()[-1].id == "PONG"  # PING is allowed, and the connection lives


def test_a_second_join_gets_already_joined_and_changes_nothing() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        ann.send("JOIN", "Eve", {"room": "elsewhere"})
        assert ann.wait_for("ERROR")[0] == "ALREADY_JOINED"
        assert list(arena.server.lobby.rooms) == [ann.room_id]
        assert ann.own_entity()


def test_an_unnamed_join_opens_another_room_when_all_are_full() -> None:
    with serving(max_players=1) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        assert ann.room_id != bob.room_id
        assert len(arena.server.lobby.rooms) == 2


def test_a_join_to_a_full_room_by_name_is_refused_and_another_may_follow() -> None:
    with serving(max_players=1) as arena:
        arena.join("Ann", room="attic")
        bob = arena.connect()
        bob.send("JOIN", "Bob", {"room": "attic"})
        assert bob.wait_for("ERROR")[0] == "ROOM_FULL"
        bob.join("Bob", room="cellar")
        assert bob.room_id == "cellar"


def test_a_player_that_leaves_and_joins_again_gets_a_new_id_and_a_full_view() -> None:
    with serving() as arena:
        ann, bob = arena.join("Ann", room="hall"), arena.join("Bob", room="hall")
        old_id = ann.id
        ann.send("LEAVE")
        ann.sync()
        ann.join("Ann", room="hall")
        assert ann.id not in (old_id, bob.id)
        assert ann.own_entity()
        bob.wait_for("PLAYER_GONE", old_id)
        bob.wait_for("PLAYER", ann.id)


def test_after_leave_the_answers_have_the_encoding_of_the_next_join() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        ann.send("LEAVE")
        ann.sync()
        ann.as_text = True
        ann.join("Ann")
        assert ann.sync()


def test_inputs_in_the_other_encoding_are_answered_in_the_encoding_of_the_join() -> None:
    with serving() as arena:
        ann = arena.join("Ann", as_text=True)
        ann.send_raw(TO_SERVER.encode(Packet("PING", (5,))))
        assert ann.wait_for("PONG")[0] == 5


def test_an_empty_room_is_closed_and_its_thread_ends() -> None:
    with serving() as arena:
        ann = arena.join("Ann", room="hall")
        assert "room hall" in [thread.name for thread in threading.enumerate()]
        ann.send("LEAVE")
        ann.sync()
        wait_until(lambda: "room hall" not in [thread.name for thread in threading.enumerate()], "the thread has ended")
        assert arena.server.lobby.rooms == {}
        assert arena.server.lobby.players == {}


def test_a_client_that_never_joins_is_closed_with_1008() -> None:
    with serving(join_timeout_s=0.1) as arena:
        _, closed = arena.connect().receive_to_the_end()
        assert (closed.code, closed.reason) == (1008, "no JOIN within 0.1 s")


def test_a_client_that_has_joined_is_not_closed_for_idling() -> None:
    with serving(join_timeout_s=0.1) as arena:
        ann = arena.join("Ann")
        ann.send("LEAVE")
        arena.connect().receive_to_the_end()  # the client that came later is closed
        assert ann.sync()[-1].id == "PONG"


# Playing ------------------------------------------------------------------------------------------------------

MIDDLE = 2000


@pytest.mark.parametrize("direction", range(8))
def test_walking_covers_speed_times_time_in_each_direction_and_nil_stands_still(direction: int) -> None:
    steps = 20
    with serving() as arena:
        ann = arena.join("Ann", as_text=direction % 2 == 1)
        place(arena.room(ann), ann.id, MIDDLE, MIDDLE)
        ann.wait_until(lambda: ann.sees_at(ann, MIDDLE, MIDDLE), "Ann is in the middle")
        ann.send("MOVE", direction, 1)
        ann.wait_until(lambda: ann.world.sequence == 1, "MOVE is applied")
        started = ann.world.tick  # this tick took the first step
        assert started is not None
        ann.wait_until(lambda: ann.world.tick == started + steps - 1, "some steps")
        angle = direction * math.pi / 4
        distance = SPEED * steps / TICK_RATE
        assert ann.own_entity().x - MIDDLE == pytest.approx(distance * math.cos(angle), abs=1)
        assert ann.own_entity().y - MIDDLE == pytest.approx(distance * math.sin(angle), abs=1)

        ann.send("MOVE", None, 2)
        ann.wait_until(lambda: ann.world.sequence == 2, "nil is applied")
        stopped, place_of_rest = ann.world.tick, ann.own_entity()
        assert stopped is not None
        walked = math.hypot(place_of_rest.x - MIDDLE, place_of_rest.y - MIDDLE)
        assert walked == pytest.approx(SPEED * (stopped - started) / TICK_RATE, abs=1)
        ann.wait_until(lambda: ann.world.tick == stopped + 10, "ten more ticks")
        assert ann.own_entity() == place_of_rest


def face_to_face(arena: Arena, **victim: bool) -> tuple[Player, Player]:
    """Returns two players within reach of each other, the second to the right of the first."""
    ann, bob = arena.join("Ann"), arena.join("Bob", **victim)
    place(arena.room(ann), ann.id, 1000, 1000)
    place(arena.room(ann), bob.id, 1100, 1000)
    for player in (ann, bob):
        player.wait_until(lambda p=player: p.sees_at(bob, 1100, 1000), "face to face")
    return ann, bob


@FORMS
def test_a_swing_hurts_a_player_in_reach(as_text: bool) -> None:
    with serving() as arena:
        ann, bob = face_to_face(arena, as_text=as_text)
        ann.send("ATTACK", 1, 0.0)
        ann.wait_until(lambda: ann.own_entity().flags & 1, "Ann is shown attacking")
        assert bob.wait_for("SELF")[0] == 75
        ann.send("ATTACK", 0, 0.0)
        ann.wait_until(lambda: not ann.own_entity().flags & 1, "Ann is shown at rest")
        assert ann.world.entities[bob.id].health == 75


def test_a_shot_is_seen_flying_hits_and_is_gone() -> None:
    with serving() as arena:
        ann, bob = face_to_face(arena)
        place(arena.room(ann), bob.id, 1700, 1000)
        ann.wait_until(lambda: ann.sees_at(bob, 1700, 1000), "Bob is further away")

        def projectiles() -> list[int]:
            return [entity.x for entity in ann.world.entities.values() if entity.kind == PROJECTILE]

        ann.send("SHOOT", 0.0)
        ann.wait_until(projectiles, "the shot is in view")
        first_x = projectiles()[0]
        ann.wait_until(lambda: not projectiles() or projectiles()[0] > first_x, "it flies to the right")
        assert bob.wait_for("SELF")[0] == 80
        ann.wait_until(lambda: not projectiles(), "the shot is gone")


def test_a_dead_player_is_gone_and_comes_back_in_full_health_after_its_time() -> None:
    respawn_after_s = 0.3
    with serving(plain_world(melee_damage=50.0, melee_cooldown_s=0.1, respawn_after_s=respawn_after_s)) as arena:
        ann, bob = face_to_face(arena, as_text=True)
        ann.send("ATTACK", 1, 0.0)
        for player in (ann, bob):
            assert player.wait_for("DIED") == (bob.id, ann.id)
        ann.send("ATTACK", 0, 0.0)
        bob.wait_until(lambda: bob.id not in bob.world.entities, "Bob is gone")
        assert bob.world.own[:3] == (0, 0, [0, 0, 0, 0])
        died = bob.world.tick
        assert died is not None
        bob.wait_until(lambda: bob.id in bob.world.entities, "Bob is back")
        assert bob.world.tick == died + respawn_after_s * TICK_RATE
        assert bob.own_entity().health == 100
        assert bob.world.own[:3] == (100, 0, [0, 0, 0, 0])
        ann.wait_until(lambda: ann.world.own[:3] == (100, 100, [0, 0, 0, 0]), "Ann has scored")
        ranking = [[ann.id, "Ann", 100], [bob.id, "Bob", 0]]
        ann.wait_until(lambda: ann.world.scoreboard == ranking, "the board shows it")


@FORMS
def test_the_score_limit_ends_the_match_and_the_same_players_play_the_next_round(as_text: bool) -> None:
    settings = plain_world(melee_damage=100.0, score_limit=100, respawn_after_s=0.1)
    with serving(settings, results_s=0.3) as arena:
        ann, bob = face_to_face(arena, as_text=as_text)
        ann.send("ATTACK", 1, 0.0)
        expected = [[ann.id, "Ann", None, 100, 1, 0], [bob.id, "Bob", None, 0, 0, 1]]
        for player in (ann, bob):
            assert player.wait_for("ROOM", "ended")[1:] == (2, 40, 300)
            assert player.wait_for("GAME_OVER") == (expected, 300, [1, 2])
            assert player.wait_for("ROOM", "waiting")[1] == 2
            assert player.wait_for("ROOM", "in-progress")[1] == 2
            player.wait_until(lambda p=player: p.world.own[:3] == (100, 0, [0, 0, 0, 0]), "a clean slate")
        before = ann.own_entity()
        ann.send("MOVE", 0 if before.x < MIDDLE else 4, 9)
        ann.wait_until(lambda: ann.world.sequence == 9 and ann.own_entity().x != before.x, "Ann walks again")


def test_the_time_limit_ends_the_match() -> None:
    with serving(plain_world(time_limit_s=0.3), results_s=0.2) as arena:
        ann = arena.join("Ann")
        assert ann.wait_for("GAME_OVER") == ([[ann.id, "Ann", None, 0, 0, 0]], 200, [1])
        assert ann.world.tick == pytest.approx(0.3 * TICK_RATE, abs=1)
        ann.wait_for("ROOM", "in-progress")
        ann.wait_for("GAME_OVER")  # the next round ends in its turn


def test_chat_reaches_everybody_in_the_room_and_nobody_else() -> None:
    with serving() as arena:
        ann, bob = arena.join("Ann", room="hall"), arena.join("Bob", as_text=True, room="hall")
        eve = arena.join("Eve", room="attic")
        ann.send("CHAT", "  grüß Gott  ")
        for player in (ann, bob):
            assert player.wait_for("CHAT") == (ann.id, "grüß Gott")
        assert "CHAT" not in [packet.id for packet in eve.sync()]


# Vanishing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vanish", [Player.reset_connection, Player.end_stream], ids=["RST", "FIN"])
def test_a_client_that_vanishes_is_removed_the_room_told_and_its_thread_gone(vanish) -> None:
    with serving(reconnect_s=0.0) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        thread = thread_of(bob)
        assert thread in client_threads()
        vanish(bob)
        ann.wait_for("PLAYER_GONE", bob.id)
        wait_until(lambda: thread not in client_threads(), "its thread is gone")
        assert arena.server.lobby.players.keys() == {ann.id}
        ann.wait_until(lambda: bob.id not in ann.world.entities, "Bob is out of the world")
        ann.assert_undisturbed()


def test_a_client_that_vanishes_before_join_leaves_nothing_behind() -> None:
    with serving() as arena:
        player = arena.connect()
        player.sync()
        player.reset_connection()
        wait_until(lambda: not client_threads(), "its thread is gone")
        assert not arena.server.lobby.clients()
        assert arena.server.listener.connections_of("127.0.0.1") == 0


def squeeze(arena: Arena, player: Player) -> WebSocket:
    """Makes the buffers between server and player small, so that they fill soon; returns the server's end."""
    player.socket().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    seat = arena.room(player).find_player_by_id(player.id)
    assert seat is not None
    seat.websocket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return seat.websocket


def test_a_client_that_does_not_read_stops_nobody_and_gets_a_full_state_and_all_events_later() -> None:
    with serving() as arena:
        ann, bob = face_to_face(arena, as_text=True)
        room, server_end = arena.room(ann), squeeze(arena, bob)
        numbers = itertools.count()

        def tell_all_and_tick() -> None:
            room.broadcast(Packet("NOTICE", (f"{next(numbers)} {'x' * 4000}",)))
            ann.wait_for("STATE")

        while not server_end.is_congested:
            tell_all_and_tick()
        ann.send("MOVE", 4, 1)
        for _ in range(5):
            tell_all_and_tick()
        ann.wait_until(lambda: ann.world.sequence == 1, "Ann walks")
        ann.assert_undisturbed()

        ann.send("MOVE", None, 2)
        ann.wait_until(lambda: ann.world.sequence == 2, "Ann stands")
        packets = bob.receive_until(lambda p: p.id == "STATE" and p.args[0] > ann.world.tick, "a STATE of today")
        states = [p for p in packets if p.id == "STATE"]
        notices = [int(p.args[0].split()[0]) for p in packets if p.id == "NOTICE"]
        assert notices == list(range(next(numbers)))
        assert len(bob.tick_gaps) >= 1
        catching_up = next(state for state in states if state.args[0] == bob.tick_gaps[-1][1])
        assert {ann.id, bob.id} == {group[0] for group in groups(catching_up.args[2], 7)}
        assert bob.world.entities == ann.world.entities


def test_a_client_that_never_reads_is_dropped_when_its_outbox_is_full() -> None:
    with serving(reconnect_s=0.0, limits=Limits(outbox_bytes=16 * 1024)) as arena:
        ann, bob = face_to_face(arena)
        room, thread = arena.room(ann), thread_of(bob)
        squeeze(arena, bob)
        heard: list[Packet] = []
        while Packet("PLAYER_GONE", (bob.id,)) not in heard:
            room.broadcast(Packet("NOTICE", ("x" * 4000,)))
            heard += ann.receive_until(lambda packet: packet.id == "STATE", "the next tick")
        assert room.find_player_by_id(bob.id) is None
        wait_until(lambda: thread not in client_threads(), "its thread is gone")
        ann.assert_undisturbed()


# Paths and limits ---------------------------------------------------------------------------------------------


def get(arena: Arena, path: str, method: str = "GET") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()
    finally:
        connection.close()


def test_a_plain_get_gets_a_page_that_says_what_this_is() -> None:
    with serving() as arena:
        status, content_type, body = get(arena, "/")
        assert (status, content_type) == (200, "text/html; charset=utf-8")
        assert b"game server" in body


def test_packets_json_is_the_table_of_packets() -> None:
    with serving() as arena:
        status, content_type, body = get(arena, "/packets.json")
        assert (status, content_type) == (200, "application/json")
        assert json.loads(body) == PacketCodes.describe()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/etc/passwd", 404), ("GET", "/echo", 426), ("POST", "/", 405)]
)
def test_other_plain_requests_get_an_http_error(method: str, path: str, status: int) -> None:
    with serving() as arena:
        assert get(arena, path, method)[0] == status


def test_a_websocket_on_an_unknown_path_gets_404() -> None:
    with serving() as arena, pytest.raises(HandshakeError, match="404"):
        arena.connect(path="/lobby")


@pytest.mark.parametrize(
    "message",
    ["", "grüß Gott", b"", b"\x00\xff", "x" * 60_000, bytes(60_000)],
    ids=["empty text", "text", "empty binary", "binary", "60 kB of text", "60 kB"],
)
def test_echo_sends_a_message_back_as_it_came(message: str | bytes) -> None:
    with serving() as arena:
        client = arena.connect(path="/echo")
        client.send_raw(message)
        assert client.websocket.receive(DEADLINE_S) == message


def test_echo_joins_fragments_with_a_ping_between_them() -> None:
    with serving() as arena:
        client = arena.connect(path="/echo")
        fragments = [
            (OPCODE_TEXT, b"gr\xc3", False),
            (OPCODE_PING, b"hello", True),
            (OPCODE_CONTINUATION, b"\xbc\xc3\x9f", True),
        ]
        client.socket().sendall(b"".join(client_frame(*fragment) for fragment in fragments))
        assert client.websocket.receive(DEADLINE_S) == "grüß"


def send_for_ever(sock: socket.socket, data: bytes) -> None:
    while True:
        sock.sendall(data)


def test_an_echo_client_that_does_not_read_is_dropped_and_leaves_nothing_behind() -> None:
    with serving(limits=Limits(stall_timeout_s=0.2)) as arena:
        client = arena.connect(path="/echo")
        client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        thread = thread_of(client)
        client.socket().settimeout(DEADLINE_S)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(client.socket(), client_frame(OPCODE_BINARY, bytes(60_000)))
        wait_until(lambda: thread not in client_threads(), "its thread is gone")
        gc.collect()  # a socket that is still open would now warn, and fail the test


def response_to_one_more(arena: Arena) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_address"])
def test_one_connection_too_many_gets_503_and_when_to_try_again(limit: str) -> None:
    with serving(**{limit: 3}) as arena:
        players = [arena.join() for _ in range(3)]
        response = response_to_one_more(arena)
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        with pytest.raises(HandshakeError, match="503"):
            arena.connect()
        players.pop().hang_up()
        wait_until(lambda: len(client_threads()) == 2, "a place is free")
        assert response_to_one_more(arena).status == 200


def test_the_limit_per_address_does_not_hit_other_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(max_connections_per_address=1) as arena:
        arena.join()
        from_elsewhere = functools.partial(socket.create_connection, source_address=("127.0.0.2", 0))
        monkeypatch.setattr(socket, "create_connection", from_elsewhere)
        try:
            arena.join()
        except OSError as error:
            pytest.skip(f"this system has no second loopback address: {error}")


def test_silent_clients_that_are_refused_get_a_503_and_hold_up_nobody() -> None:
    with serving(max_connections=2) as arena, contextlib.ExitStack() as stack:
        ann = arena.join("Ann")
        arena.join("Bob")
        address = ("127.0.0.1", arena.port)
        silent = [stack.enter_context(socket.create_connection(address, DEADLINE_S)) for _ in range(40)]
        for sock in silent:
            assert sock.recv(4096).startswith(b"HTTP/1.1 503 ")
        ann.sync()
        ann.assert_undisturbed()


def test_a_machine_without_a_free_thread_refuses_a_client_and_serves_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_start = threading.Thread.start

    def fail(thread: threading.Thread) -> None:
        if thread.name.startswith("client "):
            raise RuntimeError("can't start new thread")
        real_start(thread)

    with serving() as arena:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            assert response_to_one_more(arena).status == 503
        assert arena.server.listener.connections() == 0
        assert arena.join().own_entity()


# Broken frames ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame_bytes(OPCODE_TEXT, b"not masked"), 1002),
        (client_frame(0x3), 1002),
        (client_frame(OPCODE_BINARY, b"x", rsv=0x40), 1002),
        (client_frame(OPCODE_PING, b"x", fin=False), 1002),
        (client_frame(OPCODE_PING, bytes(126)), 1002),
        (client_frame(OPCODE_CONTINUATION, b"x"), 1002),
        (client_frame(OPCODE_CLOSE, b"\x03"), 1002),
        (client_frame(OPCODE_CLOSE, close_body(1005)), 1002),
        (client_frame(OPCODE_TEXT, b"\xff"), 1007),
        (client_frame(OPCODE_BINARY, bytes(65537)), 1009),
        (client_frame(OPCODE_BINARY, b"x", fin=False) + 64 * client_frame(OPCODE_CONTINUATION, b"x", fin=False), 1009),
    ],
    ids=lambda value: value if isinstance(value, int) else value[:2].hex(),
)
def test_a_broken_frame_is_closed_with_the_code_of_the_rfc(sent: bytes, code: int) -> None:
    with serving() as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        bob.socket().sendall(sent)
        assert bob.receive_to_the_end()[1].code == code
        ann.wait_for("PLAYER_GONE", bob.id)
        ann.assert_undisturbed()


# The end ------------------------------------------------------------------------------------------------------


def test_stop_tells_everybody_closes_with_1001_and_ends_every_thread() -> None:
    with serving(shutdown_timeout_s=1.0) as arena:
        clients = [arena.join("Ann"), arena.join("Bob", as_text=True), arena.connect()]
        clients[2].sync()
        arena.server.stop()
        for client in clients:
            packets, closed = client.receive_to_the_end()
            assert Packet("SHUTDOWN", ("the server is shutting down", 1000)) in packets
            assert closed.code == 1001
        arena.thread.join(DEADLINE_S)
        assert not arena.thread.is_alive()
        assert arena.server.lobby.rooms == {}


def test_rounds_in_progress_end_with_their_results_when_the_server_stops() -> None:
    with serving(shutdown_timeout_s=1.0) as arena:
        ann, waiting = arena.join("Ann"), arena.join("Bob", room="attic")
        arena.server.lobby.rooms["attic"].reset_room()
        arena.server.lobby.rooms["attic"].rounds.start_no_more()
        ann.wait_until(lambda: (ann.world.tick or 0) > 2, "some ticks")
        arena.server.stop()
        packets, _ = ann.receive_to_the_end()
        assert [packet.id for packet in packets if packet.id in ("GAME_OVER", "SHUTDOWN")] == ["GAME_OVER", "SHUTDOWN"]
        (result,) = next(packet.args[0] for packet in packets if packet.id == "GAME_OVER")
        assert result[:2] == [ann.id, "Ann"]
        assert "GAME_OVER" not in [packet.id for packet in waiting.receive_to_the_end()[0]]


def test_a_round_that_cannot_be_ended_does_not_keep_the_server_from_stopping(caplog: pytest.LogCaptureFixture) -> None:
    with serving(shutdown_timeout_s=1.0) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob", room="attic")
        rooms = arena.server.lobby.all_rooms()
        wait_until(lambda: all(room.status == "in-progress" for room in rooms), "both rounds are on")
        arena.room(ann).game.results = lambda: 1 / 0  # type: ignore[assignment]
        arena.server.stop()
        assert ann.receive_to_the_end()[1].code == 1001
        assert "GAME_OVER" in [packet.id for packet in bob.receive_to_the_end()[0]]
    assert "its round cannot be ended" in caplog.text


def test_shutdown_from_another_thread_does_not_wait_for_clients_that_do_not_answer() -> None:
    with serving(shutdown_timeout_s=0.2) as arena:
        arena.join("Ann")
        in_handshake = socket.create_connection(("127.0.0.1", arena.port))
        wait_until(lambda: len(client_threads()) == 2, "both are connected")
        started_s = time.monotonic()
        arena.server.shutdown("that was it")
        assert time.monotonic() - started_s < 5
        assert client_threads() == []
        in_handshake.close()


def test_the_port_is_free_again_at_once() -> None:
    port = free_port()
    with serving(port=port) as arena:
        arena.join()
    server = GameServer()
    assert server.listen("127.0.0.1", port) == ("127.0.0.1", port)
    server.stop()
    server.serve()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_start_server_serves_until_it_is_stopped() -> None:
    port = free_port()
    server = GameServer(ServerSettings(shutdown_timeout_s=0.2))
    serving_thread = Background(server.start_server, "127.0.0.1", port)
    wait_until(lambda: answers(port), "it serves")
    server.stop()
    assert serving_thread.result() is None


# Without serving ----------------------------------------------------------------------------------------------


def test_tick_advances_every_room_once_in_the_calling_thread() -> None:
    with staged() as stage:
        other = stage.server.create_room()
        stage.seat("Ann")
        stage.server.tick()
        stage.server.tick()
        assert stage.room.game.tick == 1  # the first tick started the round
        assert other.game.tick == 0  # nobody is there to play
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("room ")]


def test_create_room_refuses_a_name_that_is_taken() -> None:
    server = GameServer()
    server.create_room(room_id="hall")
    with pytest.raises(ValueError, match="hall"):
        server.create_room(room_id="hall")


def test_rooms_get_free_names_and_the_seats_asked_for() -> None:
    server = GameServer(ServerSettings(max_players=7))
    server.create_room(room_id="room-1")
    assert server.create_room().id == "room-2"
    assert server.create_room().capacity == 7
    assert server.create_room(max_players=2).capacity == 2


def test_a_player_is_assigned_to_the_room_it_names_or_the_first_with_a_seat() -> None:
    server = GameServer(ServerSettings(max_players=1))
    first = server.create_room()
    assert server.assign_player_to_room(PlayerInfo(1, "Ann", "token")) is first
    named = server.assign_player_to_room(PlayerInfo(2, "Bob", "token", room="hall"))
    assert named.id == "hall"
    assert server.assign_player_to_room(PlayerInfo(3, "Cid", "token", room="hall")) is named


def test_removing_a_player_that_is_in_no_room_does_nothing() -> None:
    GameServer().remove_player_from_room(7)


def test_rooms_that_were_created_before_serving_tick_when_it_serves() -> None:
    server = GameServer(game_settings=plain_world())
    room = server.create_room()
    server.listen("127.0.0.1", 0)
    thread = Background(server.serve)
    wait_until(lambda: room.id in [t.name[5:] for t in threading.enumerate()], "the room has a thread")
    server.stop()
    thread.result()
    assert room.id not in [t.name[5:] for t in threading.enumerate()]


def test_broadcast_global_reaches_players_of_all_rooms_and_those_in_none() -> None:
    with serving() as arena:
        clients = [arena.join("Ann", room="hall"), arena.join("Bob", as_text=True, room="attic"), arena.connect()]
        clients[2].sync()
        arena.server.broadcast_global(Packet("NOTICE", ("dinner is ready",)))
        for client in clients:
            client.wait_for("NOTICE", "dinner is ready")


def test_handle_client_refuses_a_path_that_it_does_not_know() -> None:
    with staged() as stage, pytest.raises(KeyError):
        stage.server.handle_client(stage.server_end(stage.seat()), "/lobby")
