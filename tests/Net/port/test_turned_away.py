"""Clients that the port does not admit: each reads why, and none of them holds the accept loop."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from typing import Iterator

import pytest

from Net import sockets
from Net.address import Address
from Net.errors import HandshakeError
from Net.port import turned_away
from Net.port.turned_away import TURNED_AWAY_AT_ONCE, TurnedAway, refuse_at_once, send_away
from tests.Net.support import DEADLINE_S, Background, tcp_pair, wait_until

ADDRESS = Address("192.0.2.7", 50123)
FULL = HandshakeError(503, "the server is full", "RFC 9110 section 15.6.4", (("Retry-After", "10"),))
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the server wait for a request for as long as a test may run."""
    monkeypatch.setattr(turned_away, "TURNED_AWAY_S", 2 * DEADLINE_S)


@contextlib.contextmanager
def refused(clients: TurnedAway) -> Iterator[socket.socket]:
    """The socket of a client that is being refused."""
    near, far = tcp_pair()
    far.settimeout(DEADLINE_S)
    with far:
        clients.add(near, FULL, ADDRESS)
        yield far


def answer(client: socket.socket) -> bytes:
    """All bytes up to the end of the stream."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def no_thread_left(clients: TurnedAway) -> None:
    wait_until(lambda: not clients.threads(), "all threads have ended")


def test_a_client_that_asks_reads_why_it_is_refused(patient: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clients = TurnedAway(1000)
    with refused(clients) as client:
        client.sendall(REQUEST)
        said = answer(client)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 10" in head
    assert body == b"the server is full (RFC 9110 section 15.6.4)\n"
    no_thread_left(clients)
    assert [record.getMessage() for record in caplog.records] == ["192.0.2.7:50123 refused: the server is full"]


def test_a_request_for_the_head_gets_no_body(patient: None) -> None:
    clients = TurnedAway(1000)
    with refused(clients) as client:
        client.sendall(REQUEST.replace(b"GET", b"HEAD"))
        assert answer(client).endswith(b"\r\n\r\n")
    no_thread_left(clients)


def test_a_silent_client_gets_its_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turned_away, "TURNED_AWAY_S", 0.1)
    clients = TurnedAway(1000)
    with refused(clients) as client:
        assert answer(client).startswith(b"HTTP/1.1 503 ")
    no_thread_left(clients)


def test_a_client_that_vanishes_costs_nothing(patient: None, caplog: pytest.LogCaptureFixture) -> None:
    clients = TurnedAway(1000)
    with refused(clients) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # a reset
    no_thread_left(clients)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_beyond_the_most_threads_a_client_gets_its_answer_at_once(patient: None) -> None:
    clients = TurnedAway(1000)
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(refused(clients)) for _ in range(TURNED_AWAY_AT_ONCE)]
        assert len(clients.threads()) == TURNED_AWAY_AT_ONCE
        further = stack.enter_context(refused(clients))
        assert answer(further).startswith(b"HTTP/1.1 503 ")
        assert len(clients.threads()) == TURNED_AWAY_AT_ONCE
        for client in waiting:
            client.sendall(REQUEST)
            assert answer(client).startswith(b"HTTP/1.1 503 ")
    no_thread_left(clients)


def test_a_stop_of_the_server_ends_the_threads_through_their_sockets(patient: None) -> None:
    clients = TurnedAway(1000)
    with refused(clients) as client:
        ((thread, sock),) = clients.threads().items()
        assert thread.name == "client 192.0.2.7:50123"
        sockets.wake(sock)
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
        assert answer(client) == b""
    assert clients.threads() == {}


def test_without_a_thread_left_a_client_gets_its_answer_at_once(
    patient: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    clients = TurnedAway(1000)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with refused(clients) as client:
            assert answer(client).startswith(b"HTTP/1.1 503 ")
    assert clients.threads() == {}
    assert "192.0.2.7:50123 cannot be served just now: can't start new thread" in caplog.text


def test_an_answer_at_once_waits_for_nobody() -> None:
    near, far = tcp_pair()
    with far:
        refuse_at_once(near, FULL)
        assert near.fileno() == -1
        far.settimeout(DEADLINE_S)
        assert answer(far).startswith(b"HTTP/1.1 503 ")
    near, far = tcp_pair()
    far.close()
    refuse_at_once(near, FULL)
    assert near.fileno() == -1


def test_an_answer_is_not_lost_while_the_client_still_sends() -> None:
    """A close with unread bytes would reset the connection, and the client could lose the answer."""
    near, far = tcp_pair()
    far.settimeout(DEADLINE_S)
    with far:
        far.sendall(REQUEST)
        sending = Background(send_away, near, FULL, ADDRESS)
        began_s = time.monotonic()
        assert answer(far).startswith(b"HTTP/1.1 503 ")
        far.shutdown(socket.SHUT_WR)
        sending.result()
        assert time.monotonic() - began_s < DEADLINE_S
    assert near.fileno() == -1
