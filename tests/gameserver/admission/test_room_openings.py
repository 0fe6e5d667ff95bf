"""Tests of opening rooms: within limits, one at a time, and while others play on."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import Any, Iterator

import pytest

from gameserver.admission.room_openings import RoomOpenings, charged_to
from gameserver.game import Game
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.settings import GameSettings, ServerSettings
from Net.client import connect
from Net.errors import PacketError
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Arena, Player, serving

# A rate so high that only the tests of the rate reach the limit.
QUICK: dict[str, Any] = {"room_openings_per_minute": 1_000_000}


def refusal(player: Player, name: str, **options: Any) -> tuple[str, str]:
    player.send("JOIN", name, options)
    code, text = player.wait_for("ERROR")
    return code, text


# How many rooms -------------------------------------------------------------------------------------------------


def test_an_address_opens_so_many_rooms_and_is_told_what_to_do_instead() -> None:
    with serving(max_rooms_per_address=2, **QUICK) as arena:
        arena.join("Ann", room="a")
        bob = arena.join("Bob", room="b")
        cid = arena.connect()
        code, text = refusal(cid, "Cid", room="c")
        assert (code, text) == (
            "TOO_MANY_ROOMS",
            "your address has 2 rooms, and may open no more: JOIN one of them (a, b)",
        )
        assert refusal(cid, "Cid", room="c", spectate=True)[0] == "TOO_MANY_ROOMS"
        cid.join("Cid", room="a")
        cid.send("LEAVE")
        bob.send("LEAVE")
        wait_until(lambda: list(arena.server.lobby.rooms) == ["a"], "room b is closed")
        cid.join("Cid", room="c")


def test_a_room_that_a_full_server_would_need_is_refused_with_what_can_be_done() -> None:
    with serving(max_players=1, max_rooms_per_address=1, **QUICK) as arena:
        ann, bob = arena.join("Ann"), arena.connect()
        assert refusal(bob, "Bob") == (
            "TOO_MANY_ROOMS",
            "your address has 1 rooms, and may open no more: try again when somebody has left",
        )
        ann.send("LEAVE")
        ann.sync()
        bob.join("Bob")


def test_the_server_opens_so_many_rooms_in_all() -> None:
    with serving(max_rooms=2) as arena:
        arena.join("Ann", room="a")
        arena.join("Bob", room="b")
        cid = arena.connect()
        code, text = refusal(cid, "Cid", room="c")
        assert (code, text) == ("TOO_MANY_ROOMS", "the server has 2 rooms, and opens no more: JOIN one of them (a, b)")
        cid.join("Cid")
        assert cid.room_id == "a"


def test_a_class_behind_one_address_plays_in_rooms_of_four_with_the_defaults() -> None:
    with serving() as arena:
        for number in range(30):
            arena.join(f"P{number}", room=f"group {number // 4}")
        assert len(arena.server.lobby.rooms) == 8


def test_rooms_of_the_server_itself_have_no_limit() -> None:
    server = GameServer(ServerSettings(max_rooms=1, max_rooms_per_address=1))
    assert [server.create_room().id for _ in range(3)] == ["room-1", "room-2", "room-3"]


@contextlib.contextmanager
def joined_from(arena: Arena, host: str, name: str, room: str) -> Iterator[Player]:
    """Yields a player who comes from an address of its own, through a trusted proxy."""
    player = Player(connect(arena.url(), headers=[("X-Forwarded-For", host)]))
    try:
        player.join(name, room=room)
        yield player
    finally:
        player.hang_up()


def test_a_room_counts_for_the_address_that_has_sat_in_it_longest() -> None:
    proxied = {"trusted_proxies": ("127.0.0.1",), **QUICK}
    with serving(max_rooms_per_address=1, **proxied) as arena, contextlib.ExitStack() as exits:
        ann = exits.enter_context(joined_from(arena, "10.0.0.1", "Ann", "den"))
        exits.enter_context(joined_from(arena, "10.0.0.2", "Bob", "den"))
        den = arena.server.lobby.rooms["den"]
        assert charged_to(den) == "10.0.0.1"
        hall = exits.enter_context(joined_from(arena, "10.0.0.2", "Bea", "hall"))
        ann.send("LEAVE")
        ann.sync()
        assert charged_to(den) == "10.0.0.2"  # this address has one room too many now, and keeps both
        hall.send("LEAVE")
        hall.sync()
        assert refusal(hall, "Bea", room="hall")[0] == "TOO_MANY_ROOMS"
        ann.join("Ann", room="attic")


def test_an_absent_player_still_counts_for_its_address() -> None:
    with serving(max_rooms_per_address=1) as arena:
        ann, bob = arena.join("Ann", room="den"), arena.connect()
        room = arena.room(ann)
        ann.reset_connection()
        wait_until(lambda: room.roster.seats()[0].absent_since_s is not None, "Ann is absent")
        assert refusal(bob, "Bob", room="hall")[0] == "TOO_MANY_ROOMS"


# How fast -------------------------------------------------------------------------------------------------------


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_an_address_opens_a_room_for_each_of_its_connections_at_once_and_then_so_many_a_minute() -> None:
    clock = Clock()
    openings = RoomOpenings(ServerSettings(max_connections_per_address=3, room_openings_per_minute=30), clock)

    def can_open(host: str = "10.0.0.1") -> bool:
        try:
            openings.finish(openings.reserve("room", host, ()))
        except PacketError as error:
            return error.code != "RATE_LIMITED"
        return True

    assert [can_open() for _ in range(5)] == [True, True, True, False, False]
    assert can_open("10.0.0.2")
    clock.now_s += 1.9
    assert not can_open()
    clock.now_s += 0.1
    assert can_open()
    assert not can_open()
    clock.now_s += 6.0
    assert [can_open() for _ in range(4)] == [True, True, True, False]
    clock.now_s += 3600.0
    assert [can_open() for _ in range(4)] == [True, True, True, False]


def test_an_address_that_opens_rooms_too_fast_is_told_when_to_try_again() -> None:
    with serving(max_connections_per_address=1, room_openings_per_minute=1) as arena:
        ann = arena.join("Ann", room="a")
        ann.send("LEAVE")
        ann.sync()
        code, text = refusal(ann, "Ann", room="b")
        assert code == "RATE_LIMITED"
        assert text.startswith("your address opens rooms too fast: try again in a minute")


# Making a room --------------------------------------------------------------------------------------------------


class SlowToMake(Game):
    """A game whose constructor waits for the test, from the second game on."""

    made = 0
    may_be_made = threading.Event()

    def __init__(self, settings: GameSettings) -> None:
        type(self).made += 1
        if self.made > 1:
            assert self.may_be_made.wait(DEADLINE_S)
        super().__init__(settings)


@pytest.fixture
def slow_to_make() -> Iterator[type[SlowToMake]]:
    SlowToMake.made = 0
    SlowToMake.may_be_made.clear()
    yield SlowToMake
    SlowToMake.may_be_made.set()


def test_while_a_room_is_made_others_come_in_leave_and_come_back(slow_to_make: type[SlowToMake]) -> None:
    with serving(make_game=slow_to_make) as arena:
        ann = arena.join("Ann", room="den")
        opening = Background(partial(arena.join, "Bob", room="hall"))
        wait_until(lambda: slow_to_make.made == 2, "the room is being made")
        seat = arena.room(ann).find_player_by_id(ann.id)
        assert seat is not None
        cid = arena.join("Cid", room="den")
        ann.reset_connection()
        assert arena.join("Ann", token=seat.info.token).room_id == "den"
        cid.send("LEAVE")
        cid.sync()
        assert [room.id for room in arena.server.lobby.all_rooms()] == ["den"]
        slow_to_make.may_be_made.set()
        assert opening.result().room_id == "hall"


@pytest.mark.parametrize("options", [{"room": "hall"}, {}], ids=["named", "unnamed"])
def test_players_that_ask_for_the_same_new_room_at_once_get_one_room(
    options: dict[str, Any], slow_to_make: type[SlowToMake]
) -> None:
    with serving(max_players=3, make_game=slow_to_make) as arena:
        for name in ("Ann", "Bob", "Cid"):
            arena.join(name, room="den")
        opening = [Background(partial(arena.join, f"P{number}", **options)) for number in range(3)]
        wait_until(lambda: slow_to_make.made == 2, "the room is being made")
        slow_to_make.may_be_made.set()
        assert len({opened.result().room_id for opened in opening}) == 1
        assert slow_to_make.made == 2


def test_a_room_that_cannot_be_made_leaves_its_name_free() -> None:
    class Impossible(Game):
        is_possible = False

        def __init__(self, settings: GameSettings) -> None:
            if not self.is_possible:
                raise ZeroDivisionError("a fault for the test")
            super().__init__(settings)

    with serving(make_game=Impossible) as arena:
        ann = arena.connect()
        assert refusal(ann, "Ann", room="hall")[0] == "SERVER_FAULT"
        Impossible.is_possible = True
        ann.join("Ann", room="hall")


def test_a_server_that_shuts_down_while_a_room_is_made_leaves_no_thread(slow_to_make: type[SlowToMake]) -> None:
    with serving(make_game=slow_to_make) as arena:
        ann, bob = arena.join("Ann", room="den"), arena.connect()
        bob.send("JOIN", "Bob", {"room": "hall"})
        wait_until(lambda: slow_to_make.made == 2, "the room is being made")
        arena.server.stop()
        assert ann.receive_to_the_end()[1].code == 1001
        slow_to_make.may_be_made.set()


def test_a_room_whose_thread_has_started_when_the_server_shuts_down_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as arena:
        ann, bob = arena.join("Ann", room="den"), arena.connect()
        start = GameRoom.start

        def start_while_the_server_stops(room: GameRoom) -> bool:
            is_started = start(room)
            arena.server.stop()
            assert ann.receive_to_the_end()[1].code == 1001
            return is_started

        monkeypatch.setattr(GameRoom, "start", start_while_the_server_stops)
        bob.send("JOIN", "Bob", {"room": "hall"})
        assert bob.receive_to_the_end()[1].code in (1001, 1006)
        wait_until(lambda: "room hall" not in [t.name for t in threading.enumerate()], "the room is stopped")
