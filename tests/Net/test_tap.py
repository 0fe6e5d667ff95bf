"""Tests of taps: a tap on a connection sees every byte of it, and the connection notices nothing."""

from __future__ import annotations

import socket

import pytest

from Net.address import Address
from Net.client import connect
from Net.errors import HandshakeError
from Net.frames import OPCODE_TEXT
from Net.handshake import END_OF_HEAD, upgrade_request
from Net.tap import Refusal, Tap, tap_for
from tests.Net.support import DEADLINE_S, client_frame, raw_connection, wait_until
from tests.support import serving

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ADDRESS = Address("192.0.2.7", 1)


class Recording:
    """A tap that keeps the bytes that it sees."""

    def __init__(self) -> None:
        self.bytes_in = b""
        self.bytes_out = b""
        self.has_ended = False

    def received(self, data: bytes) -> None:
        self.bytes_in += data

    def sent(self, data: bytes) -> None:
        assert type(data) is bytes
        self.bytes_out += data

    def ended(self) -> None:
        self.has_ended = True


def test_a_tap_sees_the_handshake_and_all_frames_of_both_directions() -> None:
    taps: list[Recording] = []

    def make_tap(_address: Address) -> Tap:
        taps.append(Recording())
        return taps[-1]

    with serving() as arena:
        arena.server.add_tap(make_tap)
        websocket = connect(arena.url("/echo"))
        websocket.send("Hello")
        assert websocket.receive() == "Hello"
        websocket.close()
        (tap,) = taps
        wait_until(lambda: tap.has_ended, "the end is heard")
        assert tap.bytes_in.startswith(b"GET /echo HTTP/1.1\r\n")
        assert tap.bytes_out.startswith(b"HTTP/1.1 101 ")
        frames_in, frames_out = (data.partition(END_OF_HEAD)[2] for data in (tap.bytes_in, tap.bytes_out))
        assert len(frames_in) == websocket.bytes_out
        assert frames_out == b"\x81\x05Hello\x88\x02\x03\xe8"


def test_a_tap_sees_a_refusal() -> None:
    tap = Recording()
    with serving() as arena:
        arena.server.add_tap(lambda _address: tap)
        with pytest.raises(HandshakeError, match="404"):
            connect(arena.url("/nowhere"))
        wait_until(lambda: tap.has_ended, "the end is heard")
    assert tap.bytes_in.startswith(b"GET /nowhere ")
    assert tap.bytes_out.startswith(b"HTTP/1.1 404 ")
    assert b"there is no WebSocket at this path" in tap.bytes_out


def test_bytes_behind_the_handshake_are_seen_once() -> None:
    tap = Recording()
    wire = (
        upgrade_request("localhost", "/echo", KEY)
        + client_frame(OPCODE_TEXT, b"one")
        + client_frame(OPCODE_TEXT, b"two")
    )
    with serving() as arena:
        arena.server.add_tap(lambda _address: tap)
        with socket.create_connection(("127.0.0.1", arena.port), DEADLINE_S) as sock:
            sock.sendall(wire)
            wait_until(lambda: tap.bytes_out.endswith(b"one\x81\x03two"), "both are echoed")
    assert tap.bytes_in == wire


def test_a_tap_sees_only_the_bytes_that_the_kernel_took() -> None:
    tap = Recording()
    with raw_connection(buffer_bytes=4096, tap=tap) as (websocket, _peer):
        for _ in range(40):
            websocket.post(b"x" * 1000)
            if websocket.is_congested:
                break
        assert websocket.is_congested
        assert len(tap.bytes_out) == websocket.bytes_out


def test_a_connection_may_have_no_tap_one_or_several() -> None:
    first, second = Recording(), Recording()
    assert tap_for(ADDRESS, []) is None
    assert tap_for(ADDRESS, [lambda _: None]) is None
    assert tap_for(ADDRESS, [lambda _: None, lambda _: first]) is first
    both = tap_for(ADDRESS, [lambda _: first, lambda _: second])
    assert both is not None
    both.received(b"in")
    both.sent(b"out")
    both.ended()
    for tap in (first, second):
        assert (tap.bytes_in, tap.bytes_out, tap.has_ended) == (b"in", b"out", True)


class Witnessing(Recording):
    """A tap that also keeps the reasons of refusals."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[Refusal] = []

    def refused(self, error: Refusal) -> None:
        assert self.bytes_out == b"", "the witness hears it first"
        self.refusals.append(error)


def test_a_witness_hears_why_a_handshake_is_refused_before_the_peer_does() -> None:
    witness, other = Witnessing(), Recording()
    with serving() as arena:
        arena.server.add_tap(lambda _address: witness)
        arena.server.add_tap(lambda _address: other)
        with pytest.raises(HandshakeError, match="404"):
            connect(arena.url("/nowhere"))
        assert [type(error) for error in witness.refusals] == [HandshakeError]
        wait_until(lambda: other.bytes_out.startswith(b"HTTP/1.1 404 "), "the answer was sent")
