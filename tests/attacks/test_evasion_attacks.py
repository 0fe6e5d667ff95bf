"""Tests of attacks on seats and on the operator's measures: joining and vanishing, coming back as another player."""

from __future__ import annotations

import json
import sys

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from Net.frames import OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from tests.attacks.support import Attacker, Target, answers, opening, under_attack
from tests.Net.support import client_frame, wait_until

ELSEWHERE, PROXY = "127.0.0.2", "127.0.0.3"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 from the start")


def come(target: Target, path: str = "/", source: str = ELSEWHERE) -> Attacker:
    """Returns a stranger who has opened a WebSocket."""
    stranger = target.call(source)
    stranger.send(opening(path))
    assert stranger.read_head().startswith(b"HTTP/1.1 101 ")
    return stranger


def say(stranger: Attacker, *packet: object) -> None:
    stranger.send(client_frame(OPCODE_TEXT, json.dumps(packet).encode()))


def exchange_ping(stranger: Attacker) -> None:
    """Sends a ping and waits for its pong."""
    stranger.send(client_frame(OPCODE_PING, b"past the handshake"))
    while True:
        frame = stranger.read_frame()
        assert frame is not None, "the connection has ended"
        if frame.opcode == OPCODE_PONG:
            return


def answer(stranger: Attacker, *ids: str) -> list[object]:
    """Returns the next packet with one of these ids, as [id, arguments]."""
    while True:
        frame = stranger.read_frame()
        assert frame is not None, "the connection has ended"
        if frame.opcode == OPCODE_TEXT:
            packet: list[object] = json.loads(frame.payload)
            if packet[0] in ids:
                return packet


def vanish_after_playing(target: Target, name: str, plays: bool) -> None:
    """Joins and vanishes; returns when the server has noticed that: only then may another player get the seat."""
    before = target.connections()
    stranger = come(target)
    say(stranger, "JOIN", [name, {"room": "den"}])
    if plays:
        say(stranger, "MOVE", [0])
    say(stranger, "PING", [1])
    answer(stranger, "PONG")
    stranger.vanish(with_reset=True)
    wait_until(lambda: target.connections() <= before, "the server has noticed")


def ids_of(target: Target, name: str) -> list[int]:
    """The ids of the players with a name, the first one first."""
    return [place.seat.info.id for place in target.server.lobby.places() if place.seat.info.name == name]


def hang_up(*strangers: Attacker) -> None:
    for stranger in strangers:
        stranger.vanish(with_reset=False)


@answers("ghost seats")
@pytest.mark.parametrize("plays", [False, True], ids=["never plays", "plays"])
def test_joining_and_vanishing_fills_no_rooms_and_keeps_no_friend_out(plays: bool) -> None:
    with under_attack(max_players=10, max_connections_per_address=16, reconnect_unplayed_s=0.5) as target:
        for number in range(60):
            vanish_after_playing(target, f"ghost {number}", plays)
        seats = sum(len(room.roster.seats()) for room in target.server.lobby.all_rooms())
        assert seats <= 1 + 10, "the room is full, and there is no second one"
        friend = target.arena.join("friend", room="den")
        assert friend.own_entity()
        friend.hang_up()


@answers("ghost seats")
def test_a_displaced_ghost_has_no_token_any_more_and_others_wait_undisturbed() -> None:
    with under_attack(max_players=3) as target:
        honest = target.arena.join("honest", room="den")
        honest.send("MOVE", 0)
        honest.sync()
        seat = target.server.lobby.rooms["den"].find_player_by_id(honest.id)
        assert seat is not None
        honest.reset_connection()
        wait_until(lambda: seat.absent_since_s is not None, "it is away")
        for number in range(20):
            vanish_after_playing(target, f"ghost {number}", plays=True)
        back = target.arena.connect()
        back.join("honest", token=seat.info.token)
        assert back.id == honest.id
        back.hang_up()


@answers("evading a mute")
def test_a_muted_stranger_stays_muted_whatever_it_calls_itself() -> None:
    with under_attack() as target:
        stranger, spare = come(target), come(target)
        say(stranger, "JOIN", ["Mallory"])
        answer(stranger, "WELCOME")
        (player_id,) = ids_of(target, "Mallory")
        GameWorldManager(target.server).mute(player_id, True)
        say(stranger, "LEAVE", [])
        late = come(target)
        for who, name in ((stranger, "Mallory"), (spare, "Trudy"), (late, "Eve")):
            say(who, "JOIN", [name])
            answer(who, "WELCOME")
            say(who, "CHAT", ["spam"])
            packet = answer(who, "ERROR", "CHAT")
            assert packet[0] == "ERROR"
            assert "MUTED" in str(packet[1])
        hang_up(stranger, spare, late)
        assert target.bystander.chats == []


@answers("evading a ban")
def test_a_ban_ends_every_connection_of_the_stranger_on_every_path() -> None:
    with under_attack() as target:
        player, second, echo, waiting = come(target), come(target), come(target, "/echo"), come(target)
        for who, name in ((player, "Mallory"), (second, "Trudy")):
            say(who, "JOIN", [name])
            answer(who, "WELCOME")
        # A connection in its handshake gets another reason. A pong shows that the handshake is over.
        for stranger in (echo, waiting):
            exchange_ping(stranger)
        player_id = ids_of(target, "Mallory")[0]
        GameWorldManager(target.server).ban(player_id, "enough")
        for who in (player, second, echo, waiting):
            last = who.read_to_the_end()[-1]
            assert (last.opcode, last.payload) == (OPCODE_CLOSE, (1008).to_bytes(2, "big") + b"enough")
        for path in ("/", "/echo"):
            again = target.call(ELSEWHERE)
            again.send(opening(path))
            assert again.read_head().startswith(b"HTTP/1.1 403 ")
            again.vanish(with_reset=False)
        assert [place.seat.info.name for place in target.server.lobby.places()] == ["Bystander"]


@answers("locking the operator out")
def test_a_full_server_leaves_the_operators_machine_a_way_to_the_console_and_nobody_else() -> None:
    with under_attack(max_connections=20, trusted_proxies=(PROXY,)) as target:
        console = Console(GameWorldManager(target.server), OperatorAuthentication("open sesame"))
        target.server.add_route("/admin", console.converse)
        crowd = [come(target, "/echo") for _ in range(19)]
        stranger = target.call(PROXY)
        stranger.send(opening("/admin", "X-Forwarded-For: 198.51.100.9"))
        assert stranger.read_head().startswith(b"HTTP/1.1 503 ")
        own = come(target, "/admin", source="127.0.0.1")
        own.send(client_frame(OPCODE_TEXT, b'{"token": "open sesame"}'))
        frame = own.read_frame()
        assert frame is not None
        assert json.loads(frame.payload) == {"ok": True}
        hang_up(own, stranger, *crowd)
