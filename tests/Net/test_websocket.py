"""Tests of a WebSocket on real sockets: RFC 6455 sections 5 to 7, threads, and peers that behave badly."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any, Callable, Iterable, Iterator

import pytest

from Net.errors import ConnectionClosed
from Net.fair_share import Share, Turns
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from Net.limits import Limits
from Net.websocket import WebSocket
from tests.Net.support import (
    DEADLINE_S,
    PATIENT,
    QUICK,
    Background,
    RawPeer,
    WireFrame,
    both_ends,
    client_frame,
    close_body,
    frame_bytes,
    mask_byte_by_byte,
    parse_all,
    parse_one,
    raw_connection,
    tcp_pair,
    wait_until,
)

each_role = pytest.mark.parametrize("is_client", [False, True], ids=["server", "client"])

# Kernel buffers so small that a peer that does not read is noticed soon.
TIGHT = 4096


def plain(frames: Iterable[WireFrame | None]) -> list[tuple[int, bytes]]:
    """Returns the opcodes and payloads of the frames, without the None that marks the end of the stream."""
    return [(frame.opcode, frame.payload) for frame in frames if frame]


def closed_with(websocket: WebSocket) -> ConnectionClosed:
    """Returns the ConnectionClosed that the next `receive` must raise."""
    with pytest.raises(ConnectionClosed) as closed:
        websocket.receive(DEADLINE_S)
    return closed.value


# Messages ------------------------------------------------------------------------------------------------------

MESSAGES = ["", b"", "Grüße", b"\x00\xff", "x" * 125, b"x" * 126, b"x" * 60_000, "€" * 20_000]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: f"{type(message).__name__} of {len(message)}")
def test_a_message_arrives_as_it_was_sent_in_both_directions(message: str | bytes) -> None:
    with both_ends() as (server, client):
        for near, far in ((server, client), (client, server)):
            for give in (near.send, near.post):
                sending = Background(give, message)
                assert far.receive(DEADLINE_S) == message
                sending.result()


def test_iterating_yields_messages_until_the_connection_ends() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_TEXT, b"one")
        peer.send(OPCODE_BINARY, b"two")
        peer.send(OPCODE_CLOSE, close_body(1000))
        peer.sock.shutdown(socket.SHUT_WR)
        assert list(websocket) == ["one", b"two"]
        assert list(websocket) == []


@each_role
def test_a_client_masks_each_frame_with_another_key_and_a_server_masks_none(is_client: bool) -> None:
    with raw_connection(is_client) as (websocket, peer):
        websocket.send(b"message")
        websocket.post("message")
        websocket.ping(b"ping")
        websocket.begin_close()
        frames = [peer.receive() for _ in range(4)]
    keys = [frame.mask_key for frame in frames if frame]
    assert len(set(keys)) == (4 if is_client else 1)
    assert all(bool(key) is is_client for key in keys)
    assert [frame.opcode for frame in frames if frame] == [OPCODE_BINARY, OPCODE_TEXT, OPCODE_PING, OPCODE_CLOSE]


@each_role
def test_fragments_are_joined_and_a_ping_between_them_is_answered_at_once(is_client: bool) -> None:
    with raw_connection(is_client) as (websocket, peer):
        receiving = Background(websocket.receive)
        peer.send(OPCODE_TEXT, b"Hel", fin=False)
        peer.send(OPCODE_PING, b"still there?")
        answer = peer.receive()
        assert answer is not None
        assert (answer.opcode, answer.payload, answer.fin) == (OPCODE_PONG, b"still there?", True)
        peer.send(OPCODE_CONTINUATION, b"lo", fin=True)
        assert receiving.result() == "Hello"


def test_our_ping_reaches_the_peer_and_its_pong_is_no_message() -> None:
    with raw_connection() as (websocket, peer):
        websocket.ping(b"12345")
        assert plain([peer.receive()]) == [(OPCODE_PING, b"12345")]
        peer.send(OPCODE_PONG, b"12345")
        peer.send(OPCODE_PONG, b"unasked for")
        peer.send(OPCODE_TEXT, b"hi")
        assert websocket.receive(DEADLINE_S) == "hi"


def test_only_the_pong_that_is_awaited_counts_as_the_answer() -> None:
    with raw_connection() as (websocket, peer):
        websocket.enqueue_ping(b"2")
        for payload in (b"", b"1", b"22"):
            peer.send(OPCODE_PONG, payload)
        peer.send(OPCODE_TEXT, b"hi")
        assert websocket.receive(DEADLINE_S) == "hi"
        assert websocket.awaited_pong == b"2"
        for payload in (b"2", b"", b"3"):  # a frame behind the answer does not hide it
            peer.send(OPCODE_PONG, payload)
        peer.send(OPCODE_TEXT, b"hi")
        assert websocket.receive(DEADLINE_S) == "hi"
        assert websocket.awaited_pong == b""


def test_bytes_that_came_with_the_handshake_are_read_first() -> None:
    early = client_frame(OPCODE_TEXT, b"early") + client_frame(OPCODE_TEXT, b"cut")[:5]
    with raw_connection(early=early) as (websocket, peer):
        peer.send_bytes(client_frame(OPCODE_TEXT, b"cut")[5:])
        assert websocket.receive(DEADLINE_S) == "early"
        assert websocket.receive(DEADLINE_S) == "cut"


def test_bytes_may_come_one_by_one() -> None:
    with raw_connection() as (websocket, peer):
        receiving = Background(websocket.receive)
        for byte in peer.frame(OPCODE_TEXT, "Grüße".encode()):
            peer.send_bytes(bytes([byte]))
        assert receiving.result() == "Grüße"


# Time-outs -----------------------------------------------------------------------------------------------------


def test_receive_gives_up_after_its_time_out_and_loses_nothing() -> None:
    with raw_connection() as (websocket, peer):
        for timeout_s in (0, 0.05):
            with pytest.raises(TimeoutError):
                websocket.receive(timeout_s)
        frame = peer.frame(OPCODE_TEXT, b"in two pieces")
        peer.send_bytes(frame[:9])
        with pytest.raises(TimeoutError):
            websocket.receive(0.05)
        peer.send_bytes(frame[9:])
        assert websocket.receive(DEADLINE_S) == "in two pieces"


def test_receive_with_a_time_out_of_0_takes_what_has_already_come() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_TEXT, b"here already")
        wait_until(lambda: is_readable(websocket), "the bytes are in the kernel")
        assert websocket.receive(0) == "here already"


def is_readable(websocket: WebSocket) -> bool:
    return bool(select.select([websocket.sock], [], [], 0)[0])


class Flood:
    """A peer that never stops sending the same bytes."""

    def __init__(self, peer: RawPeer, data: bytes) -> None:
        self._peer, self._data = peer, data
        self._is_over = threading.Event()

    def __enter__(self) -> None:
        self._thread = Background(self._run)

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                self._peer.send_bytes(self._data)
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        with contextlib.suppress(OSError):
            self._peer.sock.shutdown(socket.SHUT_RDWR)  # wakes `sendall`
        self._thread.result()


FLOODS = {
    "pongs": client_frame(OPCODE_PONG, b"x") * 100,
    "messages": client_frame(OPCODE_TEXT, b"x") * 100,
}


def test_receive_gives_up_in_time_under_a_flood_of_pongs() -> None:
    with raw_connection() as (websocket, peer), Flood(peer, FLOODS["pongs"]), pytest.raises(TimeoutError):
        websocket.receive(0.1)


@pytest.mark.parametrize("flood", ["pongs", "messages"])
def test_close_ends_in_time_under_a_flood(flood: str) -> None:
    with raw_connection(limits=QUICK) as (websocket, peer), Flood(peer, FLOODS[flood]):
        Background(websocket.close).result()
        assert closed_with(websocket).code == 1006


# Closing -------------------------------------------------------------------------------------------------------


@each_role
def test_our_close_is_a_handshake_and_ends_the_connection(is_client: bool) -> None:
    with raw_connection(is_client) as (websocket, peer):
        closing = Background(websocket.close, 4000, "bye")
        assert plain([peer.receive()]) == [(OPCODE_CLOSE, close_body(4000, "bye"))]
        peer.send(OPCODE_CLOSE, close_body(4000))
        assert peer.receive() is None
        peer.sock.close()
        closing.result()
        assert closed_with(websocket).code == 4000


PEER_CLOSES = {
    "1000": (close_body(1000), 1000, "", close_body(1000)),
    "1001 with a reason": (close_body(1001, "tschüß"), 1001, "tschüß", close_body(1001)),
    "3000": (close_body(3000), 3000, "", close_body(3000)),
    "4999": (close_body(4999, "own"), 4999, "own", close_body(4999)),
    "no code": (b"", 1005, "", b""),
}


@each_role
@pytest.mark.parametrize(("body", "code", "reason", "answer"), PEER_CLOSES.values(), ids=PEER_CLOSES)
def test_the_close_of_the_peer_is_answered_and_ends_the_connection(
    body: bytes, code: int, reason: str, answer: bytes, is_client: bool
) -> None:
    with raw_connection(is_client) as (websocket, peer):
        peer.send(OPCODE_TEXT, b"last words")
        peer.send(OPCODE_CLOSE, body)
        assert websocket.receive(DEADLINE_S) == "last words"
        receiving = Background(websocket.receive)
        assert plain(peer.receive_to_the_end()) == [(OPCODE_CLOSE, answer)]
        peer.sock.close()
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert (closed.value.code, closed.value.reason, closed.value.violation) == (code, reason, None)


def test_both_sides_may_close_at_once() -> None:
    with both_ends() as (server, client):
        server.begin_close(4001)
        client.begin_close(4002)
        ends = [Background(websocket.close) for websocket in (server, client)]
        for end in ends:
            end.result()
        assert closed_with(server).code == 4002
        assert closed_with(client).code == 4001


def test_close_from_both_ends_is_clean() -> None:
    with both_ends() as (server, client):
        closing = Background(server.close, 1001, "server goes")
        with pytest.raises(ConnectionClosed) as closed:
            client.receive(DEADLINE_S)
        assert (closed.value.code, closed.value.reason) == (1001, "server goes")
        closing.result()
        assert closed_with(server).code == 1001


def test_close_does_not_wait_for_ever_for_the_answer() -> None:
    with raw_connection(limits=QUICK) as (websocket, peer):
        started_s = time.monotonic()
        websocket.close()
        assert time.monotonic() - started_s >= QUICK.close_timeout_s * 0.9
        assert closed_with(websocket).code == 1006
        assert plain(peer.receive_to_the_end()) == [(OPCODE_CLOSE, close_body(1000))]


def test_after_our_close_nothing_is_delivered_and_nothing_is_sent() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_TEXT, b"before")
        assert websocket.receive(DEADLINE_S) == "before"
        websocket.begin_close(1001)
        websocket.begin_close(1000)
        websocket.post("late")
        websocket.enqueue_frame(frame_bytes(OPCODE_TEXT, b"late"))
        websocket.ping()
        websocket.flush()
        peer.send(OPCODE_TEXT, b"after")
        peer.send(OPCODE_PING, b"after")
        peer.send(OPCODE_CLOSE, close_body(1001))
        receiving = Background(websocket.receive)
        assert plain(peer.receive_to_the_end()) == [(OPCODE_CLOSE, close_body(1001))]
        peer.sock.close()
        with pytest.raises(ConnectionClosed):
            receiving.result()


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2000, 5000])
def test_a_code_that_must_not_be_sent_is_not_sent(code: int) -> None:
    with raw_connection() as (websocket, peer):
        with pytest.raises(ValueError, match="must not be sent"):
            websocket.close(code)
        websocket.send("still open")
        assert plain([peer.receive()]) == [(OPCODE_TEXT, b"still open")]


def test_after_the_end_every_method_is_harmless() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_CLOSE, close_body(4000, "enough"))
        peer.sock.shutdown(socket.SHUT_WR)
        first = closed_with(websocket)
        assert closed_with(websocket).args == first.args
        websocket.post("x")
        websocket.post_frame(b"x")
        websocket.enqueue_frame(b"x")
        assert websocket.flush()
        websocket.ping()
        websocket.begin_close()
        websocket.close()
        websocket.abort("again")
        websocket.keep_alive(time.monotonic() + 1000)
        with pytest.raises(ConnectionClosed):
            websocket.send("x")
        assert closed_with(websocket).args == first.args
        assert plain(peer.receive_to_the_end()) == [(OPCODE_CLOSE, close_body(4000))]


def test_the_socket_is_given_back_at_the_end() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_CLOSE)
        peer.sock.shutdown(socket.SHUT_WR)
        closed_with(websocket)
        assert websocket.sock.fileno() == -1


# Broken connections --------------------------------------------------------------------------------------------


@each_role
def test_abort_wakes_the_thread_that_receives_and_says_why(is_client: bool) -> None:
    with raw_connection(is_client) as (websocket, peer):
        peer.send(OPCODE_TEXT, b"first")
        assert websocket.receive(DEADLINE_S) == "first"
        receiving = Background(websocket.receive)
        websocket.abort("kicked")
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert (closed.value.code, closed.value.reason) == (1006, "kicked")
        assert peer.receive() is None


def test_only_the_first_abort_counts() -> None:
    with raw_connection() as (websocket, _):
        websocket.abort("kicked")
        websocket.abort("something else")
        assert closed_with(websocket).reason == "kicked"


def test_a_peer_that_ends_tcp_without_a_close_is_1006() -> None:
    with raw_connection() as (websocket, peer):
        peer.send(OPCODE_TEXT, b"whole")
        peer.send_bytes(peer.frame(OPCODE_TEXT, b"half")[:8])
        peer.sock.close()
        assert websocket.receive(DEADLINE_S) == "whole"
        assert closed_with(websocket).code == 1006


def test_a_peer_that_resets_tcp_is_1006() -> None:
    with raw_connection() as (websocket, peer):
        receiving = Background(websocket.receive)
        peer.vanish()
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert closed.value.code == 1006


def test_writing_to_a_peer_that_is_gone_ends_the_connection() -> None:
    with raw_connection() as (websocket, peer):
        peer.vanish()

        def is_noticed() -> bool:
            websocket.post("anybody there?")
            return bool(websocket.ended_because)

        wait_until(is_noticed, "the connection is aborted")
        with pytest.raises(ConnectionClosed):
            websocket.send("hello?")
        assert closed_with(websocket).code == 1006


# Violations ----------------------------------------------------------------------------------------------------

VIOLATIONS = {
    "1002": (b"\xff\x80" + bytes(4), 1002, "5.2"),
    "1007": (client_frame(OPCODE_TEXT, b"\xff", fin=False), 1007, "8.1"),
    "1009": (b"\x82\xff" + (2**40).to_bytes(8, "big") + bytes(4), 1009, "7.4.1"),
    "bad close": (client_frame(OPCODE_CLOSE, close_body(1005)), 1002, "7.4"),
}


@pytest.mark.parametrize(("wire", "code", "section"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_answered_with_its_code_then_the_stream_ends(wire: bytes, code: int, section: str) -> None:
    with raw_connection() as (websocket, peer):
        good = client_frame(OPCODE_TEXT, b"good")
        peer.send_bytes(good + client_frame(OPCODE_PING, b"p") + wire + good)
        assert websocket.receive(DEADLINE_S) == "good"
        receiving = Background(websocket.receive)
        pong, close = peer.receive_to_the_end()
        assert (pong.opcode, pong.payload) == (OPCODE_PONG, b"p")
        assert (close.opcode, close.payload[:2]) == (OPCODE_CLOSE, code.to_bytes(2, "big"))
        peer.sock.close()
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert closed.value.code == code
        assert closed.value.violation is not None
        assert closed.value.violation.section == section
        assert close.payload[2:].decode() == closed.value.violation.reason
        assert closed_with(websocket).args == closed.value.args


def test_a_client_fails_a_server_that_masks() -> None:
    with raw_connection(is_client=True) as (websocket, peer):
        peer.send_bytes(client_frame(OPCODE_TEXT, b"x"))
        receiving = Background(websocket.receive)
        (close,) = peer.receive_to_the_end()
        assert close.payload[:2] == (1002).to_bytes(2, "big")
        assert close.mask_key
        peer.sock.close()
        with pytest.raises(ConnectionClosed):
            receiving.result()


def test_a_peer_that_goes_on_sending_still_gets_our_close_frame() -> None:
    """Closing a socket with unread bytes resets TCP, and the close frame can be lost (section 7.1.1)."""
    with raw_connection() as (websocket, peer):
        peer.send_bytes(b"\xff\x80" + bytes(200_000))
        receiving = Background(websocket.receive)
        (close,) = peer.receive_to_the_end()
        assert close.payload[:2] == (1002).to_bytes(2, "big")
        peer.send_bytes(bytes(100_000))
        peer.sock.close()
        with pytest.raises(ConnectionClosed):
            receiving.result()


# Peers that read slowly or never -------------------------------------------------------------------------------


@each_role
def test_post_never_blocks_and_keeps_a_bounded_outbox(is_client: bool) -> None:
    limits = Limits(outbox_bytes=50_000, stall_timeout_s=60)
    with raw_connection(is_client, limits, TIGHT) as (websocket, _):
        message = bytes(1000)

        def post_until_dropped() -> int:
            for count in itertools.count():
                if websocket.ended_because:
                    return count
                websocket.post(message)
                assert websocket.outbox.waiting_bytes <= limits.outbox_bytes
            raise AssertionError

        assert Background(post_until_dropped).result() > 50
        closed = closed_with(websocket)
        assert (closed.code, closed.reason) == (1006, "the peer reads too slowly")
        assert not websocket.outbox.waiting_bytes


def test_a_peer_too_slow_is_cut_off_between_the_bytes_it_got() -> None:
    """The peer receives a prefix of the posted bytes: nothing is left out in the middle."""
    with raw_connection(limits=Limits(outbox_bytes=20_000), buffer_bytes=TIGHT) as (websocket, peer):
        posted = b""
        for number in range(10_000):
            frame = frame_bytes(OPCODE_BINARY, number.to_bytes(4, "big") * 100)
            posted += frame
            websocket.post_frame(frame)
            if websocket.ended_because:
                break
        assert websocket.ended_because
        received = bytearray()
        while True:
            data = peer.sock.recv(65536)
            if not data:
                break
            received += data
        assert posted.startswith(bytes(received))


def test_nothing_is_sent_after_a_frame_that_could_not_go_out_completely() -> None:
    with raw_connection(limits=Limits(outbox_bytes=1000), buffer_bytes=TIGHT) as (websocket, peer):
        sent = frame_bytes(OPCODE_BINARY, bytes(2**22))
        websocket.post_frame(sent)
        reading = Background(lambda: b"".join(iter(lambda: peer.sock.recv(2**20), b"")))
        for _ in range(1000):
            websocket.post(b"\xff" * 100)
        received = reading.result()
        assert 0 < len(received) < len(sent)
        assert sent.startswith(received)
        assert closed_with(websocket).reason == "the peer reads too slowly"


def test_a_frame_too_large_for_the_outbox_is_not_dropped_silently() -> None:
    with raw_connection(limits=Limits(outbox_bytes=1000)) as (websocket, peer):
        websocket.enqueue_frame(bytes(1001))
        websocket.post("after the gap")
        assert peer.receive_to_the_end() == []
        assert closed_with(websocket).reason == "the peer reads too slowly"


def clog(websocket: WebSocket) -> int:
    """Posts more numbered messages than the kernel takes for a peer that does not read; returns their number."""
    for count in itertools.count():
        if websocket.outbox.waiting_bytes > 200_000:
            return count
        websocket.post(b"%d" % count + bytes(500))
    raise AssertionError


def test_waiting_frames_go_out_in_order_when_the_peer_reads_again() -> None:
    with raw_connection(limits=Limits(outbox_bytes=2**20), buffer_bytes=TIGHT) as (websocket, peer):
        count = clog(websocket)
        assert websocket.is_congested
        websocket.enqueue_frame(frame_bytes(OPCODE_TEXT, b"enqueued"))
        websocket.post("posted")
        websocket.ping(b"ping")
        assert not websocket.flush()

        reading = Background(lambda: [peer.receive() for _ in range(count + 3)])
        wait_until(websocket.flush, "all is flushed")
        frames = reading.result()
        assert plain(frames[:count]) == [(OPCODE_BINARY, b"%d" % number + bytes(500)) for number in range(count)]
        assert plain(frames[count:]) == [(OPCODE_TEXT, b"enqueued"), (OPCODE_TEXT, b"posted"), (OPCODE_PING, b"ping")]
        assert not websocket.is_congested


def test_an_enqueued_frame_waits_for_the_next_flush() -> None:
    with raw_connection() as (websocket, peer):
        websocket.enqueue_frame(frame_bytes(OPCODE_TEXT, b"enqueued"))
        peer.sock.settimeout(0.05)
        with pytest.raises(socket.timeout):
            peer.sock.recv(1)
        peer.sock.settimeout(DEADLINE_S)
        websocket.post("posted")
        assert plain([peer.receive() for _ in range(2)]) == [(OPCODE_TEXT, b"enqueued"), (OPCODE_TEXT, b"posted")]


def test_send_returns_when_all_is_taken_however_large() -> None:
    with raw_connection(limits=Limits(outbox_bytes=1000), buffer_bytes=TIGHT) as (websocket, peer):
        message = os.urandom(500_000)
        sending = Background(websocket.send, message)
        frame = peer.receive()
        sending.result()
        assert frame is not None
        assert frame.payload == message
        assert websocket.flush()


def test_after_a_large_send_the_outbox_is_as_small_as_before() -> None:
    with raw_connection(limits=Limits(outbox_bytes=1000)) as (websocket, peer):
        sending = Background(websocket.send, bytes(500_000))
        peer.receive()
        sending.result()
        websocket.enqueue_frame(bytes(1001))
        websocket.flush()
        assert closed_with(websocket).reason == "the peer reads too slowly"


def test_send_waits_while_the_peer_does_not_read() -> None:
    with raw_connection(limits=Limits(stall_timeout_s=60), buffer_bytes=TIGHT) as (websocket, peer):
        sending = Background(websocket.send, bytes(2**22))
        wait_until(lambda: websocket.is_congested, "send is stuck")
        sending.join(0.1)
        assert sending.is_alive()
        assert peer.receive() is not None
        sending.result()


def test_send_gives_up_when_the_peer_stalls() -> None:
    with raw_connection(limits=QUICK, buffer_bytes=TIGHT) as (websocket, _):
        with pytest.raises(ConnectionClosed) as closed:
            Background(websocket.send, bytes(2**22)).result()
        assert (closed.value.code, closed.value.reason) == (1006, "the peer does not read")
        assert closed_with(websocket).reason == "the peer does not read"


def test_send_gives_up_when_another_thread_aborts() -> None:
    with raw_connection(limits=PATIENT, buffer_bytes=TIGHT) as (websocket, _):
        sending = Background(websocket.send, bytes(2**22))
        wait_until(lambda: websocket.is_congested, "send is stuck")
        websocket.abort("kicked")
        with pytest.raises(ConnectionClosed) as closed:
            sending.result()
        assert closed.value.reason == "kicked"


def test_posts_during_a_long_send_come_behind_it() -> None:
    with raw_connection(limits=Limits(outbox_bytes=1000, stall_timeout_s=60), buffer_bytes=TIGHT) as (websocket, peer):
        sending = Background(websocket.send, bytes(2**20))
        wait_until(lambda: websocket.is_congested, "send is stuck")
        websocket.post("posted")
        first, second = peer.receive(), peer.receive()
        assert first is not None
        assert second is not None
        assert len(first.payload) == 2**20
        assert second.payload == b"posted"
        sending.result()


# Threads -------------------------------------------------------------------------------------------------------


def payload_of(thread: int, number: int) -> bytes:
    """A payload of varying length that names its thread and its number."""
    return b"%d:%d:" % (thread, number) + bytes([thread]) * (number * 37 % 700)


@pytest.mark.parametrize("threads", [2, 10])
@each_role
def test_frames_of_many_threads_never_mix(threads: int, is_client: bool) -> None:
    each = 200
    with raw_connection(is_client, Limits(outbox_bytes=2**22, stall_timeout_s=60), TIGHT) as (websocket, peer):

        def post_all(thread: int) -> None:
            for number in range(each):
                give: Callable[[bytes], None] = websocket.send if thread == 0 and number % 10 == 0 else websocket.post
                give(payload_of(thread, number))

        reading = Background(lambda: [peer.receive() for _ in range(threads * each)])
        posting = [Background(post_all, thread) for thread in range(threads)]
        for thread in posting:
            thread.result()
        wait_until(websocket.flush, "all is flushed")
        received = [frame.payload for frame in reading.result()]
    for thread in range(threads):
        mine = [payload for payload in received if payload.startswith(b"%d:" % thread)]
        assert mine == [payload_of(thread, number) for number in range(each)]


class OddSocket:
    """A socket whose writes fail or take few bytes, in the ways that a kernel may choose."""

    def __init__(self, sock: socket.socket, odd_send: Callable[[socket.socket, Any], int]) -> None:
        self._sock = sock
        self._odd_send = odd_send

    def send(self, data: Any, _flags: int = 0) -> int:
        return self._odd_send(self._sock, data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def refuse_every_other(turns: Iterator[bool]) -> Callable[[socket.socket, Any], int]:
    def send(sock: socket.socket, data: Any) -> int:
        if next(turns):
            raise BlockingIOError
        return sock.send(data)

    return send


def split_into(sizes: Iterator[int]) -> Callable[[socket.socket, Any], int]:
    return lambda sock, data: sock.send(data[: next(sizes)])


def delay(sock: socket.socket, data: Any) -> int:
    """Waits in the middle of a write, so that other threads run."""
    sent = sock.send(data[: len(data) // 2 + 1])
    time.sleep(0.0005)
    return sent


ODD_SENDS: dict[str, Callable[[], Callable[[socket.socket, Any], int]]] = {
    "refused": lambda: refuse_every_other(itertools.cycle([True, False, True])),
    "split into single bytes": lambda: split_into(itertools.repeat(1)),
    "split": lambda: split_into(itertools.cycle([1, 2, 3, 500])),
    "taken as nothing": lambda: split_into(itertools.cycle([0, 5])),
    "delayed": lambda: delay,
}


@pytest.mark.parametrize("odd_send", ODD_SENDS.values(), ids=ODD_SENDS)
def test_frames_stay_whole_when_writes_are_odd(odd_send: Callable[[], Callable[[socket.socket, Any], int]]) -> None:
    near, far = tcp_pair()
    with near, far:
        websocket = WebSocket(OddSocket(near, odd_send()), Limits(outbox_bytes=2**20))
        peer = RawPeer(far, masks=True)

        def post_all(thread: int) -> None:
            for number in range(20):
                websocket.post(payload_of(thread, number))

        posting = [Background(post_all, thread) for thread in range(3)]
        reading = Background(lambda: [peer.receive() for _ in range(61)])
        for thread in posting:
            thread.result()
        websocket.send("last")
        received = [frame.payload for frame in reading.result()]
    assert received[-1] == b"last"
    assert sorted(received[:-1]) == sorted(payload_of(thread, number) for thread in range(3) for number in range(20))


def test_an_error_while_writing_ends_the_connection_and_never_reaches_the_writer() -> None:
    def send(_sock: socket.socket, _data: Any) -> int:
        raise ConnectionResetError(104, "reset by a test")

    near, far = tcp_pair()
    with near, far:
        websocket = WebSocket(OddSocket(near, send), PATIENT)
        websocket.post("x")
        websocket.post("y")
        closed = closed_with(websocket)
        assert closed.code == 1006
        assert "reset by a test" in closed.reason


# Keepalive -----------------------------------------------------------------------------------------------------

KEPT_ALIVE = Limits(ping_after_s=20, dead_after_s=10, stall_timeout_s=5, close_timeout_s=2, outbox_bytes=2**20)


def test_a_silent_peer_is_pinged_once_then_dropped() -> None:
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        for now_s in (1000, 1010, 1020):
            websocket.keep_alive(now_s)
        for now_s in (1021, 1022, 1030):
            websocket.keep_alive(now_s)
            assert not websocket.ended_because
        websocket.keep_alive(1032)
        assert plain(peer.receive_to_the_end()) == [(OPCODE_PING, b"")]
        closed = closed_with(websocket)
        assert (closed.code, closed.reason) == (1006, "the peer did not answer our ping")


@pytest.mark.parametrize("opcode", [OPCODE_PONG, OPCODE_TEXT], ids=["pong", "message"])
def test_a_peer_that_is_heard_of_is_not_dropped(opcode: int) -> None:
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        for now_s in (1000, 1021):
            websocket.keep_alive(now_s)
        assert plain([peer.receive()]) == [(OPCODE_PING, b"")]
        peer.send(opcode)
        peer.send(OPCODE_TEXT, b"end")
        while websocket.receive(DEADLINE_S) != "end":
            pass
        for now_s in (1029, 1035, 1049):
            websocket.keep_alive(now_s)
        assert not websocket.ended_because
        websocket.keep_alive(1050)
        assert plain([peer.receive()]) == [(OPCODE_PING, b"")]


def test_an_incomplete_frame_that_arrives_slowly_is_no_sign_of_life() -> None:
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        receiving = Background(websocket.receive)
        websocket.keep_alive(1000)
        for now_s, byte in zip(range(1001, 1032), peer.frame(OPCODE_TEXT, bytes(50))):
            peer.send_bytes(bytes([byte]))
            websocket.keep_alive(now_s)
            assert not websocket.ended_because
        websocket.keep_alive(1032)
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert closed.value.reason == "the peer did not answer our ping"


def test_a_peer_that_was_never_pinged_is_not_dropped_for_its_silence() -> None:
    """This happens when the keepalive thread itself was held up."""
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        websocket.keep_alive(1000)
        websocket.keep_alive(5000)
        assert plain([peer.receive()]) == [(OPCODE_PING, b"")]
        websocket.keep_alive(5009)
        assert not websocket.ended_because
        websocket.keep_alive(5011)
        assert closed_with(websocket).reason == "the peer did not answer our ping"


def test_a_peer_that_takes_nothing_is_dropped() -> None:
    with raw_connection(limits=KEPT_ALIVE, buffer_bytes=TIGHT) as (websocket, _):
        websocket.keep_alive(time.monotonic())
        clog(websocket)
        websocket.keep_alive(time.monotonic() + KEPT_ALIVE.stall_timeout_s - 1)
        assert not websocket.ended_because
        websocket.keep_alive(time.monotonic() + KEPT_ALIVE.stall_timeout_s + 1)
        assert closed_with(websocket).reason == "the peer does not read"


def test_a_peer_that_takes_a_little_now_and_then_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = 1000.0
    monkeypatch.setattr("Net.outbox.time", SimpleNamespace(monotonic=lambda: clock_s))
    sizes = itertools.chain([1] * 10, itertools.repeat(0))
    near, far = tcp_pair()
    with near, far:
        limits = Limits(stall_timeout_s=5, ping_after_s=1000)
        websocket = WebSocket(OddSocket(near, split_into(sizes)), limits)
        websocket.post(bytes(100))  # takes one of the ten
        for _ in range(9 + 1):
            clock_s += limits.stall_timeout_s - 1
            websocket.keep_alive(clock_s)
            assert not websocket.ended_because
        clock_s += 2
        websocket.keep_alive(clock_s)
        assert websocket.ended_because == "the peer does not read"


def test_keep_alive_flushes_waiting_frames() -> None:
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        websocket.enqueue_frame(frame_bytes(OPCODE_TEXT, b"waiting"))
        websocket.keep_alive(time.monotonic())
        assert plain([peer.receive()]) == [(OPCODE_TEXT, b"waiting")]


def test_a_peer_that_never_answers_our_close_is_dropped() -> None:
    with raw_connection(limits=KEPT_ALIVE) as (websocket, peer):
        receiving = Background(websocket.receive)
        websocket.begin_close(1001)
        websocket.keep_alive(time.monotonic() + KEPT_ALIVE.close_timeout_s - 1)
        assert not websocket.ended_because
        websocket.keep_alive(time.monotonic() + KEPT_ALIVE.close_timeout_s + 1)
        with pytest.raises(ConnectionClosed) as closed:
            receiving.result()
        assert (closed.value.code, closed.value.reason) == (1006, "the peer did not answer our close")
        assert plain(peer.receive_to_the_end()) == [(OPCODE_CLOSE, close_body(1001))]


def test_an_abort_after_our_close_ends_it_although_many_received_bytes_are_unread() -> None:
    with raw_connection() as (websocket, peer):
        peer.send_bytes(15_000 * client_frame(OPCODE_BINARY, b"a flood"))  # almost a minute of them
        websocket.begin_close(1008)
        receiving = Background(websocket.receive)
        websocket.abort("enough")
        with pytest.raises(ConnectionClosed, match="enough"):
            receiving.result()
        assert websocket.sock.fileno() == -1


def test_after_our_close_messages_that_still_come_are_passed_over() -> None:
    with raw_connection() as (websocket, peer):
        websocket.begin_close(1008)
        peer.send_bytes(150 * client_frame(OPCODE_BINARY, b"a flood"))
        peer.send(OPCODE_CLOSE, close_body(1008))
        peer.sock.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionClosed) as closed:
            websocket.receive()
        assert closed.value.code == 1008


def test_an_aborted_connection_reads_nothing_more() -> None:
    with raw_connection() as (websocket, peer):
        peer.send_bytes(100 * client_frame(OPCODE_BINARY, b"waiting in the kernel"))
        assert websocket.receive() == b"waiting in the kernel"
        websocket.abort("enough")
        with pytest.raises(ConnectionClosed, match="enough"):
            websocket.receive()


# Greedy peers ----------------------------------------------------------------------------------------------------

SHORT = Limits(frames_per_s=1, burst_frames=10, flood_frames=20, fragments=1, message_bytes=4096, close_timeout_s=0.3)

GREEDY = {
    "pongs": client_frame(OPCODE_PONG),
    "pings": client_frame(OPCODE_PING),
    "short messages": client_frame(OPCODE_BINARY, b"x"),
    "short texts": client_frame(OPCODE_TEXT, b"x"),
    "empty messages": client_frame(OPCODE_BINARY),
}


def receive_to_the_end(websocket: WebSocket) -> tuple[int, ConnectionClosed]:
    """Returns the number of messages that came, and the error that ended the connection."""
    count = 0
    try:
        while True:
            websocket.receive()
            count += 1
    except ConnectionClosed as closed:
        return count, closed


@pytest.mark.parametrize("frame", GREEDY.values(), ids=GREEDY)
def test_a_flood_of_frames_is_closed_with_1008(frame: bytes) -> None:
    near, far = tcp_pair()
    with near, far:
        websocket, peer = WebSocket(near, SHORT, share=Share(SHORT, Turns())), RawPeer(far, masks=True)
        peer.send_bytes(100 * frame)
        closed = receive_to_the_end(websocket)[1]
        assert (closed.code, closed.reason) == (1008, "too many frames: 1 a second may come")


def test_a_message_costs_its_length_in_frames() -> None:
    limits = Limits(frames_per_s=1, burst_frames=10, flood_frames=20, fragments=1, message_bytes=40_000)
    near, far = tcp_pair()
    with near, far:
        websocket, peer = WebSocket(near, limits, share=Share(limits, Turns())), RawPeer(far, masks=True)
        sending = Background(peer.send_bytes, 20 * client_frame(OPCODE_BINARY, bytes(40_000)))
        received, closed = receive_to_the_end(websocket)
        assert closed.code == 1008
        # 10 + 20 + 8 times the longest message of 9.8 + 1 frames; each message takes 9.8 and a few reads.
        assert 1 <= received <= 13
        far.close()
        with contextlib.suppress(OSError):
            sending.result()


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(select, "poll"), reason="only Linux tells that the peer has hung up"
)
def test_unread_bytes_of_a_greedy_peer_are_dropped_once_it_is_gone() -> None:
    limits = Limits(frames_per_s=1, burst_frames=5, flood_frames=100_000)
    near, far = tcp_pair()
    with near, far:
        websocket, peer = WebSocket(near, limits, share=Share(limits, Turns())), RawPeer(far, masks=True)
        peer.send_bytes(5_000 * client_frame(OPCODE_BINARY, b"x"))
        peer.sock.shutdown(socket.SHUT_WR)
        received, closed = receive_to_the_end(websocket)
        assert closed.reason == "the peer vanished"
        assert received < 5_000


def test_closing_twice_does_not_prolong_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = 1000.0
    monkeypatch.setattr("Net.outbox.time", SimpleNamespace(monotonic=lambda: clock_s))
    with raw_connection(limits=KEPT_ALIVE) as (websocket, _):
        websocket.begin_close()
        clock_s += KEPT_ALIVE.close_timeout_s - 0.5
        websocket.begin_close()
        clock_s += 1
        websocket.keep_alive(clock_s)
        assert websocket.ended_because == "the peer did not answer our close"


# The test's own tools ------------------------------------------------------------------------------------------


def test_the_independent_parser_knows_the_examples_of_the_rfc() -> None:
    assert parse_all(bytes.fromhex("818537fa213d7f9f4d5158")) == [
        WireFrame(True, 0, OPCODE_TEXT, b"Hello", bytes.fromhex("37fa213d"))
    ]
    assert parse_one(bytes.fromhex("8105486c")) == (None, bytes.fromhex("8105486c"))
    assert mask_byte_by_byte(b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex("7f9f4d5158")
