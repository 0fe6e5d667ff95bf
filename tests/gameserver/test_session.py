"""Tests of bad input from a live client: it gets an ERROR that names the fault, and no other player notices."""

from __future__ import annotations

import logging
import math
import time
from types import SimpleNamespace
from typing import Any, Iterator

import msgpack
import pytest

from gameserver import handlers, lobby
from gameserver.admission.rates import BAD_PACKETS, PACKET_RATES
from gameserver.session import Session
from Net import PacketCodes
from Net.errors import PacketError
from Net.PacketCodes import TO_SERVER, Packet
from tests.Net.support import DEADLINE_S
from tests.support import Arena, Player, plain_world, serving

JOIN, MOVE, AIM, ATTACK, CHAT, PING = map(TO_SERVER.code_of, ("JOIN", "MOVE", "AIM", "ATTACK", "CHAT", "PING"))


def packed(code: Any, *args: Any) -> bytes:
    encoded: bytes = msgpack.packb([code, args])
    return encoded


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with serving() as arena:
        yield arena


@pytest.fixture(scope="module")
def bystander(arena: Arena) -> Player:
    """A player in the same room, who must notice nothing."""
    return arena.join("Bystander", room="hall")


NOT_MESSAGEPACK, NOT_JSON = ("BAD_PACKET", "this is not MessagePack"), ("BAD_PACKET", "this is not JSON")
NOT_A_PACKET = ("BAD_PACKET", "a packet is a list of two")
NO_SUCH_PACKET = "UNKNOWN_PACKET"
BAD = "BAD_ARGUMENT"


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        # Messages that are no packets.
        (b"", *NOT_MESSAGEPACK),
        (b"\xc1", *NOT_MESSAGEPACK),
        (packed(PING, 1)[:-1], *NOT_MESSAGEPACK),
        (packed(PING, 1) + b"\x00", *NOT_MESSAGEPACK),
        (b"\x91" * 2_000 + b"\x90", *NOT_MESSAGEPACK),
        (b"\xdf\x00\x0f\x42\x40", *NOT_MESSAGEPACK),
        (b"\xdd\x00\x0f\x42\x40", *NOT_MESSAGEPACK),
        (b"\xdb\xff\xff\xff\xff", *NOT_MESSAGEPACK),
        (msgpack.packb([PING, [msgpack.ExtType(5, b"x")]]), *NOT_MESSAGEPACK),
        (b"\x92\x09\x91\xd6\xff\x00\x00\x00\x00", *NOT_MESSAGEPACK),
        (b"\x92\x06\x91\xa2\xff\xfe", *NOT_MESSAGEPACK),
        (msgpack.packb(list(range(17))), *NOT_MESSAGEPACK),
        ("", *NOT_JSON),
        ("hello", *NOT_JSON),
        ('["PING",[1]', *NOT_JSON),
        ('["AIM",[NaN]]', *NOT_JSON),
        ('["AIM",[-Infinity]]', *NOT_JSON),
        ("[" * 1_000, *NOT_JSON),
        (f'["PING",[{"9" * 1800}]]', *NOT_JSON),
        (msgpack.packb({}), *NOT_A_PACKET),
        (msgpack.packb(MOVE), *NOT_A_PACKET),
        (msgpack.packb([MOVE]), *NOT_A_PACKET),
        (msgpack.packb([MOVE, [0], 0]), *NOT_A_PACKET),
        (msgpack.packb([MOVE, 0]), *NOT_A_PACKET),
        ('{"PING": 1}', *NOT_A_PACKET),
        ('["PING"]', *NOT_A_PACKET),
        # Packets that do not exist.
        (packed(99), NO_SUCH_PACKET, "99"),
        (packed(0), NO_SUCH_PACKET, "code 0"),
        (packed(32, 1), NO_SUCH_PACKET, "32"),
        (packed("MOVE", 0), NO_SUCH_PACKET, "MOVE"),
        (packed([1], 0), NO_SUCH_PACKET, "a list"),
        (packed(True, 0), NO_SUCH_PACKET, "True"),
        ('["FLY",[]]', NO_SUCH_PACKET, "FLY"),
        ('["move",[0]]', NO_SUCH_PACKET, "move"),
        ("[2,[0]]", NO_SUCH_PACKET, "id 2"),
        ('["\\ud800",[]]', *NOT_JSON),
        # Numbers of arguments.
        (packed(MOVE), BAD, "MOVE takes 1 to 2 arguments, not 0"),
        (packed(MOVE, 0, 1, 2), BAD, "MOVE takes 1 to 2 arguments, not 3"),
        (packed(ATTACK, 1), BAD, "ATTACK takes 2 arguments, not 1"),
        ('["LEAVE",[1]]', BAD, "LEAVE takes 0 arguments, not 1"),
        # Arguments.
        (packed(MOVE, 8), BAD, "MOVE.direction must be nil or an integer from 0 to 7, not 8"),
        (packed(MOVE, -1), BAD, "MOVE.direction"),
        (packed(MOVE, 1.0), BAD, "MOVE.direction"),
        (packed(MOVE, True), BAD, "MOVE.direction"),
        (packed(MOVE, "up"), BAD, "MOVE.direction"),
        (packed(MOVE, 0, -1), BAD, "MOVE.sequence"),
        (packed(MOVE, 0, 2**32), BAD, "MOVE.sequence"),
        ('["MOVE",[[0]]]', BAD, "MOVE.direction"),
        (packed(AIM, math.nan), BAD, "AIM.angle must be an angle"),
        (packed(AIM, math.inf), BAD, "AIM.angle"),
        (packed(AIM, -math.inf), BAD, "AIM.angle"),
        (packed(AIM, None), BAD, "AIM.angle"),
        ('["AIM",[1e999]]', *NOT_JSON),
        ('["AIM",["1"]]', BAD, "AIM.angle"),
        (packed(ATTACK, 2, 0.0), BAD, "ATTACK.flag"),
        (packed(ATTACK, 1.0, 0.0), BAD, "ATTACK.flag"),
        (packed(ATTACK, 1, math.nan), BAD, "ATTACK.angle"),
        (packed(CHAT, ""), BAD, "CHAT.text"),
        (packed(CHAT, " \t\n "), BAD, "CHAT.text"),
        (packed(CHAT, "x" * 121), BAD, "CHAT.text must be text of 1 to 120 printable characters"),
        (packed(CHAT, "bell\x07"), BAD, "CHAT.text"),
        (packed(CHAT, b"bytes"), BAD, "CHAT.text"),
        (packed(PING, 1.5), BAD, "PING.number"),
        ('["PING",[18446744073709551616]]', BAD, "PING.number"),
        (packed(JOIN, ""), BAD, "JOIN.name"),
        (packed(JOIN, "   "), BAD, "JOIN.name"),
        (packed(JOIN, "seventeen letters"), BAD, "JOIN.name"),
        (packed(JOIN, "nul\x00"), BAD, "JOIN.name"),
        (packed(JOIN, "\x1b[31mred"), BAD, "JOIN.name"),
        (packed(JOIN, "\u202eeman"), BAD, "JOIN.name"),
        ('["JOIN",["\\ud800"]]', *NOT_JSON),
        (packed(JOIN, "Ann", []), BAD, "JOIN.options must be a map"),
        (packed(JOIN, "Ann", {"colour": 1}), BAD, "JOIN.options"),
        (packed(JOIN, "Ann", {"team": 9}), BAD, "team is an integer from 0 to 3"),
        (packed(JOIN, "Ann", {"room": ""}), BAD, "room is text of 1 to 32"),
        (packed(JOIN, "Ann", {"spectate": "yes"}), BAD, "spectate is a flag"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, (bytes, str)) else None,
)
def test_bad_input_gets_an_error_that_names_the_fault_and_disturbs_nobody(
    message: bytes | str, code: str, text: str, arena: Arena, bystander: Player
) -> None:
    as_text = isinstance(message, str)
    player = arena.join("Ann", as_text, room="hall")
    position = player.own_entity()
    player.send_raw(message)
    got_code, got_text = player.wait_for("ERROR")
    assert got_code == code
    assert text in got_text
    assert got_text.isascii()
    assert len(got_text) < 300
    player.sync()  # the connection lives
    assert player.own_entity() == position
    player.hang_up()
    bystander.wait_for("PLAYER_GONE", player.id)
    bystander.assert_undisturbed()


def test_bad_input_before_join_is_answered_in_its_own_encoding(arena: Arena) -> None:
    player = arena.connect()
    player.send_raw(b"\xc1")
    assert player.receive().args[0] == "BAD_PACKET"
    player.as_text = True
    player.send_raw("no JSON")
    assert player.receive().args[0] == "BAD_PACKET"


def test_a_stream_of_bad_packets_is_closed_with_1008_and_disturbs_nobody(arena: Arena, bystander: Player) -> None:
    player = arena.join("Ann", room="hall")
    for _ in range(BAD_PACKETS.burst + 10):
        player.send_raw(b"\xc1")
    packets, closed = player.receive_to_the_end()
    assert (closed.code, closed.reason) == (1008, "too many bad packets")
    assert [packet.id for packet in packets].count("ERROR") >= BAD_PACKETS.burst
    bystander.wait_for("PLAYER_GONE", player.id)
    bystander.assert_undisturbed()


def test_a_packet_that_comes_too_often_is_refused_and_the_others_are_not() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        for number in range(PACKET_RATES["CHAT"].burst + 1):
            ann.send("CHAT", str(number))
        packets = ann.sync()
        said = [packet.args[1] for packet in packets if packet.id == "CHAT"]
        assert said == [str(number) for number in range(PACKET_RATES["CHAT"].burst)]
        assert [packet.args[0] for packet in packets if packet.id == "ERROR"] == ["RATE_LIMITED"]


def test_a_refused_packet_has_no_effect() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        ann.send("MOVE", 0, 1)
        ann.wait_until(lambda: ann.world.sequence == 1, "MOVE is applied")
        ann.send("MOVE", 9, 2)
        assert ann.wait_for("ERROR")[0] == "BAD_ARGUMENT"
        ann.wait_for("STATE")
        ann.wait_for("STATE")
        assert ann.world.sequence == 1


def test_a_handler_that_fails_is_logged_the_client_told_and_the_room_lives(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound = handlers.handle

    def fail_at_aim(session: Session, packet: Packet) -> None:
        if packet.id == "AIM":
            raise ZeroDivisionError("a fault for the test")
        sound(session, packet)

    monkeypatch.setattr(handlers, "handle", fail_at_aim)
    with serving() as arena:
        ann, bob = arena.join("Ann", as_text=True), arena.join("Bob")
        ann.send("AIM", 1.0)
        assert ann.wait_for("ERROR")[0] == "SERVER_FAULT"
        ann.sync()
        bob.sync()
        for _ in range(2):
            bob.wait_for("STATE")
        bob.assert_undisturbed()
    assert "ZeroDivisionError: a fault for the test" in caplog.text


def test_no_input_of_a_stranger_prints_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving() as arena:
        ann = arena.join("Ann")
        for message in (b"\x91" * 1_000, "[" * 1_000, packed(AIM, math.nan), '["JOIN",["\x1b[2J"]]'):
            ann.send_raw(message)
            ann.sync()
        ann.socket().sendall(b"\xff" * 100)
        ann.receive_to_the_end()
    assert "Traceback" not in caplog.text
    assert "\x1b" not in caplog.text
    assert caplog.text.count("RFC 6455") == 1


def test_ping_brings_the_number_back_with_a_server_time_that_grows() -> None:
    with serving() as arena:
        player = arena.connect()
        times = []
        for number in (0, -(2**63), 2**64 - 1):
            player.send("PING", number)
            echoed, server_time_ms = player.wait_for("PONG")
            assert echoed == number
            times.append(server_time_ms)
        assert times == sorted(times)


def test_the_server_time_stays_in_its_range_after_fifty_days(monkeypatch: pytest.MonkeyPatch) -> None:
    fifty_days_s = 50 * 86_400
    with serving() as arena:
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + fifty_days_s)
        monkeypatch.setattr(lobby, "time", clock)
        player = arena.connect()
        player.send("PING", 1)
        _, server_time_ms = player.wait_for("PONG")  # decoding checks the packet against the table
        assert 2**32 < 1000 * fifty_days_s <= server_time_ms < 1000 * (fifty_days_s + DEADLINE_S)
        assert arena.server.describe()["uptime_s"] >= fifty_days_s


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_a_round_that_has_run_for_years_goes_on(as_text: bool) -> None:
    years = {"tick": 2**33, "last_id": -(2**34)}
    with serving(plain_world(start_resources=(90, 0, 0, 0), melee_damage=100.0)) as arena:
        ann = arena.join("Ann", as_text)
        game = arena.room(ann).game
        with game.lock:
            for name, value in years.items():
                setattr(game, name, value)
            game.players[ann.id].score = 2**35
        ann.wait_until(lambda: ann.world.own[1] == 2**35, "the score")
        ann.send("SHOOT", 0.0)
        ann.wait_until(lambda: min(ann.world.entities) < years["last_id"], "the arrow")
        assert ann.world.tick > years["tick"]


def test_a_broken_packet_of_the_server_would_not_pass_these_tests() -> None:
    with pytest.raises(PacketError):
        PacketCodes.TO_CLIENT.decode(PacketCodes.TO_CLIENT.encode(Packet("PONG", (1,))))
