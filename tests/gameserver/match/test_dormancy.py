"""Tests of dormant rooms: without activity a room makes two ticks a second, nothing moves, and time goes on."""

from __future__ import annotations

import itertools
import time
from typing import Any, Callable, Iterable

import pytest

from gameserver.game import Game
from gameserver.match.dormancy import MOST_RESTED_S, REST_S, Dormancy
from gameserver.match.tick_clock import TickClock
from gameserver.world_manager import GameWorldManager
from tests.gameserver.worlds import DT, game_with, run
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, Player, place, plain_world, serving

pytestmark = pytest.mark.slow

AFTER_S = 0.3
RATE = 50
LIVELY = plain_world(tick_rate=RATE, animals=300)


def fall_asleep(arena: Arena, *players: Player) -> None:
    """Waits until the room of these players is dormant. The players keep reading meanwhile."""
    room = arena.room(players[0])
    deadline_s = time.monotonic() + DEADLINE_S
    while not room.dormancy.is_dormant:
        assert time.monotonic() < deadline_s, "the room does not rest"
        for player in players:
            player.wait_for("STATE")


# On the wire ----------------------------------------------------------------------------------------------------


def test_a_dormant_room_sends_two_states_a_second_whose_ticks_keep_up_with_the_clock() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        fall_asleep(arena, ann)
        ann.wait_for("STATE")
        first_tick, first_s = ann.world.tick or 0, time.monotonic()
        for _ in range(5):
            ann.wait_for("STATE")
        took_s = time.monotonic() - first_s
        assert took_s > 4.5 * REST_S
        assert (ann.world.tick or 0) - first_tick == pytest.approx(took_s * RATE, abs=0.3 * RATE)


def test_nothing_moves_in_a_dormant_room() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        game = arena.room(ann).game
        fall_asleep(arena, ann)
        ann.wait_for("STATE")
        places = [(animal.x, animal.y) for animal in game.animals.values()]
        ann.wait_for("STATE")
        ann.wait_for("STATE")
        assert [(animal.x, animal.y) for animal in game.animals.values()] == places
        ann.send("AIM", 1.0)
        wait_until(lambda: [(animal.x, animal.y) for animal in game.animals.values()] != places, "they move again")


def test_the_first_input_is_applied_by_a_tick_that_comes_at_once() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        ticks_too_many = []
        for number in range(1, 6):
            fall_asleep(arena, ann)
            ann.wait_for("STATE")  # the next STATE is a whole rest away
            before_s, tick = time.monotonic(), ann.world.tick or 0
            ann.send("MOVE", number % 4 * 2, number)
            while ann.world.sequence != number:
                ann.wait_for("STATE")
            took_s = time.monotonic() - before_s
            assert took_s < 0.8 * REST_S  # a rough check by the clock; the ticks are exact
            ticks_too_many.append((ann.world.tick or 0) - tick - took_s * RATE)
            ann.send("MOVE", None, number)
        assert min(ticks_too_many) <= 2  # the STATE before may have been read late, on a busy machine


def test_after_waking_every_tick_has_its_state_again() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        fall_asleep(arena, ann)
        ann.send("AIM", 1.0)
        wait_until(lambda: not arena.room(ann).dormancy.is_dormant, "the room is awake")
        ann.sync()
        ann.wait_for("STATE")
        ann.tick_gaps = []
        for number in range(RATE):
            ann.send("AIM", float(number))
            ann.wait_for("STATE")
        assert ann.tick_gaps == []


def test_the_time_limit_ends_the_round_of_a_dormant_room_and_the_next_round_begins() -> None:
    settings = plain_world(tick_rate=RATE, time_limit_s=2.0)
    with serving(settings, dormant_after_s=AFTER_S, results_s=1.0) as arena:
        ann = arena.join()
        begun_s = time.monotonic()
        ann.wait_for("GAME_OVER")
        assert arena.room(ann).dormancy.is_dormant
        assert time.monotonic() - begun_s == pytest.approx(2.0, abs=1.5 * REST_S)
        ann.wait_for("ROOM", "in-progress")
        assert time.monotonic() - begun_s < 2.0 + 1.0 + 3 * REST_S


WAKING: dict[str, Callable[[Arena, Player, Player], Any]] = {
    "MOVE": lambda arena, ann, eve: ann.send("MOVE", 1),
    "ATTACK": lambda arena, ann, eve: ann.send("ATTACK", False, 0.0),
    "CHAT": lambda arena, ann, eve: ann.send("CHAT", "hello"),
    "READY": lambda arena, ann, eve: ann.send("READY", True),
    "WATCH": lambda arena, ann, eve: eve.send("WATCH", None, 1.0, 1.0),
    "JOIN": lambda arena, ann, eve: arena.join("Bob", room="den"),
    "JOIN to watch": lambda arena, ann, eve: arena.join("Bob", room="den", spectate=True),
    "LEAVE": lambda arena, ann, eve: eve.send("LEAVE"),
    "a lost connection": lambda arena, ann, eve: ann.reset_connection(),
    "a command": lambda arena, ann, eve: GameWorldManager(arena.server).change_setting("den", "player_speed", 9.0),
    "a grant": lambda arena, ann, eve: GameWorldManager(arena.server).grant_resources(ann.id, wood=1),
}


@pytest.mark.parametrize("wake", WAKING.values(), ids=WAKING)
def test_every_action_of_a_player_wakes_a_room(wake: Callable[[Arena, Player, Player], Any]) -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann, eve = arena.join("Ann", room="den"), arena.join("Eve", room="den", spectate=True)
        fall_asleep(arena, ann, eve)
        tick_s = time.monotonic()
        wake(arena, ann, eve)
        wait_until(lambda: not arena.server.lobby.rooms["den"].dormancy.is_dormant, "the room is awake")
        assert time.monotonic() - tick_s < DEADLINE_S


def test_a_player_who_comes_back_wakes_its_room() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join("Ann", room="den")
        room = arena.room(ann)
        token = room.roster.seats()[0].info.token
        ann.reset_connection()
        wait_until(lambda: room.dormancy.is_dormant, "the room rests")
        ann = arena.join("Ann", token=token)
        wait_until(lambda: not room.dormancy.is_dormant, "the room is awake")


def test_a_ping_wakes_no_room() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        fall_asleep(arena, ann)
        for _ in range(3):
            ann.sync()
            ann.wait_for("STATE")
        assert arena.room(ann).dormancy.is_dormant


def test_a_dormant_room_stops_at_once() -> None:
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        room = arena.room(ann)
        fall_asleep(arena, ann)
        ann.wait_for("STATE")
        before_s = time.monotonic()
        room.stop()
        assert time.monotonic() - before_s < 0.8 * REST_S


def test_a_dormant_client_is_still_asked_whether_it_reads() -> None:
    """Its STATEs are rare: if each needed an acknowledgement, the client would seem to be behind."""
    with serving(LIVELY, dormant_after_s=AFTER_S) as arena:
        ann = arena.join()
        fall_asleep(arena, ann)
        seat = arena.room(ann).roster.seats()[0]
        for _ in range(4):
            ann.wait_for("STATE")
            assert not seat.flow_control.is_behind


# The time of rest -----------------------------------------------------------------------------------------------


def walk_on(game: Game) -> None:
    game.process_input(1, ("MOVE", 0))


def attack_on(game: Game) -> None:
    game.process_input(1, ("ATTACK", True, 0.0))


def shoot(game: Game) -> None:
    game.process_input(1, ("SHOOT", 0.0))


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class RunningClock(TickClock):
    """The tick clock of a running thread, for ticks that a test makes itself."""

    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        self.rests_s: list[float] = []
        self.wakes = 0

    @property
    def is_running(self) -> bool:
        return True

    def rest(self, rest_s: float) -> None:
        self.rests_s.append(rest_s)

    def wake(self) -> None:
        self.wakes += 1


class Bed:
    """A game and its dormancy, tick by tick."""

    def __init__(self, game: Game) -> None:
        self.game, self.clock, self.tick_clock = game, Clock(), RunningClock(20)
        self.dormancy = Dormancy(game, self.tick_clock, 10.0, self.clock)

    def tick(self, passed_s: float = DT) -> int:
        """Makes a tick after this time; returns the number of ticks that the world has rested."""
        self.clock.now_s += passed_s
        rested = self.dormancy.rested_ticks()
        if rested:
            self.game.rest(rested, DT)
        if not self.dormancy.is_dormant:
            self.game.update(DT)
        self.dormancy.consider()
        return rested

    def seconds_to_rest(self, at_most_s: float) -> float:
        ticks = itertools.takewhile(lambda _: not self.dormancy.is_dormant, range(round(at_most_s / DT)))
        return DT * sum(self.tick() == 0 for _ in ticks)


def test_a_room_rests_after_its_time_without_activity() -> None:
    bed = Bed(game_with((7000, 7000)))
    assert bed.seconds_to_rest(20) == pytest.approx(10.0, abs=3 * DT)
    assert bed.tick_clock.rests_s == [REST_S]


def test_each_activity_puts_the_rest_off() -> None:
    bed = Bed(game_with((7000, 7000)))
    for _ in range(5):
        assert bed.seconds_to_rest(6.0) == pytest.approx(6.0)
        bed.dormancy.note_activity()
    assert not bed.dormancy.is_dormant
    assert bed.tick_clock.wakes == 0


@pytest.mark.parametrize("act", [walk_on, attack_on], ids=["walks", "attacks"])
def test_a_room_does_not_rest_while_somebody_is_busy(act: Callable[[Game], None]) -> None:
    bed = Bed(game_with((1000, 7000)))
    act(bed.game)
    assert bed.seconds_to_rest(20.0) == pytest.approx(20.0)


def test_a_room_does_not_rest_while_an_arrow_flies() -> None:
    bed = Bed(game_with((1000, 7000), projectile_range=65_000.0, projectile_speed=100.0))
    shoot(bed.game)
    assert bed.seconds_to_rest(20.0) == pytest.approx(20.0)


def test_a_room_does_not_rest_while_the_river_carries_somebody() -> None:
    game = game_with((1000, 7200), river_share=0.1)
    bed = Bed(game)
    assert bed.seconds_to_rest(20.0) == pytest.approx(20.0)
    assert game.players[1].x > 2000


def test_a_player_who_walks_against_a_wall_does_not_keep_a_room_awake() -> None:
    game = game_with((1000, 7000))
    bed = Bed(game)
    game.process_input(1, ("MOVE", 4))
    assert bed.seconds_to_rest(20.0) == pytest.approx(10.0, abs=3 * DT)


def test_the_ticks_of_a_rest_are_those_of_the_time_that_has_passed() -> None:
    game = game_with((7000, 7000))
    bed = Bed(game)
    bed.seconds_to_rest(20.0)
    tick, asleep_s = game.tick, bed.clock.now_s
    for passed_s in (1.0, 1.012, 0.99, 1.03, 1.0):
        bed.tick(passed_s)
    bed.dormancy.note_activity()
    assert bed.tick_clock.wakes == 1
    bed.tick(0.4)
    assert not bed.dormancy.is_dormant
    assert game.tick - tick == pytest.approx((bed.clock.now_s - asleep_s) / DT, abs=1)
    assert bed.tick() == 0


def test_an_activity_during_the_tick_that_begins_a_rest_ends_it() -> None:
    bed = Bed(game_with((7000, 7000)))
    bed.seconds_to_rest(20.0)
    bed.clock.now_s += 1.0
    bed.dormancy.rested_ticks()
    bed.dormancy.note_activity()
    wakes = bed.tick_clock.wakes
    bed.dormancy.consider()
    assert bed.tick_clock.wakes == wakes + 1  # one more wake, since the new rest has cleared the wake before it
    bed.tick(0.0)
    assert not bed.dormancy.is_dormant


def test_a_room_does_not_catch_up_after_the_machine_has_slept() -> None:
    bed = Bed(game_with((7000, 7000)))
    bed.seconds_to_rest(20.0)
    assert bed.tick(3600.0) == MOST_RESTED_S * bed.tick_clock.rate
    assert bed.tick(1.0) == bed.tick_clock.rate  # and then it goes on as before


def test_a_room_without_a_tick_thread_never_rests() -> None:
    game, clock = game_with((7000, 7000)), Clock()
    dormancy = Dormancy(game, TickClock(20), 10.0, clock)
    for _ in range(1000):
        clock.now_s += DT
        assert dormancy.rested_ticks() == 0
        dormancy.consider()
    assert not dormancy.is_dormant


# The game at rest -----------------------------------------------------------------------------------------------


def positions(bodies: Iterable[Any]) -> list[tuple[float, float]]:
    return [(body.x, body.y) for body in bodies]


def test_at_rest_time_passes_and_nothing_moves() -> None:
    game = game_with((7000, 7000), animals=50)
    game.process_input(1, ("MOVE", 0))
    run(game, 1.0)
    tick, elapsed_s, before = game.tick, game.elapsed_s, positions([*game.players.values(), *game.animals.values()])
    game.rest(20, DT)
    assert game.tick == tick + 20
    assert game.elapsed_s == pytest.approx(elapsed_s + 20 * DT)
    assert positions([*game.players.values(), *game.animals.values()]) == before


def test_at_rest_the_dead_come_back_and_cooldowns_end() -> None:
    game = game_with((7000, 7000), respawn_after_s=3.0)
    player = game.players[1]
    player.alive, player.respawn_in_s, player.reload_in_s = False, 3.0, 0.5
    for _ in range(3):
        game.rest(20, DT)
    assert player.reload_in_s == 0.0
    game.rest(1, DT)
    assert player.alive


def test_at_rest_the_time_limit_comes() -> None:
    game = game_with((7000, 7000), time_limit_s=5.0)
    for _ in range(5):
        assert not game.is_game_over()
        game.rest(20, DT)
    assert game.is_game_over()


@pytest.mark.parametrize("delta_time", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rest_of_no_time_is_refused(delta_time: float) -> None:
    with pytest.raises(ValueError, match="delta_time"):
        game_with((7000, 7000)).rest(20, delta_time)


def test_an_input_while_the_world_rests_is_kept_for_the_next_update() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("MOVE", 0, 7))
    game.rest(20, DT)
    assert (game.players[1].sequence, game.players[1].x) == (None, 7000)
    game.update(DT)
    assert game.players[1].sequence == 7
    assert game.players[1].x > 7000


def test_an_active_player_keeps_the_room_awake_however_short_the_time() -> None:
    with serving(LIVELY, dormant_after_s=1.0) as arena:
        ann = arena.join()
        place(arena.room(ann), ann.id, 500, 2000)
        ann.tick_gaps = []
        until_s = time.monotonic() + 2.0
        for angle in itertools.count():
            ann.send("AIM", float(angle % 6))
            ann.wait_for("STATE")
            assert not arena.room(ann).dormancy.is_dormant
            if time.monotonic() > until_s:
                break
