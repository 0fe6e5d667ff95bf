"""The outbox by itself: frames wait in order, never block their sender, and are bounded."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Iterator

import pytest

from Net.deflate import Parameters, make_codecs
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from Net.outbox import Outbox
from tests.Net.support import DEADLINE_S, Background, RawPeer, close_body, frame_bytes, tcp_pair, wait_until

TIGHT = 4096  # the size of a kernel buffer that is soon full
ROOMY = 2**22


class Noting:
    """A tap that keeps what was sent."""

    def __init__(self) -> None:
        self.bytes_out = b""

    def received(self, data: bytes) -> None:
        raise AssertionError("an outbox reads nothing")

    def sent(self, data: bytes) -> None:
        self.bytes_out += data

    def ended(self) -> None:
        raise AssertionError("the listener tells the end")


@contextlib.contextmanager
def outbox_to_peer(
    limit_bytes: int = ROOMY, is_client: bool = False, buffer_bytes: int | None = None, tap: Noting | None = None
) -> Iterator[tuple[Outbox, RawPeer]]:
    """An outbox of a connected socket, and a raw peer at the other end."""
    near, far = tcp_pair(buffer_bytes)
    near.setblocking(False)
    with near, far:
        yield Outbox(near, limit_bytes, is_client, tap=tap), RawPeer(far, masks=not is_client)


def clog(outbox: Outbox) -> list[bytes]:
    """Posts numbered messages until the kernel takes no more of them; returns them."""
    posted: list[bytes] = []
    while outbox.waiting_bytes < 50_000:
        posted.append(b"%d " % len(posted) + bytes(1000))
        outbox.post(posted[-1])
    return posted


def nothing_to_read(peer: RawPeer) -> bool:
    peer.sock.setblocking(False)
    try:
        peer.sock.recv(1)
    except BlockingIOError:
        return True
    finally:
        peer.sock.settimeout(DEADLINE_S)
    return False


def test_a_post_leaves_at_once_and_an_enqueued_frame_with_the_next_flush() -> None:
    with outbox_to_peer() as (outbox, peer):
        outbox.post("at once")
        frame = peer.receive()
        assert frame is not None
        assert (frame.opcode, frame.payload) == (OPCODE_TEXT, b"at once")
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, b"first"))
        outbox.enqueue_ping(b"second")
        waiting = outbox.waiting_bytes
        assert waiting == len(frame_bytes(OPCODE_BINARY, b"first") + frame_bytes(OPCODE_PING, b"second"))
        assert nothing_to_read(peer)
        assert outbox.flush()
        assert outbox.waiting_bytes == 0
        received = [peer.receive(), peer.receive()]
        assert [(frame.opcode, frame.payload) for frame in received if frame is not None] == [
            (OPCODE_BINARY, b"first"),
            (OPCODE_PING, b"second"),
        ]


def test_a_post_comes_behind_the_frames_that_wait() -> None:
    with outbox_to_peer() as (outbox, peer):
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, b"1"))
        outbox.post_frame(frame_bytes(OPCODE_BINARY, b"2"))
        outbox.post_control(OPCODE_PONG, b"3")
        assert [frame.payload for frame in (peer.receive(), peer.receive(), peer.receive()) if frame] == [
            b"1",
            b"2",
            b"3",
        ]


def test_the_tap_and_the_count_tell_the_bytes_that_the_kernel_has_taken() -> None:
    tap = Noting()
    with outbox_to_peer(buffer_bytes=TIGHT, tap=tap) as (outbox, peer):
        posted = clog(outbox)
        everything = b"".join(frame_bytes(OPCODE_BINARY, payload) for payload in posted)
        assert outbox.bytes_out == len(tap.bytes_out) == len(everything) - outbox.waiting_bytes
        reading = Background(lambda: [peer.receive() for _ in posted])
        assert outbox.drain(DEADLINE_S)
        reading.result()
        assert tap.bytes_out == everything
        assert outbox.bytes_out == len(everything)


def test_a_congested_outbox_knows_it_until_the_peer_reads_again() -> None:
    with outbox_to_peer(buffer_bytes=TIGHT) as (outbox, peer):
        assert not outbox.is_congested
        posted = clog(outbox)
        assert outbox.is_congested
        assert not outbox.flush()
        reading = Background(lambda: [peer.receive() for _ in posted])
        wait_until(outbox.flush, "all bytes are sent")
        assert not outbox.is_congested
        assert [frame.payload for frame in reading.result()] == posted


def test_more_bytes_than_may_wait_end_the_connection_at_the_next_flush() -> None:
    with outbox_to_peer(limit_bytes=100) as (outbox, peer):
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, bytes(90)))
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, bytes(90)))
        assert outbox.ended_because == "", "an enqueued frame touches no socket"
        outbox.flush()
        assert outbox.ended_because == "the peer reads too slowly"
        assert outbox.waiting_bytes == 0
        assert peer.receive_to_the_end() == []


def test_a_frame_beyond_the_limit_is_sent_if_the_kernel_takes_it_at_once() -> None:
    with outbox_to_peer(limit_bytes=100) as (outbox, peer):
        outbox.post(bytes(5000))
        frame = peer.receive()
        assert frame is not None
        assert frame.payload == bytes(5000)
        assert outbox.ended_because == ""


def test_send_takes_a_message_of_any_size_and_leaves_the_limit_as_it_was() -> None:
    with outbox_to_peer(limit_bytes=20_000, buffer_bytes=TIGHT) as (outbox, peer):
        reading = Background(peer.receive)
        assert outbox.send(bytes(2**21), DEADLINE_S)
        assert len(reading.result().payload) == 2**21
        while not outbox.ended_because:
            outbox.post(bytes(1000))
            assert outbox.waiting_bytes <= 20_000
        assert outbox.ended_because == "the peer reads too slowly"


def test_send_and_drain_give_up_when_the_peer_takes_nothing() -> None:
    with outbox_to_peer(buffer_bytes=TIGHT) as (outbox, _):
        assert not outbox.send(bytes(2**20), 0.05)
        assert not outbox.drain(0.05)
        assert outbox.ended_because == "", "the caller decides what follows"


def test_a_peer_is_dropped_only_after_it_has_taken_nothing_for_the_time_out() -> None:
    with outbox_to_peer(buffer_bytes=TIGHT) as (outbox, _):
        clog(outbox)
        now_s = time.monotonic()
        outbox.flush_or_drop(now_s + 9.0, 10.0)
        assert outbox.ended_because == ""
        outbox.flush_or_drop(now_s + 11.0, 10.0)
        assert outbox.ended_because == "the peer does not read"


def test_a_peer_for_which_nothing_waits_is_never_dropped() -> None:
    with outbox_to_peer() as (outbox, _):
        outbox.post("taken")
        outbox.flush_or_drop(time.monotonic() + 1e6, 10.0)
        assert outbox.ended_because == ""


def test_one_close_frame_is_sent_and_nothing_follows_it() -> None:
    with outbox_to_peer() as (outbox, peer):
        assert outbox.close_sent_at_s is None
        outbox.post_close(1001, "bye")
        assert outbox.close_sent_at_s is not None
        outbox.post_close(1002, "again")
        outbox.post("late")
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, b"late"))
        assert outbox.flush()
        outbox.close_socket("the end")
        assert [(frame.opcode, frame.payload) for frame in peer.receive_to_the_end()] == [
            (OPCODE_CLOSE, close_body(1001, "bye"))
        ]


def test_an_abort_drops_the_waiting_bytes_and_its_first_reason_stays() -> None:
    with outbox_to_peer() as (outbox, peer):
        outbox.enqueue_frame(frame_bytes(OPCODE_BINARY, b"never sent"))
        outbox.abort("first")
        outbox.abort("second")
        outbox.post("never sent")
        assert not outbox.drain(DEADLINE_S)
        assert (outbox.ended_because, outbox.waiting_bytes, outbox.bytes_out) == ("first", 0, 0)
        assert peer.receive_to_the_end() == []


def test_after_the_socket_is_closed_every_method_is_harmless() -> None:
    near, far = tcp_pair()
    near.setblocking(False)
    with far:
        outbox = Outbox(near, ROOMY, is_client=False)
        outbox.close_socket("the test is over")
        assert near.fileno() == -1
        outbox.post("late")
        outbox.enqueue_ping(b"late")
        outbox.post_close(1000, "late")
        outbox.flush_or_drop(time.monotonic() + 1e6, 1.0)
        outbox.close_socket("twice")
        assert outbox.flush()
        assert outbox.ended_because == "the test is over"


def test_a_connection_that_breaks_says_why_and_never_raises() -> None:
    with outbox_to_peer() as (outbox, peer):
        peer.vanish()

        def is_broken() -> bool:
            outbox.post("is anybody there?")
            return bool(outbox.ended_because)

        wait_until(is_broken, "the reset has arrived")
        assert outbox.ended_because.startswith("the connection broke: ")


def test_a_client_masks_each_frame_with_another_key_and_a_server_none() -> None:
    for is_client in (True, False):
        with outbox_to_peer(is_client=is_client) as (outbox, peer):
            for _ in range(20):
                outbox.post("hello")
            frames = [frame for frame in (peer.receive() for _ in range(20)) if frame is not None]
            assert [frame.payload for frame in frames] == [b"hello"] * 20
            assert len({frame.mask_key for frame in frames}) == (20 if is_client else 1)
            assert bool(frames[0].mask_key) == is_client


@pytest.mark.parametrize(
    ("parameters", "bits"),
    [
        (None, 0),
        (Parameters(server_no_context_takeover=True, server_max_window_bits=11), 11),
        (Parameters(server_max_window_bits=11), 0),
    ],
    ids=["not compressed", "each message by itself", "with context"],
)
def test_frames_for_many_are_compressed_only_without_a_context(parameters: Parameters | None, bits: int) -> None:
    deflater = None if parameters is None else make_codecs(parameters, is_client=False)[0]
    near, far = socket.socketpair()
    with near, far:
        assert Outbox(near, ROOMY, False, deflater).shared_window_bits() == bits


def test_frames_of_several_threads_stay_whole_and_in_order() -> None:
    each, threads = 300, 4
    with outbox_to_peer(buffer_bytes=TIGHT) as (outbox, peer):

        def post_all(thread: int) -> None:
            for number in range(each):
                outbox.post(b"%d:%d:" % (thread, number) + bytes(number * 37 % 700))

        reading = Background(lambda: [peer.receive() for _ in range(each * threads)])
        for posting in [Background(post_all, thread) for thread in range(threads)]:
            posting.result()
        assert outbox.drain(DEADLINE_S)
        names = [frame.payload.split(b":")[:2] for frame in reading.result()]
    for thread in range(threads):
        own = [int(number) for name, number in names if int(name) == thread]
        assert own == list(range(each))
