"""Tests of wire formats: all clients with the same wire format share one frame."""

from __future__ import annotations

import random
import zlib

import pytest

from Net.deflate import Parameters
from Net.frames import OPCODE_BINARY, OPCODE_TEXT, RSV1
from Net.limits import Limits
from Net.websocket import WebSocket
from Net.wire_format import WireFormat
from tests.Net.support import DEADLINE_S, parse_all, tcp_pair
from tests.Net.test_deflate import strictly_inflated

LONG = "what everybody is told, " * 10


@pytest.mark.parametrize("window_bits", [0, 8, 9, 15])
@pytest.mark.parametrize(
    ("message", "opcode"), [(LONG, OPCODE_TEXT), (LONG.encode(), OPCODE_BINARY)], ids=["text", "binary"]
)
def test_a_message_becomes_one_unmasked_frame_compressed_if_the_format_says_so(
    message: str | bytes, opcode: int, window_bits: int
) -> None:
    (frame,) = parse_all(WireFormat(as_text=opcode == OPCODE_TEXT, window_bits=window_bits).frame(message))
    assert (frame.fin, frame.opcode, frame.mask_key) == (True, opcode, b"")
    assert frame.rsv == (RSV1 if window_bits else 0)
    assert (frame.payload == LONG.encode()) == (window_bits == 0)
    if window_bits > 8:
        assert len(frame.payload) < len(LONG) / 3


@pytest.mark.parametrize("window_bits", [8, 9, 12])
def test_a_frame_can_be_inflated_with_the_window_of_its_format(window_bits: int) -> None:
    message = 2 * random.Random(0).getrandbits(8 * 8000).to_bytes(8000, "big")  # compressible only 8,000 bytes back
    (frame,) = parse_all(WireFormat(window_bits=window_bits).frame(message))
    assert strictly_inflated(zlib.decompressobj(-window_bits), frame.payload) == message


def test_a_message_too_short_to_gain_anything_is_left_as_it_is() -> None:
    (frame,) = parse_all(WireFormat(window_bits=15).frame(b"short"))
    assert (frame.rsv, frame.payload) == (0, b"short")


@pytest.mark.parametrize("window_bits", [8, 9, 12, 15])
def test_one_frame_is_good_for_all_clients_of_its_format_whatever_they_got_before(window_bits: int) -> None:
    alone = Parameters(server_no_context_takeover=True, server_max_window_bits=window_bits)
    frame = WireFormat(window_bits=window_bits).frame(LONG.encode())
    for earlier in (0, 1, 5):
        near, far = tcp_pair()
        with near, far:
            server, client = (
                WebSocket(near, Limits(), parameters=alone),
                WebSocket(far, Limits(), True, parameters=alone),
            )
            assert server.shared_window_bits() == window_bits
            for number in range(earlier):
                server.send(f"{number} of the things that only this client gets")
            server.post_frame(frame)
            received = [client.receive(DEADLINE_S) for _ in range(earlier + 1)]
            assert received[-1] == LONG.encode()


@pytest.mark.parametrize("parameters", [None, Parameters(), Parameters(client_no_context_takeover=True)])
def test_a_connection_with_context_of_its_own_or_none_shares_uncompressed_frames(parameters: Parameters | None) -> None:
    near, far = tcp_pair()
    with near, far:
        assert WebSocket(near, Limits(), parameters=parameters).shared_window_bits() == 0


def test_equal_formats_are_one_key() -> None:
    assert len({WireFormat(True, 15), WireFormat(as_text=True, window_bits=15), WireFormat(True, 0), WireFormat()}) == 3
