"""Tests of rooms that play a game of one's own, with real connections."""

from __future__ import annotations

import inspect
import logging
from typing import Any, ClassVar

import pytest

from gameserver.base_game import BaseGame
from gameserver.match.seats import PlayerInfo
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.base_settings import BaseSettings
from Net.PacketCodes import Packet
from tests.gameserver.own_games import Faulty, Race
from tests.locks import WATCH
from tests.support import Player, serving, staged


class Model:
    """The state as a client has it."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def apply(self, packet: Packet) -> None:
        if packet.id == "GAME_STATE":
            self.state = packet.args[0]
        elif packet.id == "GAME_CHANGES":
            gone, entities, others = packet.args
            for kind, ids in gone.items():
                for entity_id in ids:
                    del self.state["entities"][kind][entity_id]
            for kind, things in entities.items():
                for entity_id, fields in things.items():
                    self.state["entities"].setdefault(kind, {}).setdefault(entity_id, {}).update(fields)
            self.state.update(others)


def follow(player: Player, model: Model, tick: int) -> list[Packet]:
    """Receives packets until the model shows a tick; returns them."""
    packets = []
    while model.state.get("tick") != tick:
        packets.append(player.receive())
        model.apply(packets[-1])
    return packets


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_a_client_gets_the_whole_state_once_and_then_the_changes(as_text: bool) -> None:
    with staged(BaseSettings(), Race) as stage:
        ann, model = stage.seat("Ann", as_text), Model()
        stage.tick(2)
        first = [packet for packet in follow(ann, model, 1) if packet.id.startswith("GAME_")]
        key = "1" if as_text else 1
        assert [packet.id for packet in first] == ["GAME_STATE", "GAME_CHANGES"]
        assert model.state["entities"] == {"runner": {key: {"x": 0, "path": [0]}}}
        stage.room.game.process_input(1, {"steps": 3})
        stage.tick()
        last = follow(ann, model, 2)[-1]
        assert last == Packet("GAME_CHANGES", ({}, {"runner": {key: {"x": 3, "path": [0, 3]}}}, {"tick": 2}))


def test_an_input_reaches_the_game_and_the_others_see_what_it_does() -> None:
    with serving(BaseSettings(), make_game=Race) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        for _ in range(4):
            ann.send("INPUT", {"steps": 3})
        assert bob.wait_for("EVENT", "passed") == ("passed", [ann.id])
        bob.wait_for("SCOREBOARD", [[ann.id, "Ann", 1], [bob.id, "Bob", 0]])


def test_an_input_that_the_schema_refuses_is_answered_with_the_reason() -> None:
    with serving(BaseSettings(), make_game=Race) as arena:
        ann = arena.join("Ann")
        ann.send("INPUT", {"steps": 9})
        code, text = ann.wait_for("ERROR")
        assert code == "BAD_ARGUMENT"
        assert text == "INPUT.value must be a map in which steps is an integer from 1 to 5"


@pytest.mark.parametrize(
    ("make_game", "packet", "text"),
    [
        (Race, ("MOVE", 3), "the game Race does not take MOVE; it takes INPUT"),
        (None, ("INPUT", 3), "the game free-for-all does not take INPUT; it takes MOVE, AIM, "),
    ],
)
def test_a_packet_of_another_game_is_refused(make_game: Any, packet: tuple[Any, ...], text: str) -> None:
    with serving(**({"make_game": make_game, "game_settings": BaseSettings()} if make_game else {})) as arena:
        ann = arena.join("Ann")
        ann.send(*packet)
        code, said = ann.wait_for("ERROR")
        assert code == "WRONG_GAME"
        assert said.startswith(text)


def test_a_fault_in_process_input_is_logged_and_told_and_the_game_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with serving(BaseSettings(), make_game=Faulty) as arena:
        ann = arena.join("Ann")
        ann.send("INPUT", {"steps": 5})
        assert ann.wait_for("ERROR")[0] == "SERVER_FAULT"
        assert "ZeroDivisionError: a fault of the game" in caplog.text
        ann.send("INPUT", {"steps": 1})
        ann.assert_undisturbed()


def test_a_state_that_is_no_plain_data_is_skipped_and_its_path_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with staged(BaseSettings(), Faulty) as stage, caplog.at_level(logging.ERROR):
        ann, model = stage.seat("Ann"), Model()
        stage.tick(2)
        follow(ann, model, 1)
        stage.room.game.process_input(1, {"steps": 4})
        stage.tick()
        assert [record.getMessage() for record in caplog.records] == [
            "room room-1: this state of the game is not sent: entities.runner.1.path[2] is a set: "
            "a state holds None, True, False, numbers, text, lists and maps"
        ]
        stage.room.reset_room()
        stage.tick(2)
        follow(ann, model, 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [(([1, {"at": b"bytes"}],), "passed[0][1].at is a bytes: a state holds"), ((2**70,), "passed[0] is an int 1180")],
)
def test_an_event_that_is_no_plain_data_is_skipped_and_its_path_is_logged(
    values: tuple[Any, ...], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with staged(BaseSettings(), Race) as stage, caplog.at_level(logging.ERROR):
        ann = stage.seat("Ann")
        stage.room.game.tell("passed", *values)
        stage.room.game.tell("passed", 1)
        stage.tick()
        assert ann.wait_for("EVENT") == ("passed", [1])
        (record,) = caplog.records
        assert words in record.getMessage()


def test_any_state_that_is_handed_to_the_room_reaches_every_client() -> None:
    with staged(BaseSettings(), Race) as stage:
        ann, bob = stage.seat("Ann"), stage.seat("Bob")
        stage.room.broadcast_game_state({"entities": {}, "weather": "rain"})
        for player in (ann, bob):
            assert player.wait_for("GAME_STATE") == ({"entities": {}, "weather": "rain"},)


def test_a_state_of_the_rich_game_that_is_handed_to_the_room_reaches_every_client() -> None:
    with staged() as stage:
        ann = stage.seat("Ann")
        stage.tick()
        ann.wait_for("STATE")
        state = stage.room.game.get_game_state()
        state["entities"]["players"][99] = dict(state["entities"]["players"][ann.id])
        stage.acknowledge()
        stage.room.broadcast_game_state(state)
        assert 99 in ann.wait_for("STATE")[2]


def test_a_round_begins_at_tick_0_with_a_reset_game() -> None:
    with staged(BaseSettings(), Race) as stage:
        stage.seat("Ann")
        stage.tick()
        stage.room.game.process_input(1, {"steps": 3})
        stage.tick(5)
        stage.room.start_game()
        assert (stage.room.status, stage.room.game.tick) == ("in-progress", 0)


def test_a_team_is_assigned_to_the_seat_and_to_the_player_in_the_game() -> None:
    with staged(BaseSettings(teams=2), Race) as stage:
        stage.seat("Ann", team=1)
        room = stage.room
        assert [seat.info.team for seat in room.roster.seats()] == [1]
        room.roster.seats()[0].info.team = None
        assert room.assign_team(1) == 0
        assert (room.roster.seats()[0].info.team, room.game.players[1].team) == (0, 0)
        with pytest.raises(KeyError):
            room.assign_team(5)


def test_a_server_decides_about_the_room_of_each_join() -> None:
    opened: list[str | None] = []

    class Matchmaker(GameServer):
        """Sends everybody into one room, and notes the rooms that are opened."""

        def assign_player_to_room(self, player_info: PlayerInfo, host: str | None = None) -> GameRoom:
            player_info.room = "the-arena"
            return super().assign_player_to_room(player_info, host)

        def create_room(self, *args: Any, **options: Any) -> GameRoom:
            room = super().create_room(*args, **options)
            opened.append(room.id)
            return room

    with serving(BaseSettings(), make_game=Race, make_server=Matchmaker) as arena:
        assert {arena.join("Ann", room="den").room_id, arena.join("Bob").room_id} == {"the-arena"}
        assert opened == ["the-arena"]


def test_the_methods_of_a_game_are_called_with_its_lock_held() -> None:
    class Watched(Race):
        unlocked: ClassVar[list[str]] = []
        is_in_a_room = False

        def __getattribute__(self, name: str) -> Any:
            is_method = inspect.isfunction(getattr(BaseGame, name, None))
            lock = object.__getattribute__(self, "__dict__").get("lock")
            if is_method and Watched.is_in_a_room and lock not in WATCH.held():
                Watched.unlocked.append(name)
            return super().__getattribute__(name)

    with serving(BaseSettings(time_limit_s=0.2), make_game=Watched, results_s=0.1) as arena:
        ann = arena.join("Ann")
        Watched.is_in_a_room = True
        ann.send("INPUT", {"steps": 1})
        bob = arena.join("Bob")
        bob.hang_up()
        ann.wait_for("GAME_OVER")
        arena.server.lobby.all_rooms()[0].change_setting("time_limit_s", 5.0)
        ann.wait_for("ROOM", "in-progress")
    assert Watched.unlocked == []
