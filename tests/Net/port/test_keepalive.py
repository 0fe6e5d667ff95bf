"""The keepalive thread: it serves all connections in each round, outlives every fault, and ends when it is told to."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Callable, Iterator

import pytest

from Net.frames import OPCODE_BINARY, OPCODE_PING, OPCODE_PONG
from Net.limits import Limits
from Net.port import keepalive
from Net.port.keepalive import Keepalive
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, PATIENT, frame_bytes, raw_connection, wait_until

FRAME = frame_bytes(OPCODE_BINARY, b"waited")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a round fifty times a second, not once."""
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", 0.02)


@contextlib.contextmanager
def running(*websockets: WebSocket, application: Callable[[float], None] | None = None) -> Iterator[Keepalive]:
    kept = Keepalive(lambda: websockets, application)
    kept.start()
    try:
        yield kept
    finally:
        kept.stop()


class Faulty:
    """A tap that breaks its promise not to raise."""

    def received(self, data: bytes) -> None:
        raise AssertionError("a fault of a tap")

    sent = received

    def ended(self) -> None:
        pass


def test_waiting_frames_of_all_connections_are_flushed() -> None:
    with raw_connection() as (one, peer), raw_connection() as (other, other_peer), running(one, other):
        one.enqueue_frame(FRAME)
        other.enqueue_frame(FRAME)
        assert [frame and frame.payload for frame in (peer.receive(), other_peer.receive())] == [b"waited"] * 2


def test_a_silent_peer_is_pinged_and_dropped_and_a_peer_that_answers_stays() -> None:
    hasty, lenient = Limits(ping_after_s=0.1, dead_after_s=0.3), Limits(ping_after_s=0.1, dead_after_s=DEADLINE_S)
    with raw_connection(limits=hasty) as (silent, _), raw_connection(limits=lenient) as (alive, peer):
        reader = threading.Thread(target=lambda: list(alive), daemon=True)
        reader.start()
        with running(silent, alive):
            for _ in range(2):
                frame = peer.receive()
                assert frame is not None
                assert frame.opcode == OPCODE_PING
                peer.send(OPCODE_PONG, frame.payload)

            def answer_until_the_other_is_dropped() -> bool:
                frame = peer.receive()
                assert frame is not None
                peer.send(OPCODE_PONG, frame.payload)
                return bool(silent.ended_because)

            wait_until(answer_until_the_other_is_dropped, "the silent peer is dropped")
            assert silent.ended_because == "the peer did not answer our ping"
            assert alive.ended_because == ""
        alive.abort("the test is over")
        reader.join(DEADLINE_S)


def test_a_connection_that_comes_later_is_served_too() -> None:
    open_now: list[WebSocket] = []
    kept = Keepalive(lambda: list(open_now), None)
    kept.start()
    with raw_connection() as (websocket, peer):
        websocket.enqueue_frame(FRAME)
        open_now.append(websocket)
        assert peer.receive() is not None
        kept.stop()


def test_a_fault_at_one_connection_is_logged_and_the_others_are_served(caplog: pytest.LogCaptureFixture) -> None:
    with raw_connection(limits=PATIENT, tap=Faulty()) as (faulty, _), raw_connection() as (other, peer):
        with running(faulty, other):
            faulty.enqueue_frame(FRAME)
            wait_until(lambda: "a fault of a tap" in caplog.text, "the fault is logged")
            other.enqueue_frame(FRAME)
            assert peer.receive() is not None
        assert f"{faulty.address}: a fault in the server" in caplog.text


def test_the_application_gets_the_time_in_each_round_also_after_its_own_fault(caplog: pytest.LogCaptureFixture) -> None:
    times_s: list[float] = []

    def application(now_s: float) -> None:
        times_s.append(now_s)
        if len(times_s) == 1:
            raise LookupError("a fault of the application")

    began_s = time.monotonic()
    with running(application=application):
        wait_until(lambda: len(times_s) >= 3, "three rounds")
    assert began_s <= times_s[0] < times_s[1] < times_s[2] <= time.monotonic()
    assert caplog.text.count("LookupError: a fault of the application") == 1
    assert "the keepalive of the application: a fault in the server" in caplog.text


def test_stop_ends_the_thread_and_no_round_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[float] = []
    threads_before = threading.active_count()
    with running(application=rounds.append):
        wait_until(lambda: rounds, "a round")
        assert threading.active_count() == threads_before + 1
    assert threading.active_count() == threads_before
    seen = len(rounds)
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", 2 * DEADLINE_S)
    started_s = time.monotonic()
    with running(application=rounds.append):
        pass
    assert time.monotonic() - started_s < DEADLINE_S, "stop does not wait for the next round"
    assert len(rounds) == seen
