"""Tests of flow control: when a client is asked for an acknowledgement, and when it is behind.

The clock, the network and the reader are simulated.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from gameserver.replication.flow_control import LONGEST_INTERVAL_S, LOST_AFTER_S, PATIENCE_S, FlowControl

TICK_S = 0.05
STATE_BYTES = 600


class Sent(NamedTuple):
    """The times at which a STATE was sent and read."""

    at_s: float
    read_s: float


class Client:
    """A client with a limited reading speed at the end of a network, and the server's flow control for it."""

    def __init__(self, round_trip_s: float = 0.05, bytes_per_s: float = math.inf) -> None:
        self.flow_control = FlowControl()
        self.round_trip_s = round_trip_s
        self.bytes_per_s = bytes_per_s
        self.states: list[Sent] = []
        self.asked_s: list[float] = []
        self.looks = 0
        self.now_s = 100.0
        self._answer_s = math.inf

    def play(self, seconds: float) -> None:
        """Makes the server tick for this time."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self._tick()
            self.now_s += TICK_S

    def pause(self, seconds: float) -> None:
        """Makes the client read nothing for this time."""
        self._read(0)
        self.states[-1] = self.states[-1]._replace(read_s=self.now_s + seconds)

    def states_since(self, since_s: float) -> list[Sent]:
        return [state for state in self.states if state.at_s >= since_s]

    def has_every_tick_since(self, since_s: float) -> bool:
        return len(self.states_since(since_s)) >= round((self.now_s - since_s) / TICK_S) - 1

    def _tick(self) -> None:
        if self.now_s >= self.flow_control.look_at_s:
            self.looks += 1
            self.flow_control.look(self.now_s >= self._answer_s, self.now_s)
        if self.flow_control.is_behind:
            return
        self._read(STATE_BYTES)
        if self.flow_control.is_due:
            self.flow_control.ask(self.now_s)
            self.asked_s.append(self.now_s)
            self._answer_s = self.states[-1].read_s + self.round_trip_s / 2

    def _read(self, size: int) -> None:
        comes_s = self.now_s + self.round_trip_s / 2
        begins_s = max(comes_s, self.states[-1].read_s) if self.states else comes_s
        self.states.append(Sent(self.now_s, begins_s + size / self.bytes_per_s))


@pytest.mark.parametrize("round_trip_s", [0.0, 0.05, 0.3, 0.8])
def test_a_client_that_reads_all_gets_every_tick_however_long_the_round_trip_is(round_trip_s: float) -> None:
    client = Client(round_trip_s)
    began_s = client.now_s
    client.play(60)
    assert client.has_every_tick_since(began_s)


def test_a_client_that_reads_in_time_is_seldom_asked_and_seldom_looked_at() -> None:
    client = Client()
    client.play(5)
    asked, looks = len(client.asked_s), client.looks
    client.play(60)
    assert len(client.asked_s) - asked <= 60 / LONGEST_INTERVAL_S
    assert client.looks - looks <= 2 * 60 / LONGEST_INTERVAL_S


def test_a_newcomer_is_asked_behind_its_first_state() -> None:
    client = Client()
    client.play(TICK_S)
    assert client.asked_s == [client.states[0].at_s]


def test_a_client_that_does_not_answer_gets_nothing_more() -> None:
    client = Client()
    client.play(10)
    client.round_trip_s = math.inf
    client.play(LONGEST_INTERVAL_S + PATIENCE_S + 1)
    sent = len(client.states)
    client.play(20)
    assert len(client.states) == sent


def test_a_client_that_answers_late_gets_one_state_and_nothing_more_until_its_next_answer() -> None:
    flow_control = FlowControl()
    flow_control.ask(0.0)
    for number in range(100):
        flow_control.look(False, TICK_S * number)
    assert flow_control.is_behind
    flow_control.look(True, 10.0)
    assert flow_control.is_due
    assert not flow_control.is_behind
    flow_control.ask(10.0)
    assert flow_control.is_behind
    flow_control.look(False, 10.05)
    assert flow_control.is_behind
    flow_control.look(True, 10.1)
    assert not flow_control.is_behind


@pytest.mark.parametrize("bytes_per_s", [500, 1000, 5000, 9000, 11000])
def test_a_slow_reader_sees_fewer_states_and_these_are_young(bytes_per_s: float) -> None:
    client = Client(bytes_per_s=bytes_per_s)
    client.play(40)
    settled_s = client.now_s
    client.play(60)
    states = client.states_since(settled_s)
    assert 60 * bytes_per_s / STATE_BYTES / 2 < len(states) < 60 / TICK_S
    assert max(state.read_s - state.at_s for state in states) < 2 * STATE_BYTES / bytes_per_s + 2 * PATIENCE_S


def test_after_a_pause_it_gets_every_tick_again() -> None:
    client = Client()
    client.play(10)
    client.pause(5)
    client.play(10)
    assert not client.has_every_tick_since(100.0)
    again_s = client.now_s
    client.play(10)
    assert client.has_every_tick_since(again_s)


def test_a_server_that_was_held_up_itself_counts_no_client_as_slow() -> None:
    flow_control = FlowControl()
    flow_control.ask(0.0)
    flow_control.look(False, 2 * LOST_AFTER_S)  # the answer has come, but the thread that reads it was held up too
    assert not flow_control.is_behind
    assert not flow_control.is_lost()
    flow_control.look(True, 2 * LOST_AFTER_S + TICK_S)
    assert not flow_control.is_behind
    assert not flow_control.is_due


def test_a_longer_round_trip_soon_no_longer_counts_as_a_slow_reader() -> None:
    client = Client(round_trip_s=0.05)
    client.play(10)
    client.round_trip_s = 0.9
    client.play(15)
    again_s = client.now_s
    client.play(10)
    assert client.has_every_tick_since(again_s)


def test_a_client_that_does_not_answer_for_very_long_is_lost() -> None:
    client = Client(round_trip_s=math.inf)
    assert not client.flow_control.is_lost()  # it was never asked
    client.play(LOST_AFTER_S - 1)
    assert not client.flow_control.is_lost()
    client.play(2)
    assert client.flow_control.is_lost()
    client.flow_control.look(True, client.now_s)
    assert not client.flow_control.is_lost()
