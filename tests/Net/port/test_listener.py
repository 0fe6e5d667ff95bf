"""Tests of the accept loop: greedy clients do not starve others, and the loop always ends in time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Callable, Iterator

import pytest

from Net.limits import Limits
from Net.port import listener as listener_module
from Net.port.accept import Endpoint, Site
from Net.port.listener import ARRIVALS, Listener
from Net.port.origin import make_policy
from Net.websocket import WebSocket
from tests.attacks.support import opening
from tests.Net.support import DEADLINE_S, wait_until


@contextlib.contextmanager
def listening(handle: Callable[[WebSocket], None], limits: Limits = Limits()) -> Iterator[tuple[Listener, int]]:
    listener = Listener(Site({"/": Endpoint()}, {}, make_policy()), limits, handle, max_connections=1000)
    _, port = listener.open("127.0.0.1", 0)
    thread = threading.Thread(target=listener.serve, daemon=True)
    thread.start()
    try:
        yield listener, port
    finally:
        listener.stop()
        listener.close_all(1001, "the test is over", 0.1)
        thread.join(DEADLINE_S)


def opened(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
    sock.sendall(opening("/"))
    assert sock.recv(1000).startswith(b"HTTP/1.1 101 ")
    return sock


def test_accepted_connections_buffer_few_unread_bytes() -> None:
    limits = Limits(receive_buffer_bytes=8192)
    stuck = threading.Event()
    with listening(lambda _: stuck.wait(DEADLINE_S) and None, limits) as (_, port), opened(port) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        sock.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 2**20:
                sent += sock.send(bytes(1024))
        assert sent < 2**17
        stuck.set()


def test_a_thread_that_does_not_end_is_left_behind_in_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "CUT_OFF_S", 0.2)
    stuck = threading.Event()
    with listening(lambda _: stuck.wait(DEADLINE_S) and None) as (listener, port), opened(port):
        wait_until(lambda: listener.describe()["connections"] == 1, "the connection is served")
        started_s = time.monotonic()
        listener.stop()
        listener.close_all(1001, "the server stops", 0.2)
        assert time.monotonic() - started_s < DEADLINE_S / 2
        assert "1 connections have not ended in time" in caplog.text
        stuck.set()
        wait_until(lambda: listener.connections() == 0, "the thread has ended")


def test_connections_that_come_too_fast_wait_for_turns_and_are_served_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited_s: list[float] = []
    monkeypatch.setattr("Net.fair_share.Turns.wait", lambda _, work_s: waited_s.append(work_s))
    monkeypatch.setattr(listener_module, "ARRIVALS", ARRIVALS._replace(per_s=0.001, burst=3))
    with listening(lambda websocket: websocket.close()) as (_, port):
        for _ in range(5):
            opened(port).close()
    assert waited_s == [listener_module.ARRIVAL_WORK_S] * 2
