"""Tests of slow readers: such a client gets fewer snapshots, and fresh ones, however large its kernel's buffers are."""

from __future__ import annotations

import itertools

import pytest

from gameserver.match.seats import Seat
from gameserver.replication import flow_control
from Net.frames import OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from tests.attacks.support import Attacker, under_attack
from tests.Net.support import WireFrame, client_frame
from tests.support import Arena, Player, groups, plain_world, serving

pytestmark = pytest.mark.slow

TICK_RATE = 20
# The STATEs that are sent before the server notices, and a few more.
MOST_STATES_IN_A_BACKLOG = 30
WORLD = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0, tick_rate=TICK_RATE)
WHO = {"player": (False, False), "player with JSON": (True, False), "spectator": (False, True)}
everybody = pytest.mark.parametrize(("as_text", "spectate"), WHO.values(), ids=WHO)


def seat_of(arena: Arena, player: Player) -> Seat:
    seat = arena.room(player).find_player_by_id(player.id)
    assert seat is not None
    return seat


def come(arena: Arena, as_text: bool, spectate: bool) -> Player:
    bob = arena.connect(as_text)
    bob.join("Bob", spectate=spectate)
    return bob


@everybody
def test_a_client_that_stopped_reading_gets_a_short_backlog_and_a_full_state(as_text: bool, spectate: bool) -> None:
    with serving(WORLD) as arena:
        ann = arena.join("Ann")
        bob = come(arena, as_text, spectate)
        seat, numbers = seat_of(arena, bob), itertools.count()

        def say_something_and_wait_for_a_tick() -> None:
            ann.send("CHAT", str(next(numbers)))
            ann.wait_for("STATE")

        ann.send("MOVE", 0, 1)
        ann.wait_until(lambda: seat.flow_control.is_behind, "Bob is behind")
        assert not seat.websocket.is_congested  # the kernel has taken all packets
        for _ in range(3):
            say_something_and_wait_for_a_tick()
        ann.send("MOVE", None, 2)
        ann.wait_until(lambda: ann.world.sequence == 2, "Ann stands")
        for _ in range(2 * TICK_RATE):
            ann.wait_for("STATE")

        packets = bob.receive_until(lambda p: p.id == "STATE" and p.args[0] > ann.world.tick, "a STATE of today")
        states = [packet for packet in packets if packet.id == "STATE"]
        assert len(states) < MOST_STATES_IN_A_BACKLOG
        assert [p.args[1] for p in packets if p.id == "CHAT"] == [str(number) for number in range(next(numbers))]
        before, after = bob.tick_gaps[0]
        assert after - before > TICK_RATE
        catching_up = next(state for state in states if state.args[0] == after)
        assert {group[0] for group in groups(catching_up.args[2], 7)} == ann.world.entities.keys()
        assert bob.world.entities == ann.world.entities
        ann.assert_undisturbed()


def test_a_client_that_reads_again_soon_gets_every_tick_again() -> None:
    with serving(WORLD) as arena:
        ann = arena.join("Ann")
        bob = arena.join("Bob")
        seat = seat_of(arena, bob)
        ann.wait_until(lambda: seat.flow_control.is_behind, "Bob is behind")

        def has_had_every_tick_for_two_seconds() -> bool:
            last_gap = max((after for _, after in bob.tick_gaps), default=0)
            return bob.world.tick is not None and bool(last_gap) and bob.world.tick - last_gap > 2 * TICK_RATE

        bob.wait_until(has_had_every_tick_for_two_seconds, "every tick again")


def test_a_player_that_comes_back_on_a_new_connection_is_not_behind() -> None:
    with serving(WORLD) as arena:
        ann = arena.join("Ann")
        bob = arena.connect()
        token = next(packet for packet in bob.join("Bob") if packet.id == "WELCOME").args[2]
        seat = seat_of(arena, bob)
        ann.wait_until(lambda: seat.flow_control.is_behind, "Bob is behind")
        bob.reset_connection()
        again = arena.join("Bob", token=token)
        assert again.id == bob.id
        assert seat_of(arena, again) is seat
        assert not seat.flow_control.is_behind
        for _ in range(TICK_RATE):
            again.wait_for("STATE")
        again.assert_undisturbed()


def frames_after_join(peer: Attacker, up_to: int) -> list[WireFrame]:
    """Joins, answers nothing, and returns all frames up to the first of an opcode."""
    peer.send(client_frame(OPCODE_TEXT, b'["JOIN",["Eve"]]'))
    frames: list[WireFrame] = []
    while not frames or frames[-1].opcode != up_to:
        frame = peer.read_frame()
        assert frame is not None
        frames.append(frame)
    return frames


def test_a_ping_that_asks_for_an_acknowledgement_follows_right_behind_a_state() -> None:
    with under_attack() as target:
        peer = target.open("/")
        frames = frames_after_join(peer, up_to=OPCODE_PING)
        assert frames[-1].payload
        assert frames[-2].payload.startswith(b'["STATE"')
        peer.vanish(with_reset=False)


def test_unsolicited_pongs_are_no_acknowledgements() -> None:
    with serving(WORLD) as arena:
        ann = arena.join("Ann")
        bob = arena.join("Bob")
        seat = seat_of(arena, bob)

        def is_behind_whatever_it_sends() -> bool:
            bob.socket().sendall(client_frame(OPCODE_PONG) + client_frame(OPCODE_PONG, b"?"))
            return seat.flow_control.is_behind

        ann.wait_until(is_behind_whatever_it_sends, "Bob is behind")


def test_a_client_that_reads_but_never_answers_is_told_why_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_control, "LOST_AFTER_S", 2.0)
    with under_attack() as target:
        peer = target.open("/")
        frames = frames_after_join(peer, up_to=OPCODE_CLOSE)
        assert int.from_bytes(frames[-1].payload[:2], "big") == 1008
        assert b"PING" in frames[-1].payload
        peer.vanish(with_reset=False)
