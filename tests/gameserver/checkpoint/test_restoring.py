"""Tests of restoring rooms: the next server has the same matches, and players come back with their tokens."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest

from gameserver.checkpoint import saved_room, state_file
from gameserver.checkpoint.checkpoint import Checkpointer
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING
from gameserver.match.seats import NoConnection, PlayerInfo, Seat
from gameserver.results.store import Store
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings
from Net.address import Address
from Net.PacketCodes import Packet
from tests.gameserver.worlds import data_of
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, Player, plain_world, serving, staged

pytestmark = pytest.mark.slow

# A map of one cell, so that all players see each other.
SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0, time_limit_s=600.0)
NEVER_S = 1000.0


@contextlib.contextmanager
def keeping(path: Path, game_settings: BaseSettings = SMALL, **server_settings: Any) -> Iterator[Arena]:
    """A server that restores the rooms of a file at its start, and saves its own rooms there at its end."""
    with serving(game_settings, shutdown_timeout_s=0.1, **server_settings) as arena:
        checkpointer = Checkpointer(arena.server.lobby, str(path), lambda: True, NEVER_S)
        checkpointer.restore()
        checkpointer.start()
        arena.server.save_rooms_with(checkpointer.stop)
        yield arena
        arena.server.stop()
        arena.thread.join(DEADLINE_S)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rooms.state"


def token_of(packets: list[Packet]) -> str:
    token: str = next(packet.args[2] for packet in packets if packet.id == "WELCOME")
    return token


def come(arena: Arena, name: str, **options: Any) -> tuple[Player, str]:
    player = arena.connect()
    return player, token_of(player.join(name, **options))


def keep_seat_of(room: GameRoom, info: PlayerInfo) -> None:
    """Gives a player without a connection a seat."""
    room.keep_seat(Seat(NoConnection(Address("192.0.2.1", 99)), info, room.replicator.make_view))


def in_world(arena: Arena, player: Player) -> dict[str, Any]:
    room = arena.server.lobby.rooms[player.room_id]
    with room.game.lock:
        return data_of(room.game.players[player.id])


def test_a_player_finds_its_seat_and_all_that_it_had(file: Path) -> None:
    with keeping(file) as arena:
        ann, token = come(arena, "Ann", room="den")
        bob, _ = come(arena, "Bob", room="den")
        game = arena.room(ann).game
        game.grant_resources(ann.id, wood=50)
        ann.send("PLACE", 0, 0.0)
        ann.wait_until(lambda: ann.world.scenery, "its wall")
        with game.lock:
            game.players[ann.id].score = 77
        arena.room(ann).roster.seats()[0].mute(True)
        was, walls = in_world(arena, ann), ann.world.scenery
    with keeping(file) as arena:
        ann, new_token = come(arena, "whatever", token=token)
        assert (new_token, ann.room_id) == (token, "den")
        is_data = in_world(arena, ann)
        passing = {"reload_in_s", "swing_in_s", "angle_rad"}  # the clock runs on for a moment
        assert {k: v for k, v in is_data.items() if k not in passing} == {
            k: v for k, v in was.items() if k not in passing
        }
        assert ann.world.scenery == walls
        assert arena.room(ann).status == IN_PROGRESS
        ann.send("CHAT", "hello")
        assert ann.wait_for("ERROR")[0] == "MUTED"
        newcomer, _ = come(arena, "Cid", room="den")
        assert newcomer.id > bob.id


def test_the_world_waits_for_its_players_and_then_goes_on(file: Path) -> None:
    with keeping(file) as arena:
        ann, ann_token = come(arena, "Ann")
        _, bob_token = come(arena, "Bob")
        ann.wait_until(lambda: (ann.world.tick or 0) > 5, "some ticks")
    with keeping(file) as arena:
        ann, _ = come(arena, "Ann", token=ann_token)
        first_tick = ann.world.tick
        for _ in range(10):
            ann.wait_for("STATE")
        assert ann.world.tick == first_tick
        bob, _ = come(arena, "Bob", token=bob_token)
        ann.wait_until(lambda: ann.world.tick != first_tick, "the world goes on")
        bob.send("MOVE", 0)
        x = bob.own_entity().x
        bob.wait_until(lambda: bob.own_entity().x != x, "a step")


def test_the_world_does_not_wait_for_ever_for_its_players(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_room, "RETURN_S", 0.2)
    with keeping(file) as arena:
        _, ann_token = come(arena, "Ann")
        come(arena, "Bob")
    with keeping(file, reconnect_s=0.4) as arena:
        ann, _ = come(arena, "Ann", token=ann_token)
        first_tick = ann.world.tick
        ann.wait_until(lambda: ann.world.tick != first_tick, "the world goes on")
        ann.wait_for("PLAYER_GONE")  # the seat of a player who does not come back is given up


def test_a_room_that_nobody_comes_back_to_is_closed(file: Path) -> None:
    with keeping(file) as arena:
        come(arena, "Ann")
    with keeping(file, reconnect_s=0.1) as arena:
        assert len(arena.server.lobby.all_rooms()) == 1
        wait_until(lambda: not arena.server.lobby.all_rooms(), "it is closed")
    assert state_file.read(str(file)) == []


def test_a_paused_room_stays_paused_and_a_changed_setting_changed(file: Path) -> None:
    with keeping(file) as arena:
        ann, token = come(arena, "Ann")
        arena.room(ann).clock.pause(True)
        arena.room(ann).change_setting("tick_rate", 40)
        arena.room(ann).change_setting("player_speed", 123.0)
    with keeping(file) as arena:
        ann, _ = come(arena, "Ann", token=token)
        room = arena.room(ann)
        assert (room.clock.is_paused, room.clock.rate, room.game.settings.player_speed) == (True, 40, 123.0)


def test_spectators_are_not_kept_nor_a_room_of_nothing_but_spectators(file: Path) -> None:
    with keeping(file) as arena:
        ann, _ = come(arena, "Ann", room="den")
        come(arena, "Sue", room="den", spectate=True)
        come(arena, "Tom", room="gallery", spectate=True)
    with keeping(file) as arena:
        (room,) = arena.server.lobby.all_rooms()
        assert (room.id, [seat.info.id for seat in room.roster.everybody()]) == ("den", [ann.id])


@pytest.mark.parametrize("status", [WAITING, IN_PROGRESS, ENDED])
def test_a_room_goes_on_in_its_saved_phase(status: str) -> None:
    with staged(SMALL, results_s=60.0) as stage:
        stage.seat("Ann")
        if status != WAITING:
            stage.tick(3)
        if status == ENDED:
            stage.room.end_game()
            stage.tick(10)
        data = saved_room.save(stage.room)
        loaded = stage.server.lobby.load_room(data)
        assert (loaded.status, loaded.rounds.round, loaded.rounds.ms_left()) == (
            status,
            stage.room.rounds.round,
            stage.room.rounds.ms_left(),
        )


def test_a_seat_that_was_moved_while_both_rooms_were_saved_is_kept_once() -> None:
    server = GameServer(ServerSettings(), SMALL)
    rooms = [server.create_room(room_id=name) for name in ("den", "attic")]
    for room in rooms:
        room.game.add_player(7, "Ann")
        keep_seat_of(room, PlayerInfo(7, "Ann", "token"))
    next_server = GameServer(ServerSettings(), SMALL)
    for room in rooms:
        next_server.lobby.take_up(next_server.lobby.load_room(saved_room.save(room)))
    assert list(next_server.lobby.rooms) == ["den"]


def test_a_server_told_twice_to_stop_keeps_its_rooms(file: Path) -> None:
    with keeping(file) as arena:
        come(arena, "Ann", room="den")
        arena.server.shutdown()
        arena.server.shutdown()
    (room,) = state_file.read(str(file)) or ()
    assert room["id"] == "den"


# Checkpoints --------------------------------------------------------------------------------------------------


def test_checkpoints_are_written_while_the_game_runs(file: Path) -> None:
    with serving(SMALL) as arena:
        ann, token = come(arena, "Ann")
        checkpointer = Checkpointer(arena.server.lobby, str(file), lambda: True, every_s=0.05)
        checkpointer.start()

        def ticks_kept() -> int:
            (room,) = (state_file.read(str(file)) if file.exists() else None) or [{"game": {"tick": 0}}]
            tick: int = room["game"]["tick"]
            return tick

        wait_until(lambda: ticks_kept() > 3, "a first checkpoint")
        kept = ticks_kept()
        wait_until(lambda: ticks_kept() > kept, "a second one")
        assert checkpointer.stop()
        assert token.encode() in file.read_bytes()
        ann.sync()


def test_results_are_on_the_disk_before_a_state_that_says_that_the_round_has_ended(file: Path) -> None:
    """In the other order, a power cut between the two writes would lose the round."""
    with staged(SMALL) as stage:
        seen: list[list[str]] = []

        def settle() -> None:
            seen.append([room["status"] for room in state_file.read(str(file)) or []])

        checkpointer = Checkpointer(stage.server.lobby, str(file), settle)
        stage.seat("Ann")
        stage.tick(3)
        checkpointer.restore()
        stage.room.end_game()
        checkpointer.stop()
        assert seen == [[], [IN_PROGRESS]]
        assert [room["status"] for room in state_file.read(str(file)) or []] == [ENDED]


def test_a_round_that_ends_again_after_a_restart_is_recorded_once() -> None:
    store = Store(":memory:")
    server = GameServer(ServerSettings(), SMALL, recorder=store)
    room = server.create_room()
    room.game.add_player(7, "Ann")
    keep_seat_of(room, PlayerInfo(7, "Ann", "token"))
    room.tick()
    room.tick()
    again = server.lobby.load_room(saved_room.save(room))
    try:
        for played in (room, again):
            played.game.update(0.1)
            played.end_game()
        played.reset_room()
        played.start_game()
        played.game.update(0.1)
        played.end_game()  # the next round has results of its own
        assert store.flush(5.0)
        assert len(store.matches()) == 2
    finally:
        store.close()


def test_a_disk_that_refuses_is_reported_once_and_tried_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(SMALL) as arena:
        come(arena, "Ann")
        blocker = file.with_name("rooms.state.new")
        blocker.mkdir()
        checkpointer = Checkpointer(arena.server.lobby, str(file), lambda: True, every_s=0.02)
        checkpointer.start()
        wait_until(lambda: caplog.records, "a warning")
        assert arena.room(come(arena, "Bob")[0]).status == IN_PROGRESS
        blocker.rmdir()
        wait_until(file.exists, "the file")
        assert checkpointer.stop()
    assert [record.message.split(": ")[0] for record in caplog.records] == [f"the rooms cannot be kept in {file}"]


def test_no_checkpoint_follows_the_last_state(file: Path) -> None:
    """The thread that writes checkpoints has ended when the last state is written."""
    server = GameServer(ServerSettings(), SMALL)
    checkpointer = Checkpointer(server.lobby, str(file), lambda: True, every_s=0.001)
    checkpointer.start()
    wait_until(file.exists, "a checkpoint")
    assert checkpointer.stop()
    assert "checkpointer" not in [thread.name for thread in threading.enumerate()]


# Files that cannot be restored -------------------------------------------------------------------------------


def leave_a_room(file: Path) -> None:
    with keeping(file) as arena:
        come(arena, "Ann", room="den")


def foreign(parts: list[Any]) -> bytes:
    parts[0]["game"]["players"]["names"].append("shoe_size")
    return state_file.encode(parts)


def half_right(parts: list[Any]) -> bytes:
    return state_file.encode([parts[0], {**parts[0], "id": "attic", "status": "on fire"}])


def without_seats(parts: list[Any]) -> bytes:
    del parts[0]["seats"]
    return state_file.encode(parts)


def with_a_ghost(parts: list[Any]) -> bytes:
    parts[0]["seats"][0]["info"]["id"] = 99
    return state_file.encode(parts)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda parts: b"", "it is no state file of this game"),
        (lambda parts: state_file.encode(parts)[:-10], "its contents do not match its checksum"),
        (lambda parts: state_file.encode(parts).replace(b"state 1", b"state 9"), "it is of version '9'"),
        (lambda parts: state_file.encode([[]]), "it is no room of this version"),
        (foreign, "another version"),
        (half_right, "status must be one of 'waiting', 'in-progress', 'ended'"),
        (without_seats, "'seats'"),
        (with_a_ghost, "99"),
    ],
)
def test_a_file_that_cannot_be_restored_is_set_aside_and_the_server_starts_anew(
    file: Path, spoil: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    leave_a_room(file)
    parts = state_file.read(str(file))
    assert parts is not None
    spoiled = spoil(parts)
    file.write_bytes(spoiled)
    caplog.clear()
    with keeping(file) as arena:
        assert arena.server.lobby.all_rooms() == []
        assert arena.join("Ann").id == 1
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert said in warning
    assert len(warning.splitlines()) == 1
    (aside,) = [entry for entry in os.listdir(file.parent) if re.fullmatch(r"rooms\.state\.damaged-[-\d]+", entry)]
    assert (file.parent / aside).read_bytes() == spoiled


# The operator's measures ----------------------------------------------------------------------------------------


def test_bans_and_mutes_outlive_a_restart_also_without_rooms(file: Path) -> None:
    with keeping(file) as arena:
        arena.server.lobby.measures.add("ban", "192.0.2.7", reason="too loud")
        arena.server.lobby.measures.add("mute", "127.0.0.1", "Ann")
    with keeping(file) as arena:
        assert arena.server.lobby.all_rooms() == []
        assert arena.server.lobby.measures.why_banned("192.0.2.7") is not None
        ann, _ = come(arena, "Ann")
        ann.send("CHAT", "hello")
        assert ann.wait_for("ERROR")[0] == "MUTED"
        arena.server.lobby.measures.lift("ban", "192.0.2.7")
        arena.server.lobby.measures.lift("mute", "127.0.0.1")
    with keeping(file) as arena:
        assert arena.server.lobby.measures.in_force() == []


def test_a_file_with_invalid_measures_is_set_aside_whole(file: Path) -> None:
    state_file.write(str(file), [{"measures": [{"measure": "ban", "host": 7}]}])
    with keeping(file) as arena:
        assert arena.server.lobby.measures.in_force() == []
    assert list(file.parent.glob("*.damaged-*"))
