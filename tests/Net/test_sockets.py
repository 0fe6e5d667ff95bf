"""Tests of the ways in which sockets differ between operating systems. A system that has both ways runs both."""

from __future__ import annotations

import select
import socket
import sys
import time
from types import SimpleNamespace
from typing import Iterator

import pytest

from Net import sockets
from Net.frames import OPCODE_CLOSE, OPCODE_TEXT
from Net.limits import Limits
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, Background, RawPeer, close_body, tcp_pair, wait_until

Pair = "tuple[socket.socket, socket.socket]"


@pytest.fixture(params=["flag", "non-blocking socket"])
def has_flag(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With MSG_DONTWAIT, and as on Windows, without."""
    if request.param == "flag":
        if not hasattr(socket, "MSG_DONTWAIT"):
            pytest.skip("this system has no MSG_DONTWAIT")
        return True
    monkeypatch.setattr(sockets, "DONTWAIT", 0)
    return False


@pytest.fixture(params=["poll", "select"])
def has_poll(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param == "poll":
        if not hasattr(select, "poll"):
            pytest.skip("this system has no poll")
        return True
    monkeypatch.delattr(select, "poll", raising=False)
    return False


@pytest.fixture
def pair(has_flag: bool, has_poll: bool) -> Iterator[Pair]:
    near, far = tcp_pair(buffer_bytes=4096)
    with near, far:
        sockets.prepare(near, DEADLINE_S)
        yield near, far


def fill(sock: socket.socket) -> int:
    """Writes until the kernels of both ends take no more; returns the number of bytes that they took.

    It tries for half a second: the kernel asks a full peer for room after 0.2 s, and may pass on a little then.
    """
    total, quiet = 0, 0
    while quiet < 10:
        sent = sockets.send_now(sock, bytes(1000))
        total += sent
        quiet = 0 if sent or select.select([], [sock], [], 0.05)[1] else quiet + 1
    return total


def test_a_prepared_socket_sends_small_packets_at_once(pair: Pair) -> None:
    near, _ = pair
    assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much is unsent")
def test_little_goes_stale_in_the_kernel_when_the_peer_does_not_read(has_flag: bool) -> None:
    near, far = tcp_pair()
    with near, far:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sockets.prepare(near, DEADLINE_S)
        fill(near)
        assert unsent_bytes(near) <= 65536  # a segment of the loopback; on an Ethernet 1,500 bytes


def unsent_bytes(sock: socket.socket) -> int:
    """The number of bytes that wait in the kernel and were never sent (SIOCOUTQNSD of Linux)."""
    import fcntl

    return int.from_bytes(fcntl.ioctl(sock, 0x894B, bytes(4)), sys.byteorder)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no TCP_USER_TIMEOUT")
def test_a_peer_that_acknowledges_nothing_is_lost_after_the_time_given(pair: Pair) -> None:
    near, _ = pair
    assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * DEADLINE_S


def test_a_system_without_the_newer_options_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TCP_NOTSENT_LOWAT", "TCP_USER_TIMEOUT"):
        monkeypatch.delattr(socket, name, raising=False)
    near, far = tcp_pair()
    with near, far:
        sockets.prepare(near, DEADLINE_S)
        assert sockets.send_now(near, b"x") == 1


def test_receive_waits_for_bytes(pair: Pair) -> None:
    near, far = pair
    receiving = Background(sockets.receive, near, 100)
    receiving.join(0.05)
    assert receiving.is_alive()
    far.sendall(b"hello")
    assert receiving.result() == b"hello"


def test_receive_takes_no_more_than_its_size(pair: Pair) -> None:
    near, far = pair
    far.sendall(b"hello")
    assert sockets.receive(near, 2) == b"he"
    assert sockets.receive(near, 100) == b"llo"


def test_receive_returns_nothing_at_the_end_of_the_stream(pair: Pair) -> None:
    near, far = pair
    far.close()
    assert sockets.receive(near, 100) == b""


def test_send_now_never_waits_and_takes_what_fits(pair: Pair) -> None:
    near, far = pair
    filled = Background(fill, near).result()
    assert filled > 0
    assert sockets.send_now(near, b"x") == 0
    far.settimeout(DEADLINE_S)
    received = 0
    while received < filled:
        received += len(far.recv(65536))
    wait_until(lambda: sockets.send_now(near, b"x"), "there is room again")
    assert far.recv(10) == b"x"


def test_send_now_raises_when_the_connection_is_gone(pair: Pair) -> None:
    near, _ = pair
    near.shutdown(socket.SHUT_WR)
    with pytest.raises(OSError):  # noqa: PT011
        sockets.send_now(near, b"x")


def test_wait_readable_waits_for_bytes_or_its_time_out(pair: Pair) -> None:
    near, far = pair
    started_s = time.monotonic()
    assert not sockets.wait_readable(near, 0.05)
    assert time.monotonic() - started_s >= 0.045
    assert not sockets.wait_readable(near, 0)
    far.sendall(b"x")
    assert sockets.wait_readable(near, DEADLINE_S)
    assert sockets.wait_readable(near, None)


def test_wait_writable_waits_for_room_or_its_time_out(pair: Pair) -> None:
    near, far = pair
    assert sockets.wait_writable(near, 0)
    fill(near)
    assert not sockets.wait_writable(near, 0.05)
    waiting = Background(sockets.wait_writable, near, DEADLINE_S)
    far.settimeout(DEADLINE_S)
    while waiting.is_alive():
        far.recv(65536)
        waiting.join(0.01)
    assert waiting.result()


def test_wake_ends_a_receive_that_waits(pair: Pair) -> None:
    near, far = pair
    receiving = Background(sockets.receive, near, 100)
    sockets.wake(near)
    assert receiving.result() == b""
    far.settimeout(DEADLINE_S)
    assert far.recv(1) == b""


def test_wake_may_be_called_again_and_on_a_closed_socket(pair: Pair) -> None:
    near, far = pair
    far.close()
    sockets.wake(near)
    sockets.wake(near)
    near.close()
    sockets.wake(near)


def test_linger_ends_when_the_peer_is_done_and_drops_what_it_still_sent(pair: Pair) -> None:
    near, far = pair
    near.sendall(b"last words")
    lingering = Background(sockets.linger, near, DEADLINE_S)
    far.settimeout(DEADLINE_S)
    assert far.recv(100) == b"last words"
    assert far.recv(100) == b""
    far.sendall(bytes(100_000))
    far.close()
    lingering.result()


def test_linger_ends_at_its_time_out(pair: Pair) -> None:
    near, _ = pair
    started_s = time.monotonic()
    sockets.linger(near, 0.05)
    assert 0.045 <= time.monotonic() - started_s < DEADLINE_S


def test_linger_ends_at_its_time_out_while_the_peer_goes_on_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    class EndlessSocket:
        def shutdown(self, how: int) -> None:
            assert how == socket.SHUT_WR

        def recv(self, _size: int) -> bytes:
            return b"more"

    monkeypatch.setattr(sockets, "wait_readable", lambda _sock, _timeout_s: True)
    Background(sockets.linger, EndlessSocket(), 0.05).result()


def test_linger_pauses_after_each_read_so_that_a_flood_does_not_starve_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = 1000.0
    reads = 0

    class EndlessSocket:
        def shutdown(self, _how: int) -> None:
            """The method does nothing: the socket is no real one."""

        def setsockopt(self, *_option: object) -> None:
            """The method does nothing: linger asks here for a reset at the end."""

        def recv(self, size: int) -> bytes:
            nonlocal reads
            reads += 1
            return bytes(size)

    def sleep(pause_s: float) -> None:
        nonlocal clock_s
        clock_s += pause_s

    monkeypatch.setattr(sockets, "time", SimpleNamespace(monotonic=lambda: clock_s, sleep=sleep))
    monkeypatch.setattr(sockets, "wait_readable", lambda _sock, _timeout_s: True)
    Background(sockets.linger, EndlessSocket(), 2.0).result()
    assert 0 < reads < 300


def test_linger_on_a_connection_that_was_reset_ends_at_once(pair: Pair) -> None:
    near, far = pair
    RawPeer(far, masks=False).vanish()
    sockets.linger(near, DEADLINE_S)


def test_a_websocket_works_either_way(pair: Pair) -> None:
    near, far = pair
    websocket, peer = WebSocket(near, Limits(outbox_bytes=2**20)), RawPeer(far, masks=True)
    sending = Background(websocket.send, "x" * 100_000)
    frame = peer.receive()
    sending.result()
    assert frame is not None
    assert len(frame.payload) == 100_000
    receiving = Background(websocket.receive)
    peer.send(OPCODE_TEXT, b"hello")
    assert receiving.result() == "hello"
    closing = Background(websocket.close)
    assert peer.receive() is not None
    peer.send(OPCODE_CLOSE, close_body(1000))
    assert peer.receive() is None
    far.close()
    closing.result()
