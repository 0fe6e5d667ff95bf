"""Tests of fair shares: a steady rate and a burst at once, turns for peers that send more, and a close for a flood."""

from __future__ import annotations

import time

import pytest

from Net.errors import ProtocolError
from Net.fair_share import LARGEST_MESSAGES, PAUSE_FACTOR, TURN_S, Share, Turns
from Net.limits import Limits
from tests.Net.support import Background

LIMITS = Limits(frames_per_s=10, burst_frames=20, flood_frames=100, fragments=5, message_bytes=40_960)
# Cost of the longest message in frames: 5 fragments, and 40 KiB at 4 KiB a frame.
LARGEST_MESSAGE = 5 + 10


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def share(clock: Clock, work_clock: Clock | None = None, limits: Limits = LIMITS) -> Share:
    return Share(limits, Turns(), clock, work_clock or Clock())


def free_frames(peer: Share) -> int:
    """The number of frames that go through until the peer must take turns."""
    count = 0
    while not peer.is_spent_by(1):
        count += 1
    return count


def test_a_burst_is_served_at_once() -> None:
    assert free_frames(share(Clock())) == 20


@pytest.mark.parametrize(("seconds", "frames"), [(0, 0), (0.55, 4), (1.05, 9), (60, 20)])
def test_a_peer_that_has_used_its_burst_up_gets_the_rate(seconds: float, frames: int) -> None:
    clock = Clock()
    peer = share(clock)
    free_frames(peer)  # one frame more than was free: the peer owes a frame now
    clock.now_s += seconds
    assert free_frames(peer) == frames


def test_a_peer_that_keeps_the_rate_never_takes_turns() -> None:
    clock = Clock()
    peer = share(clock)
    for _ in range(1000):
        assert not peer.is_spent_by(1)
        clock.now_s += 0.1


def test_an_exhausted_peer_has_no_burst() -> None:
    peer = share(Clock())
    peer.exhaust()
    assert free_frames(peer) == 0


def test_a_flood_is_refused_with_1008_and_the_rate_that_is_allowed() -> None:
    peer = share(Clock())
    for _ in range(20 + 100 + LARGEST_MESSAGES * LARGEST_MESSAGE):
        peer.is_spent_by(1)
    with pytest.raises(ProtocolError, match="too many frames: 10 a second may come") as refused:
        peer.is_spent_by(1)
    assert (refused.value.close_code, refused.value.section) == (1008, "7.4.1")


def test_the_longest_message_in_the_most_fragments_is_no_flood_by_itself() -> None:
    limits = Limits(frames_per_s=10, burst_frames=1, flood_frames=1, fragments=100_000, message_bytes=2**24)
    peer = share(Clock(), limits=limits)
    for _ in range(100_000):
        peer.is_spent_by(1)
    peer.is_spent_by(2**24 / limits.bytes_per_frame)


def test_a_turn_is_due_when_its_time_is_used_up_and_the_pause_is_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses_s: list[float] = []
    monkeypatch.setattr("Net.fair_share.time.sleep", pauses_s.append)
    work = Clock()
    peer = share(Clock(), work)
    peer.wait_for_turn()
    pauses_s.clear()
    work.now_s += 0.9 * TURN_S
    assert not peer.wait_for_turn()
    work.now_s += 0.9 * TURN_S
    assert peer.wait_for_turn()
    assert pauses_s == pytest.approx([1.8 * TURN_S * PAUSE_FACTOR])
    assert not peer.wait_for_turn()


def test_turns_of_all_peers_come_one_after_the_other() -> None:
    turns = Turns()
    started_s = time.monotonic()
    waiting = [Background(turns.wait, 0.01) for _ in range(10)]
    for thread in waiting:
        thread.result()
    assert time.monotonic() - started_s >= 10 * 0.01 * PAUSE_FACTOR


def test_when_the_turns_are_over_nobody_waits() -> None:
    turns = Turns()
    turns.end()
    waiting = [Background(turns.wait, 1000.0) for _ in range(50)]
    for thread in waiting:
        thread.result()
