"""Tests of a room without a server's threads: seats, messages, the start and end of rounds, faults."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING
from gameserver.match.publisher import BOARDS_EVERY_S
from gameserver.match.seats import PlayerInfo
from gameserver.match.ticker import FAILURES_ALLOWED
from gameserver.replication.areas import AreaReplicator
from gameserver.replication.static_objects import StaticObjects
from gameserver.results.recorder import NoRecorder
from gameserver.room import RoomFull
from gameserver.world_manager import describe_room
from Net.frames import message_frame
from Net.PacketCodes import TO_CLIENT, Packet
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Player, Stage, plain_world, serving, staged

NOTICE = Packet("NOTICE", ("hello",))


def statuses(stage: Stage, ticks: int) -> list[str]:
    found = []
    for _ in range(ticks):
        stage.tick()
        found.append(stage.room.status)
    return found


def notices(player: Player) -> list[str]:
    """Returns the notices that a player gets up to the next STATE."""
    packets = player.receive_until(lambda packet: packet.id == "STATE", "STATE")
    return [packet.args[0] for packet in packets if packet.id == "NOTICE"]


# Seats --------------------------------------------------------------------------------------------------------


def test_a_room_takes_as_many_players_as_it_has_seats() -> None:
    with staged(max_players=2) as stage:
        stage.seat("Ann")
        assert not stage.room.is_full()
        stage.seat("Bob")
        assert stage.room.is_full()
        with pytest.raises(RoomFull, match="2 seats"):
            stage.seat("Cid")
        assert [seat.info.name for seat in stage.room.roster.seats()] == ["Ann", "Bob"]


def test_a_removed_player_is_out_of_the_game_and_its_seat_is_free() -> None:
    with staged(max_players=1) as stage:
        ann = stage.seat("Ann")
        server_end = stage.server_end(ann)
        stage.room.remove_player(server_end)
        stage.room.remove_player(server_end)  # a second call does nothing
        assert stage.room.roster.is_empty()
        assert stage.room.find_player_by_id(ann.id) is None
        assert stage.room.game.players == {}
        stage.seat("Bob")


def test_find_player_by_id_gives_the_seat() -> None:
    with staged() as stage:
        stage.seat("Ann")
        bob = stage.seat("Bob")
        seat = stage.room.find_player_by_id(bob.id)
        assert seat is not None
        assert seat.info.name == "Bob"
        assert stage.room.find_player_by_id(99) is None


# Teams --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([None, None, None, None], [0, 1, 0, 1]),
        ([1, None, None, None], [1, 0, 0, 1]),
        ([1, 1, 0, 0], [1, 0, 0, 1]),
        ([1, 0, 1, 1], [1, 0, 1, 0]),
        ([3, None], [0, 1]),
    ],
)
def test_teams_are_balanced_and_a_wish_is_granted_when_it_keeps_them_so(
    wishes: list[int | None], expected: list[int]
) -> None:
    with staged(plain_world(teams=2)) as stage:
        for wish in wishes:
            stage.seat("Ann", team=wish)
        assert [seat.info.team for seat in stage.room.roster.seats()] == expected
        assert [player.team for player in stage.room.game.players.values()] == expected


def test_without_teams_a_wish_is_ignored() -> None:
    with staged() as stage:
        ann = stage.seat("Ann", team=1)
        assert stage.room.assign_team(ann.id) is None
        assert [seat.info.team for seat in stage.room.roster.seats()] == [None]


def test_the_place_of_a_player_who_left_is_filled_first() -> None:
    with staged(plain_world(teams=2)) as stage:
        players = [stage.seat(name) for name in ("Ann", "Bob", "Cid", "Dan")]
        stage.room.remove_player(stage.server_end(players[1]))
        eve = stage.seat("Eve", team=0)
        assert stage.room.find_player_by_id(eve.id).info.team == 1


# Messages -----------------------------------------------------------------------------------------------------


def three(stage: Stage) -> list[Player]:
    players = [stage.seat("Ann"), stage.seat("Bob", as_text=True), stage.seat("Cid")]
    stage.tick()
    for player in players:
        player.wait_for("STATE")
    return players


def told(stage: Stage, players: list[Player]) -> list[bool]:
    stage.tick()
    return [notices(player) == ["hello"] for player in players]


def test_broadcast_tells_everybody() -> None:
    with staged() as stage:
        players = three(stage)
        stage.room.broadcast(NOTICE)
        assert told(stage, players) == [True, True, True]


def test_broadcast_leaves_one_connection_out() -> None:
    with staged() as stage:
        players = three(stage)
        stage.room.broadcast(NOTICE, exclude_ws=stage.server_end(players[1]))
        assert told(stage, players) == [True, False, True]


def test_broadcast_except_leaves_one_player_out() -> None:
    with staged() as stage:
        players = three(stage)
        stage.room.broadcast_except(players[0].id, NOTICE)
        assert told(stage, players) == [False, True, True]


def test_a_private_message_reaches_one_player() -> None:
    with staged() as stage:
        players = three(stage)
        assert stage.room.send_private_message(players[2].id, NOTICE)
        assert not stage.room.send_private_message(99, NOTICE)
        assert told(stage, players) == [False, False, True]


def test_events_are_kept_with_their_tick_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with staged() as stage:
        ann = stage.seat("Ann")
        stage.tick(3)
        stage.room.log_event("test", {"answer": 42})
        stage.room.remove_player(stage.server_end(ann))
        kinds = [event[1] for event in stage.room.event_log.events]
        assert kinds == ["join", "start", "test", "leave"]
        assert stage.room.event_log.events[2] == (2, "test", {"answer": 42})
    assert "room room-1: test {'answer': 42}" in caplog.text


# The phases of a match ----------------------------------------------------------------------------------------


def test_a_round_starts_when_enough_players_are_there() -> None:
    with staged(start_at=2) as stage:
        ann = stage.seat("Ann")
        assert statuses(stage, 3) == [WAITING] * 3
        assert stage.room.game.tick == 0
        stage.seat("Bob")
        assert statuses(stage, 3) == [IN_PROGRESS] * 3
        assert ann.wait_for("ROOM", "in-progress") == ("in-progress", 2, 40, None)


def test_a_full_room_starts_though_start_at_is_higher() -> None:
    with staged(start_at=3, max_players=5) as stage:
        stage.room = stage.server.create_room(max_players=1)
        stage.seat("Ann")
        assert statuses(stage, 1) == [IN_PROGRESS]


def test_a_round_starts_early_when_all_are_ready_and_only_then() -> None:
    with staged(start_at=3) as stage:
        ann, bob = stage.seat("Ann"), stage.seat("Bob")
        stage.room.set_ready(ann.id, True)
        assert statuses(stage, 2) == [WAITING] * 2
        stage.room.set_ready(ann.id, False)
        stage.room.set_ready(bob.id, True)
        assert statuses(stage, 2) == [WAITING] * 2
        stage.room.set_ready(ann.id, True)
        assert statuses(stage, 1) == [IN_PROGRESS]


def test_late_packets_of_a_removed_player_do_nothing() -> None:
    with staged() as stage:
        ann = stage.seat("Ann")
        stage.room.remove_player(stage.server_end(ann))
        stage.room.set_ready(ann.id, True)
        stage.room.watch(ann.id, None, (0.0, 0.0))


def test_an_empty_waiting_room_does_not_start() -> None:
    with staged() as stage:
        assert statuses(stage, 3) == [WAITING] * 3


def test_the_phases_repeat_and_players_must_be_ready_again() -> None:
    with staged(plain_world(time_limit_s=0.1), start_at=2, results_s=0.06) as stage:
        ann = stage.seat("Ann")
        stage.room.set_ready(ann.id, True)
        # At 50 Hz: the tick that starts it, 5 ticks of play of which the last ends it, 3 of results, the next wait.
        expected = [IN_PROGRESS] * 5 + [ENDED] * 3 + [WAITING] * 3
        assert statuses(stage, 11) == expected
        assert stage.room.game.tick == 0
        stage.room.set_ready(ann.id, True)
        assert statuses(stage, 1) == [IN_PROGRESS]


def test_the_world_stands_still_while_the_results_are_shown() -> None:
    with staged(plain_world(time_limit_s=0.1)) as stage:
        ann = stage.seat("Ann")
        stage.room.game.process_input(ann.id, ("MOVE", 0, None))
        statuses(stage, 6)
        assert stage.room.status == ENDED
        player = stage.room.game.players[ann.id]
        before = (player.x, player.y)
        stage.tick(3)
        assert (player.x, player.y) == before


def test_room_packets_count_down_the_time_left() -> None:
    with staged(plain_world(time_limit_s=2.0)) as stage:
        stage.seat("Ann")
        stage.tick(51)  # the first tick only starts the round
        bob = stage.seat("Bob")
        stage.tick()
        assert bob.wait_for("ROOM") == ("in-progress", 2, 40, 1000)


def test_a_round_that_everybody_left_is_ended() -> None:
    with staged() as stage:
        ann = stage.seat("Ann")
        stage.tick(2)
        stage.room.remove_player(stage.server_end(ann))
        assert statuses(stage, 1) == [ENDED]


def test_a_player_that_joins_during_the_results_plays_the_next_round() -> None:
    with staged(plain_world(time_limit_s=0.02), results_s=0.1) as stage:
        stage.seat("Ann")
        stage.tick(2)
        bob = stage.seat("Bob", as_text=True)
        stage.tick(10)
        assert bob.wait_for("ROOM") == ("ended", 2, 40, 100)
        bob.wait_for("ROOM", "waiting")
        bob.wait_for("ROOM", "in-progress")
        assert bob.wait_for("GAME_OVER")[0][1][1] == "Bob"


# Faults -------------------------------------------------------------------------------------------------------


class FaultyGame(Game):
    """A game in which the method named by `broken` fails."""

    broken: str | None = None

    def update(self, delta_time: float) -> None:
        super().update(delta_time)
        if self.broken == "update":
            raise ZeroDivisionError("a fault for the test")

    def results(self) -> list[Any]:
        if self.broken == "results":
            raise ZeroDivisionError("a fault for the test")
        return super().results()

    def is_game_over(self) -> bool:
        if self.broken == "is_game_over":
            raise ZeroDivisionError("a fault for the test")
        return super().is_game_over()


@pytest.mark.parametrize("broken", ["update", "results", "is_game_over"])
def test_a_tick_that_fails_is_lost_and_clients_see_the_world_as_it_is_after_it(broken: str) -> None:
    with staged(make_game=FaultyGame) as stage:
        ann, game = stage.seat("Ann"), stage.room.game
        assert isinstance(game, FaultyGame)
        stage.tick(2)
        game.process_input(ann.id, ("MOVE", 0, 1))
        game.broken = broken
        with pytest.raises(ZeroDivisionError):
            stage.tick(1 + int(BOARDS_EVERY_S * game.settings.tick_rate))
        game.broken = None
        game.process_input(ann.id, ("MOVE", None, 2))
        stage.tick()
        ann.wait_until(lambda: ann.world.sequence == 2, "the tick after it")
        player = game.players[ann.id]
        assert ann.sees_at(ann, round(player.x), round(player.y))


@pytest.mark.parametrize("owner", [AreaReplicator, StaticObjects])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_build_that_fails_loses_nothing(owner: type, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build may fail early or late. A late fault leaves views that count unsent objects as known to the client."""
    name = "build" if owner is AreaReplicator else "compare"
    real = getattr(owner, name)
    faults = iter([False, True, False, False])

    def fail(*args: Any) -> Any:
        is_fault = next(faults)
        done = None if is_fault and when == "before" else real(*args)
        if is_fault:
            raise ZeroDivisionError("a fault for the test")
        return done

    with staged(plain_world(rocks=20, map_size=2000.0)) as stage:
        ann, game = stage.seat("Ann"), stage.room.game
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            stage.tick()
            game.process_input(ann.id, ("MOVE", 0, 1))
            with pytest.raises(ZeroDivisionError):
                stage.tick()
            game.process_input(ann.id, ("MOVE", None, 2))
            stage.tick(2)
        ann.wait_until(lambda: ann.world.sequence == 2, "the tick after it")
        player = game.players[ann.id]
        assert ann.sees_at(ann, round(player.x), round(player.y))
        assert set(ann.world.scenery) == set(game.scenery)


def test_a_recorder_that_fails_costs_its_notes_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(NoRecorder):
        def record_event(self, *_: Any) -> None:
            raise ZeroDivisionError("a fault for the test")

    with staged(recorder=Broken()) as stage:
        ann = stage.seat("Ann")
        stage.tick()
        ann.wait_for("STATE")
        stage.room.remove_player(stage.server_end(ann))
        assert stage.room.roster.is_empty()
    assert caplog.text.count("a note could not be taken") == 2 + 1  # join, start, leave


def test_a_room_survives_a_failing_tick_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    with serving(make_game=FaultyGame) as arena:
        ann = arena.join("Ann")
        game = arena.room(ann).game
        game.broken = "update"
        wait_until(lambda: "a tick failed" in caplog.text, "the fault is logged")
        game.broken = None
        ann.wait_for("STATE")
        ann.wait_for("STATE")
    assert "ZeroDivisionError: a fault for the test" in caplog.text


@pytest.mark.parametrize(("broken", "results_are_sent"), [("update", True), ("results", False)])
def test_a_room_that_keeps_failing_gives_up_with_1011(
    broken: str, results_are_sent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(plain_world(tick_rate=100), make_game=FaultyGame) as arena:
        ann, bob = arena.join("Ann", room="hall"), arena.join("Bob", as_text=True, room="hall")
        arena.room(ann).game.broken = broken
        for player in (ann, bob):
            packets, closed = player.receive_to_the_end()
            assert (closed.code, closed.reason) == (1011, "this room has failed")
            assert ("GAME_OVER" in [packet.id for packet in packets]) == results_are_sent
        wait_until(lambda: "hall" not in arena.server.lobby.rooms, "the room is closed")
        wait_until(lambda: "room hall" not in [t.name for t in threading.enumerate()], "its tick thread has ended")
        assert arena.join("Cid", room="hall").own_entity()  # the server lives, and so does a new room of that name
    assert caplog.text.count("a tick failed") == FAILURES_ALLOWED + 1


def test_a_player_that_rejoins_while_a_tick_is_being_sent_gets_nothing_of_its_old_view() -> None:
    with staged() as stage:
        ann, room = stage.seat("Ann"), stage.room
        stage.tick()
        ann.wait_for("STATE")
        server_end = stage.server_end(ann)
        has_joined_again = threading.Event()
        threads: list[Background] = []

        def leave_and_join() -> None:
            room.remove_player(server_end)
            room.add_player(server_end, PlayerInfo(2, "Ann", "token"))
            has_joined_again.set()

        class SlowFrames(dict):  # type: ignore[type-arg]
            """Frames of the old view. Looking one up gives the player time to leave and join again."""

            def get(self, view: object, default: object = None) -> bytes:
                threads.append(Background(leave_and_join))
                has_joined_again.wait(0.2)  # without success: the player's thread must wait for ours
                return message_frame("old view")

        room.roster.send_frames(SlowFrames())
        threads[0].result()
        server_end.post("end")
        messages = list(iter(lambda: ann.websocket.receive(DEADLINE_S), "end"))
        assert messages[0] == "old view"
        assert TO_CLIENT.decode(messages[1]).id == "WELCOME"


def test_a_player_that_the_game_cannot_take_leaves_no_seat_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room in the world")

    with staged() as stage:
        monkeypatch.setattr(stage.room.game, "add_player", fail)
        with pytest.raises(RuntimeError):
            stage.seat("Ann")
        assert stage.room.roster.is_empty()


def test_a_tick_may_end_while_an_operator_looks() -> None:
    with staged(plain_world(tick_rate=5)) as stage:
        stage.room.start()
        ticker = stage.room.clock.ticker
        assert ticker is not None

        class Duration(float):
            """A duration that can be read only after the next tick has ended."""

            def __round__(self, digits: object = None) -> float:  # type: ignore[override]
                last_ms = ticker.durations_ms[-1]
                wait_until(lambda: ticker.durations_ms[-1] is not last_ms, "the next tick has ended")
                return 1.0

        ticker.durations_ms = [Duration(), 2.0]
        assert describe_room(stage.room)["tick_ms"] == [1.0, 2.0]
        stage.room.stop()
