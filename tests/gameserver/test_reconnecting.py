"""Tests of reconnecting: a player that loses its connection keeps its seat for a while, and comes back by its token."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.world.settings import GameSettings
from gameserver.world.shown import FLAG_DISCONNECTED
from Net.errors import ConnectionClosed
from Net.PacketCodes import Packet
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, Player, plain_world, serving

# A map of one cell, so that all players see each other.
SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0)


def is_marked(observer: Player, player_id: int) -> bool:
    entity = observer.world.entities.get(player_id)
    return entity is not None and bool(entity.flags & FLAG_DISCONNECTED)


def token_of(packets: list[Packet]) -> str:
    token: str = next(packet.args[2] for packet in packets if packet.id == "WELCOME")
    return token


def joined(arena: Arena, name: str, **options: object) -> tuple[Player, str]:
    player = arena.connect()
    return player, token_of(player.join(name, **options))


def test_a_lost_player_stands_still_and_is_marked_until_it_comes_back() -> None:
    with serving(SMALL) as arena:
        other = arena.join("Bob")
        ann, token = joined(arena, "Ann")
        ann.send("MOVE", 0)
        ann.sync()
        ann.reset_connection()
        other.wait_until(lambda: is_marked(other, ann.id), "the mark")
        stood_at = other.world.entities[ann.id][1:3]
        for _ in range(5):
            other.wait_for("STATE")
        assert other.world.entities[ann.id][1:3] == stood_at

        back = arena.connect()
        back.join("whatever", token=token)
        other.wait_until(lambda: not is_marked(other, ann.id), "the mark's end")
        assert (back.id, back.room_id) == (ann.id, other.room_id)


def test_a_player_that_comes_back_has_its_room_score_and_name_and_may_change_its_encoding() -> None:
    with serving(SMALL) as arena:
        arena.join("Bob", room="den")
        ann, token = joined(arena, "Ann", room="den")
        game = arena.room(ann).game
        with game.lock:
            game.players[ann.id].score = 77
        ann.end_stream()
        back = arena.connect(as_text=True)
        packets = back.join("somebody else", token=token)
        assert back.room_id == "den"
        assert Packet("PLAYER", (ann.id, "Ann", None)) in packets
        back.wait_until(lambda: back.world.own is not None and back.world.own[1] == 77, "its score")


def test_a_player_that_comes_back_is_shown_the_whole_world_again() -> None:
    with serving(SMALL) as arena:
        bob = arena.join("Bob")
        ann, token = joined(arena, "Ann")
        ann.reset_connection()
        back = arena.connect()
        back.join("Ann", token=token)
        assert {ann.id, bob.id} <= set(back.world.entities)
        assert back.world.own is not None


def test_the_newer_connection_gets_the_seat_and_the_older_one_is_closed() -> None:
    with serving(SMALL) as arena:
        ann, token = joined(arena, "Ann")
        newer = arena.connect()
        newer.join("Ann", token=token)
        _, closed = ann.receive_to_the_end()
        assert (closed.code, closed.reason) == (1008, "your seat was taken over by another connection")
        newer.send("MOVE", 2)
        before = newer.own_entity()
        newer.wait_until(lambda: newer.own_entity().y > before.y, "a step down")
        assert len(arena.room(newer).roster.seats()) == 1


def test_a_seat_that_nobody_comes_back_for_is_given_up() -> None:
    with serving(SMALL, reconnect_s=0.2) as arena:
        other = arena.join("Bob")
        ann, token = joined(arena, "Ann")
        ann.reset_connection()
        other.wait_for("PLAYER_GONE", ann.id)
        late = arena.connect()
        late.join("Ann", token=token)
        assert late.id > ann.id  # a new player


def test_a_room_whose_last_player_is_lost_waits_for_it_and_then_closes() -> None:
    with serving(SMALL, reconnect_s=0.3) as arena:
        ann, _ = joined(arena, "Ann")
        ann.reset_connection()
        wait_until(lambda: not arena.server.lobby.all_rooms(), "the room is closed")


@pytest.mark.parametrize("leave", [lambda player: player.send("LEAVE"), lambda player: player.websocket.close(1000)])
def test_a_player_that_leaves_or_closes_gives_its_seat_up_at_once(leave: object) -> None:
    with serving(SMALL) as arena:
        other = arena.join("Bob")
        ann, _ = joined(arena, "Ann")
        leave(ann)  # type: ignore[operator]
        other.wait_for("PLAYER_GONE", ann.id)


def test_an_unknown_token_seats_a_new_player() -> None:
    with serving(SMALL) as arena:
        stranger = arena.connect()
        stranger.join("Eve", token="made up")
        assert stranger.id > 0


def test_a_client_cannot_take_a_seat_while_it_has_one() -> None:
    with serving(SMALL) as arena:
        _, token = joined(arena, "Ann")
        bob, _ = joined(arena, "Bob")
        bob.send("JOIN", "Bob", {"token": token})
        assert bob.wait_for("ERROR")[0] == "ALREADY_JOINED"


def test_the_seats_old_connection_cannot_act_any_more() -> None:
    with serving(SMALL) as arena:
        ann, token = joined(arena, "Ann")
        newer = arena.connect()
        newer.join("Ann", token=token)
        at = newer.own_entity()[1:3]
        try:
            ann.send("MOVE", 0)
        except ConnectionClosed:
            pass  # the server closed the old connection first
        for _ in range(5):
            newer.wait_for("STATE")
        assert newer.own_entity()[1:3] == at


NUMBER = 500  # the sequence number of an input of the old connection


def states_of(player: Player, count: int) -> list[int | None]:
    """Returns the sequence numbers in the next STATEs."""
    return [player.wait_for("STATE")[1] for _ in range(count)]


def walk_with_a_number(player: Player) -> None:
    player.send("MOVE", 0, NUMBER)
    player.wait_until(lambda: player.world.sequence == NUMBER, "the input is applied")


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "taken over"])
def test_the_inputs_of_the_last_connection_do_not_count_for_the_new_one(is_lost: bool) -> None:
    with serving(SMALL) as arena:
        ann, token = joined(arena, "Ann")
        walk_with_a_number(ann)
        if is_lost:
            ann.reset_connection()
            (seat,) = arena.room(ann).roster.seats()
            wait_until(lambda: seat.absent_since_s is not None, "the loss is noticed")
        again, _ = joined(arena, "Ann", token=token)
        assert states_of(again, 3) == [None] * 3
        again.send("MOVE", 2)  # without a sequence number
        assert states_of(again, 3) == [None] * 3
        again.send("MOVE", 4, 1)
        again.wait_until(lambda: again.world.sequence == 1, "its own input is applied")


class SlowLock:
    """A game's lock. Once `is_armed` is set, the first client thread that asks for it waits until `go_on` is set."""

    def __init__(self) -> None:
        self.is_armed = threading.Event()
        self.has_arrived = threading.Event()
        self.go_on = threading.Event()
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        is_client = threading.current_thread().name.startswith("client")
        if is_client and self.is_armed.is_set() and not self.has_arrived.is_set():
            self.has_arrived.set()
            self.go_on.wait(DEADLINE_S)
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def with_slow_lock(settings: GameSettings) -> Game:
    game: Any = Game(settings)
    game.lock = SlowLock()
    return game


def test_an_input_that_was_under_way_when_the_seat_was_taken_over_does_not_count() -> None:
    with serving(SMALL, make_game=with_slow_lock) as arena:
        ann, token = joined(arena, "Ann")
        lock: Any = arena.room(ann).game.lock
        lock.is_armed.set()
        ann.send("MOVE", 0, NUMBER)
        assert lock.has_arrived.wait(DEADLINE_S)
        again, _ = joined(arena, "Ann", token=token)
        lock.go_on.set()
        ann.receive_to_the_end()  # so its thread has ended, too
        assert states_of(again, 5) == [None] * 5


def test_the_inputs_in_one_room_do_not_count_in_another() -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        walk_with_a_number(ann)
        (seat,) = arena.room(ann).roster.seats()
        arena.server.lobby.move_player(seat, arena.server.create_room())
        ann.wait_for("WELCOME")
        assert states_of(ann, 3) == [None] * 3
