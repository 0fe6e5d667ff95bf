"""Tests of rooms that cannot tick, because they have failed or have no thread: no player gets in."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from typing import Any, Iterator

import pytest

from gameserver.checkpoint import saved_room
from gameserver.game import Game
from gameserver.pages import rooms_page
from gameserver.room import RoomUnavailable
from gameserver.server import GameServer
from gameserver.world.settings import GameSettings
from Net.port import keepalive
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, Player, plain_world, serving

# A stack larger than the memory of any machine: the system refuses to start a thread that asks for it.
_IMPOSSIBLE_STACK = 2**46


@contextlib.contextmanager
def no_thread_left() -> Iterator[None]:
    """Makes the system refuse every new thread of this process within the block."""
    usual = threading.stack_size()
    try:
        threading.stack_size(_IMPOSSIBLE_STACK)
    except (ValueError, RuntimeError):
        pytest.skip("this system has no way to run out of threads on purpose")
    try:
        yield
    finally:
        threading.stack_size(usual)


def listed(arena: Arena) -> list[str]:
    """Returns the rooms that the server offers."""
    connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
    connection.request("GET", "/rooms.json")
    rooms = json.loads(connection.getresponse().read())["rooms"]
    connection.close()
    return [room["id"] for room in rooms]


def token_of(arena: Arena, player: Player) -> str:
    seat = arena.room(player).find_player_by_id(player.id)
    assert seat is not None
    return seat.info.token


def refusal(player: Player, name: str, **options: Any) -> tuple[str, str]:
    player.send("JOIN", name, options)
    code, text = player.wait_for("ERROR")
    return code, text


# No thread ------------------------------------------------------------------------------------------------------


def test_a_room_without_a_thread_is_not_opened_and_is_tried_anew_when_threads_are_back() -> None:
    with serving() as arena:
        ann, bob, eve = arena.connect(), arena.connect(), arena.connect()
        with no_thread_left():
            for player, options in ((ann, {}), (bob, {"room": "den"}), (eve, {"room": "den", "spectate": True})):
                code, text = refusal(player, "Ann", **options)
                assert code == "ROOM_UNAVAILABLE"
                assert "no thread left" in text
                assert "try again in a few seconds" in text
            assert arena.server.lobby.all_rooms() == []
        ann.join("Ann", room="den")
        bob.join("Bob", room="den")
        assert bob.wait_for("STATE")


def test_without_threads_players_still_get_seats_in_the_rooms_that_are_open() -> None:
    with serving() as arena:
        ann, bob, eve = arena.join("Ann", room="den"), arena.connect(), arena.connect()
        with no_thread_left():
            assert refusal(bob, "Bob", room="hall")[0] == "ROOM_UNAVAILABLE"
            bob.join("Bob")
            eve.join("Eve", spectate=True)
            assert (bob.room_id, eve.room_id) == ("den", "den")
        assert listed(arena) == ["den"]
        assert ann.wait_for("STATE")


def saved_den() -> tuple[dict[str, Any], str]:
    """Returns a saved room with one player, and the player's token."""
    with serving() as arena:
        ann = arena.join("Ann", room="den")
        return saved_room.save(arena.room(ann)), token_of(arena, ann)


def test_a_restored_room_without_a_thread_takes_its_players_back_when_threads_are_back() -> None:
    data, token = saved_den()
    with serving() as arena:
        ann, bob, eve, cid = (arena.connect() for _ in range(4))
        with no_thread_left():
            arena.server.lobby.take_up(arena.server.lobby.load_room(data))
            assert refusal(ann, "Ann", token=token)[0] == "ROOM_UNAVAILABLE"
            assert refusal(bob, "Bob", room="den")[0] == "ROOM_UNAVAILABLE"
            assert refusal(eve, "Eve", room="den", spectate=True)[0] == "ROOM_UNAVAILABLE"
            assert refusal(cid, "Cid")[0] == "ROOM_UNAVAILABLE"  # another room would need a thread too
        wait_until(lambda: arena.server.lobby.rooms["den"].closed_because is None, "it is tried anew")
        ann.join("Ann", token=token)
        assert ann.room_id == "den"
        assert ann.wait_for("STATE")


def test_a_room_without_a_thread_is_neither_listed_nor_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", DEADLINE_S)  # the room is not tried again meanwhile
    data, _ = saved_den()
    with serving() as arena:
        with no_thread_left():
            arena.server.lobby.take_up(arena.server.lobby.load_room(data))
        arena.join("Ann", room="attic")
        bob, eve = arena.connect(), arena.connect()
        with no_thread_left():
            assert list(arena.server.lobby.rooms) == ["den", "attic"]
            page = json.loads(rooms_page(arena.server.lobby.all_rooms()).body)
            bob.join("Bob")
            eve.join("Eve", spectate=True)
        assert [room["id"] for room in page["rooms"]] == ["attic"]
        assert (bob.room_id, eve.room_id) == ("attic", "attic")


def test_a_server_that_does_not_serve_opens_rooms_without_threads() -> None:
    with no_thread_left():
        assert GameServer().create_room(room_id="den").closed_because is None


# Failed ---------------------------------------------------------------------------------------------------------


class FailingGame(Game):
    """A game whose updates fail once `fails` is set. A test can hold up its results, which end a room."""

    def __init__(self, settings: GameSettings) -> None:
        self.fails = False
        self.is_asked_for_results = threading.Event()
        self.may_give_results = threading.Event()
        super().__init__(settings)

    def update(self, delta_time: float) -> None:
        super().update(delta_time)
        if self.fails:
            raise ZeroDivisionError("a fault for the test")

    def results(self) -> list[Any]:
        if self.fails:
            self.is_asked_for_results.set()
            assert self.may_give_results.wait(DEADLINE_S)
        return super().results()


def failing(arena: Arena, player: Player) -> FailingGame:
    """Makes the room of a player fail, and returns when it has given up; the room has not ended yet."""
    room = arena.room(player)
    game = room.game
    assert isinstance(game, FailingGame)
    room.dormancy.note_activity()
    game.fails = True
    wait_until(lambda: room.has_failed, "the room has failed")
    return game


QUICK = plain_world(tick_rate=100)


def test_while_a_room_fails_no_player_gets_in_by_any_way() -> None:
    with serving(QUICK, make_game=FailingGame) as arena:
        ann, dan = arena.join("Ann", room="hall"), arena.join("Dan", room="attic")
        token = token_of(arena, ann)
        game = failing(arena, ann)
        try:
            for name, options in (("Ann", {"token": token}), ("Bob", {}), ("Eve", {"spectate": True})):
                code, text = refusal(arena.connect(), name, room="hall", **options)
                assert code == "ROOM_UNAVAILABLE"
                assert "room hall has failed: try again in a moment" in text
            assert arena.join("Fay").room_id == "attic"
            assert arena.join("Gil", spectate=True).room_id == "attic"
            assert listed(arena) == ["attic"]
            seat = arena.room(dan).find_player_by_id(dan.id)
            assert seat is not None
            with pytest.raises(RoomUnavailable, match="has failed"):
                arena.server.lobby.move_player(seat, arena.server.lobby.rooms["hall"])
        finally:
            game.may_give_results.set()
        assert dan.sync()


def test_after_a_room_has_failed_its_name_is_free_and_its_tokens_are_invalid() -> None:
    with serving(QUICK, make_game=FailingGame) as arena:
        ann, ghost = arena.join("Ann", room="hall"), arena.join("Gus", room="hall")
        failed, tokens = arena.room(ann), [token_of(arena, player) for player in (ann, ghost)]
        ghost.reset_connection()
        wait_until(lambda: failed.find_player_by_id(ghost.id).absent_since_s, "Gus is absent")  # type: ignore[union-attr]
        failing(arena, ann).may_give_results.set()
        assert ann.receive_to_the_end()[1].code == 1011
        wait_until(lambda: "hall" not in arena.server.lobby.rooms, "the room is gone")
        assert arena.server.lobby.players == {}
        for name, token in zip(("Ann", "Gus"), tokens):
            player = arena.join(name, room="hall", token=token)
            assert arena.room(player) is not failed
            assert player.wait_for("STATE")
        assert arena.join("Eve", room="hall", spectate=True).wait_for("STATE")


def test_a_failed_room_refuses_players_on_every_call() -> None:
    with serving(QUICK, make_game=FailingGame) as arena:
        ann = arena.join("Ann", room="hall")
        room, seat = arena.room(ann), arena.room(ann).find_player_by_id(ann.id)
        assert seat is not None
        failing(arena, ann).may_give_results.set()
        ann.receive_to_the_end()
        for come_in in (
            lambda: room.add_player(seat.websocket, seat.info),
            lambda: room.resume_player(seat.websocket, seat),
        ):  # type: ignore[arg-type]
            with pytest.raises(RoomUnavailable, match="has failed"):
                come_in()


def test_a_room_in_which_the_first_player_cannot_be_seated_does_not_stay_open() -> None:
    class Inhospitable(Game):
        def add_player(self, *_: Any) -> Any:
            raise ZeroDivisionError("a fault for the test")

    with serving(make_game=Inhospitable) as arena:
        assert refusal(arena.connect(), "Ann", room="hall")[0] == "SERVER_FAULT"
        assert arena.server.lobby.all_rooms() == []
