"""Checks of the dissection: any input can be drawn, explained and written as JSON, and the output is harmless."""

from __future__ import annotations

import json

from Net.deflate import Parameters
from Net.dissect.dissector import Dissector
from Net.dissect.explain import explain, summarize
from Net.dissect.opening import dissect_handshake
from Net.dissect.plain import as_plain
from Net.dissect.records import Frame, Handshake
from Net.frames import BINARY
from Net.text.characters import is_plain
from tests.Net.support import client_frame, frame_bytes


def check_dissected_frames(data: bytes) -> None:
    """Dissects the input as frames of either side, compressed or not."""
    for from_client in (True, False):
        for parameters in (None, Parameters()):
            dissector = Dissector(from_client, parameters=parameters)
            for frame in dissector.feed(data):
                _check_words(frame)
            unfinished = dissector.unfinished()
            if unfinished is not None:
                _check_words(unfinished)


def check_dissected_packet(data: bytes) -> None:
    """As the payload of a message of either side."""
    for wire, from_client in ((client_frame(BINARY, data), True), (frame_bytes(BINARY, data), False)):
        for frame in Dissector(from_client).feed(wire):
            _check_words(frame)


def check_dissected_handshake(data: bytes) -> None:
    """Dissects the input as a request or a response."""
    _check_words(dissect_handshake(data, "dGhlIHNhbXBsZSBub25jZQ=="))


def _check_words(record: Frame | Handshake) -> None:
    for text in (explain(record), summarize(record)):
        strange = {ascii(line) for line in text.split("\n") if not is_plain(line)}
        assert not strange, f"{strange} would reach the terminal"
    json.dumps(as_plain(record), allow_nan=False)
