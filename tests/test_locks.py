"""Tests of tests/locks.py: the watch finds locks taken in the wrong order and sockets used under a lock."""

from __future__ import annotations

import threading

import pytest

from Net.PacketCodes import Packet
from tests.locks import ORDER, WATCH, Place, Watch, WatchedLock, WatchedThreading, contradictions
from tests.support import serving, staged


def make(watch: Watch, name: str) -> WatchedLock:
    lock: WatchedLock = WatchedThreading(watch, name).RLock()
    return lock


def test_taking_locks_from_left_to_right_is_right() -> None:
    watch = Watch()
    server, room, game, websocket = (make(watch, name) for name in ORDER)
    with server, room, game, websocket:
        pass
    with room, room, game, room:  # it has the room's already
        pass
    with websocket:
        pass
    assert watch.take_violations() == []
    assert watch.held() == []


@pytest.mark.parametrize(("held", "taken"), [(b, a) for i, a in enumerate(ORDER) for b in ORDER[i:]])
def test_a_lock_taken_against_the_order_is_noted_even_with_one_thread(held: str, taken: str) -> None:
    watch = Watch()
    with make(watch, held), make(watch, taken):  # of two rooms, too: nobody says which comes first
        pass
    (violation,) = watch.take_violations()
    assert violation.startswith(f"{taken} is taken under {held}")
    assert "test_locks.py" in violation


def test_locks_without_a_place_in_the_order_may_not_be_taken_both_ways() -> None:
    watch = Watch()
    store, listener = make(watch, "gameserver.results.store"), make(watch, "Net.port.listener")
    with store, listener:
        pass
    assert watch.take_violations() == []

    def the_other_way() -> None:
        with listener, store:
            pass

    thread = threading.Thread(target=the_other_way)
    thread.start()
    thread.join()
    (violation,) = watch.take_violations()
    assert "The other way round it was done here" in violation


def test_what_two_processes_do_the_two_ways_is_found_when_their_steps_are_compared() -> None:
    one, other = Watch(), Watch()
    for watch, modules in ((one, ["store", "pages"]), (other, ["pages", "store"])):
        outer, inner = (WatchedLock(watch, Place(module, 7), threading.RLock()) for module in modules)
        with outer, inner:
            pass
        assert watch.take_violations() == []
    assert contradictions([*one.steps(), *one.steps()]) == []
    (violation,) = contradictions([*one.steps(), *other.steps()])
    assert violation.startswith("store is taken under pages")
    assert violation.count("test_locks.py") == 2


def test_locks_of_the_server_are_really_watched() -> None:
    with staged() as stage:
        stage.seat()
        room, game = stage.room, stage.room.game
        with game.lock:
            room.broadcast(Packet("NOTICE", ("hello",)))
    (violation,) = WATCH.take_violations()
    assert violation.startswith("gameserver.match.roster is taken under gameserver.base_game")


@pytest.mark.parametrize("which", ["server", "room", "game"])
def test_a_socket_touched_under_a_lock_of_the_world_is_noted(which: str) -> None:
    with serving() as arena:
        ann = arena.join()
        room = arena.room(ann)
        seat = room.find_player_by_id(ann.id)
        assert seat is not None
        lock = {"server": arena.server.lobby.lock, "room": room.lock, "game": room.game.lock}[which]
        with lock:
            seat.websocket.ping()
    (violation,) = WATCH.take_violations()
    assert violation.startswith(f"sockets.send_now is called under {lock.place.module}")  # type: ignore[attr-defined]


def test_a_lock_that_is_not_free_is_not_counted_as_held() -> None:
    watch = Watch()
    lock = WatchedThreading(watch, "Net.websocket").Lock()
    with lock:
        assert not lock.acquire(blocking=False)
    assert watch.held() == []
    assert lock.acquire(timeout=1)
    lock.release()
