"""Tests of the operator's console, over a real connection."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Iterator

import pytest

from gameserver.admin.authentication import WRONG_TOKENS_ALLOWED, OperatorAuthentication
from gameserver.admin.console import COMMANDS, Console
from gameserver.world.settings import GameSettings
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, plain_world, serving

TOKEN = "open sesame"
SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Operator:
    """A client of the console."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket

    def send(self, value: Any) -> None:
        self.websocket.send(json.dumps(value))

    def receive(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.websocket.receive(DEADLINE_S))
        return value

    def do(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a command and returns its answer; skips the states that come before the answer."""
        self.send({"id": 7, "do": command, **arguments})
        while True:
            answer = self.receive()
            if answer.get("id") == 7:
                return answer

    def state(self) -> dict[str, Any]:
        while True:
            value = self.receive()
            if "state" in value:
                state: dict[str, Any] = value["state"]
                return state


@contextlib.contextmanager
def serving_console(game_settings: GameSettings = SMALL, **settings: Any) -> Iterator[tuple[Arena, Clock]]:
    with serving(game_settings, **settings) as arena:
        clock = Clock()
        console = Console(GameWorldManager(arena.server), OperatorAuthentication(TOKEN, clock), clock)
        arena.server.add_route("/admin", console.converse)
        yield arena, clock


@contextlib.contextmanager
def operator(arena: Arena, token: Any = TOKEN) -> Iterator[Operator]:
    websocket = connect(arena.url("/admin"))
    try:
        client = Operator(websocket)
        client.send({"token": token})
        yield client
    finally:
        websocket.close()


def test_an_operator_with_the_token_gets_in_and_sees_the_state() -> None:
    with serving_console() as (arena, _):
        ann = arena.join("Ann", room="den")
        with operator(arena) as boss:
            assert boss.receive() == {"ok": True}
            state = boss.state()
            (room,) = state["rooms"]
            (player,) = room["players"]
            assert (room["id"], room["status"], room["paused"]) == ("den", "in-progress", False)
            assert (player["id"], player["name"], player["muted"], player["connected"]) == (ann.id, "Ann", False, True)
            assert state["connections"] >= 2
            assert state["bytes_in"] > 0
            assert state["bytes_out"] > 0


@pytest.mark.parametrize("token", ["wrong", "", None, 7, ["open sesame"], "open sesam", "\ud800"])
def test_a_client_with_a_wrong_token_gets_a_reason_and_is_closed(token: Any) -> None:
    with serving_console() as (arena, _), operator(arena, token) as stranger:
        assert "operator's token" in stranger.receive()["error"]
        with pytest.raises(ConnectionClosed) as closed:
            stranger.receive()
        assert closed.value.code == 1008


def test_after_five_wrong_tokens_an_address_waits_a_minute_even_with_the_right_one() -> None:
    with serving_console() as (arena, clock):
        for _ in range(WRONG_TOKENS_ALLOWED):
            with operator(arena, "guess") as guesser:
                assert "not the operator's" in guesser.receive()["error"]
        with operator(arena) as boss:
            assert "wait" in boss.receive()["error"]
        clock.now_s += 61
        with operator(arena) as boss:
            assert boss.receive() == {"ok": True}


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("not json", "JSON"),
        ("[1]", "object"),
        ('{"do": "explode"}', "kick"),
        ('{"do": "__init__"}', "kick"),
        ('{"do": "kick"}', "player_id is missing"),
        ('{"do": "kick", "player_id": "Ann"}', "player_id must be an integer"),
        ('{"do": "kick", "player_id": 1, "wood": 3}', "takes player_id, reason"),
        ('{"do": "kick", "player_id": 12345}', "no player 12345"),
        ('{"do": "pause", "room": "nowhere"}', "no room"),
        ('{"do": "change_setting", "room": "den", "name": "player_speed", "value": NaN}', "NaN is not JSON"),
        ('{"do": "change_setting", "room": "den", "name": "map_size", "value": 5000}', "cannot be changed"),
        ('{"do": "change_setting", "room": "den", "name": "tick_rate", "value": 0}', "tick_rate"),
        ('{"do": "step", "room": "den"}', "not paused"),
    ],
)
def test_an_impossible_command_gets_a_sentence_and_the_console_goes_on(command: str, says: str) -> None:
    with serving_console() as (arena, _):
        arena.join("Ann", room="den")
        with operator(arena) as boss:
            boss.receive()
            boss.websocket.send(command)
            answer = boss.receive()
            while "state" in answer:
                answer = boss.receive()
            assert says in answer["error"]
            assert boss.do("send_global_message", text="still here")["ok"]


def test_a_notice_reaches_one_room_or_all() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann, bob = arena.join("Ann", room="a"), arena.join("Bob", room="b")
        assert boss.do("send_global_message", text="only b", room="b")["said"] == "told everybody in b"
        boss.do("send_global_message", text="all")
        assert bob.wait_for("NOTICE") == ("only b",)
        assert ann.wait_for("NOTICE") == ("all",)


def test_grants_arrive_as_self() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann, bob = arena.join("Ann"), arena.join("Bob")
        before = ann.world.own[2]
        boss.do("grant_resources", player_id=ann.id, gold=3)
        ann.wait_until(lambda: ann.world.own[2][3] == before[3] + 3, "three gold")
        assert boss.do("grant_resources", player_id=None, stone=2)["said"].endswith("to 2 players")
        bob.wait_until(lambda: bob.world.own[2][2] == 2, "two stones")


def test_a_kicked_player_sees_the_reason_and_its_seat_is_gone() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann, bob = arena.join("Ann"), arena.join("Bob")
        boss.do("kick", player_id=ann.id, reason="be nice")
        packets, closed = ann.receive_to_the_end()
        assert ("be nice",) in [packet.args for packet in packets if packet.id == "NOTICE"]
        assert (closed.code, closed.reason) == (1008, "be nice")
        bob.wait_for("PLAYER_GONE", ann.id)


def test_a_banned_address_gets_403_and_others_play_on() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann = arena.join("Ann")
        boss.do("ban", player_id=ann.id)
        assert ann.receive_to_the_end()[1].code == 1008
        with pytest.raises(HandshakeError, match="403"):
            connect(arena.url())


def test_a_muted_player_cannot_chat_until_it_is_unmuted() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann, bob = arena.join("Ann"), arena.join("Bob")
        boss.do("mute", player_id=ann.id, muted=True)
        ann.send("CHAT", "hush")
        assert ann.wait_for("ERROR")[0] == "MUTED"
        boss.do("mute", player_id=ann.id, muted=False)
        ann.send("CHAT", "hello")
        assert bob.wait_for("CHAT") == (ann.id, "hello")


def test_a_paused_room_stands_still_makes_single_steps_and_goes_on() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann = arena.join("Ann", room="den")
        boss.do("pause", room="den")
        ann.sync()
        ann.wait_for("STATE")
        still = ann.wait_for("STATE")[0]
        assert ann.wait_for("STATE")[0] == still
        boss.do("step", room="den")
        ann.wait_until(lambda: ann.world.tick == still + 1, "one step")
        assert [ann.wait_for("STATE")[0] for _ in range(3)] == [still + 1] * 3
        boss.do("resume", room="den")
        ann.wait_until(lambda: (ann.world.tick or 0) > still + 3, "going on")


def test_a_match_is_ended_with_results_and_restarted_without() -> None:
    with serving_console(results_s=60.0) as (arena, _), operator(arena) as boss:
        boss.receive()
        ann = arena.join("Ann", room="den")
        boss.do("end_match", room="den")
        assert ann.wait_for("GAME_OVER")[0][0][:2] == [ann.id, "Ann"]
        assert "no round" in boss.do("end_match", room="den")["error"]
        boss.do("restart_match", room="den")
        assert ann.wait_for("ROOM", "in-progress")


def test_the_state_names_each_setting_of_a_room_that_differs_from_its_default() -> None:
    plain = GameSettings()
    wolf = plain.species[1]._replace(hunts=False)
    settings = GameSettings(time_limit_s=None, species=(plain.species[0], wolf))
    with serving_console(settings) as (arena, _):
        room = arena.room(arena.join("Ann", room="den"))
        room.change_setting("tick_rate", 40)
        assert differences_seen(arena) == [
            {"name": "tick_rate", "value": "40", "default": "20"},
            {"name": "time_limit_s", "value": "none", "default": "300.0"},
            {"name": "hunts of [animal wolf]", "value": "no", "default": "yes"},
        ]
        room.change_setting("time_limit_s", 300.0)
        room.change_setting("tick_rate", 20)
        assert [row["name"] for row in differences_seen(arena)] == ["hunts of [animal wolf]"]


def differences_seen(arena: Arena) -> list[dict[str, str]]:
    """The differences from the defaults that an operator sees in the only room."""
    with operator(arena) as boss:
        (room,) = boss.state()["rooms"]
        differs: list[dict[str, str]] = room["differs"]
        return differs


def test_a_player_is_moved_to_another_room() -> None:
    with serving_console(max_players=2) as (arena, _), operator(arena) as boss:
        boss.receive()
        ann, bob = arena.join("Ann", room="a"), arena.join("Bob", room="b")
        boss.do("move_player", player_id=ann.id, room="b")
        assert ann.wait_for("WELCOME", ann.id)[1] == "b"
        bob.wait_for("PLAYER", ann.id)
        ann.send("CHAT", "here I am")
        assert bob.wait_for("CHAT")[0] == ann.id
        wait_until(lambda: [room.id for room in arena.server.lobby.all_rooms()] == ["b"], "the empty room is closed")
        carl = arena.join("Carl", room="c")
        assert "full" in boss.do("move_player", player_id=carl.id, room="b")["error"]
        carl.sync()


def test_a_changed_setting_works_at_once_and_is_told() -> None:
    with serving_console() as (arena, _), operator(arena) as boss:
        boss.receive()
        ann = arena.join("Ann", room="den")
        boss.do("change_setting", room="den", name="player_speed", value=500)
        assert ann.wait_for("SETTINGS")[0]["player_speed"] == 500
        boss.do("change_setting", room="den", name="tick_rate", value=10)
        assert ann.wait_for("SETTINGS")[0]["tick_rate"] == 10
        assert "whole number" in boss.do("change_setting", room="den", name="tick_rate", value=10.5)["error"]


def test_every_command_is_a_method_of_the_manager_and_the_other_way_round() -> None:
    methods = {name for name in vars(GameWorldManager) if not name.startswith("_")} - {"state"}
    assert set(COMMANDS) == methods
