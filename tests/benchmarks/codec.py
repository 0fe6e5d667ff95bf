"""The cost of single steps of the wire, in this process: frames read and made, packets decoded and encoded, masks.

Each step is repeated for a while, several times over. The median and the range of its times are shown.
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from typing import Any, Callable
from unittest import mock

from Net import frames
from Net.frames import BINARY, FrameReader, apply_mask, serialize
from Net.limits import Limits
from Net.messages import MessageReader
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from tests.benchmarks.report import print_table, write_json

KEY = bytes.fromhex("37fa213d")
MOVE = bytes(TO_SERVER.encode(Packet("MOVE", (3, 70_000))))
MOVE_AS_TEXT = TO_SERVER.encode(Packet("MOVE", (3, 70_000)), as_text=True)
MOVE_FRAME = serialize(BINARY, MOVE, mask_key=KEY)
MOVE_FRAMES = 100 * MOVE_FRAME
# A STATE of 21 players who walk, as a room of the arena sends it.
STATE = Packet("STATE", (70_000, 70_000, [n for i in range(21) for n in (300 + i, 0, 7000 + i, 8000, 0, 100, 0)], []))
STATE_PAYLOAD = bytes(TO_CLIENT.encode(STATE))
STATE_FRAME = serialize(BINARY, STATE_PAYLOAD)
MASKED_SIZES = (16, 1024, 4096, 65536)


def steps() -> dict[str, tuple[Callable[[], Any], int]]:
    """Name -> a function that does the step, and the number of frames (or packets) in it."""
    messages = MessageReader(Limits(), masked=True)
    reader, client_reader = FrameReader(masked=True), FrameReader(masked=False)
    return {
        "read a MOVE's frame": (lambda: list(reader.feed(MOVE_FRAME)), 1),
        "read 100 MOVEs' frames at once": (lambda: list(reader.feed(MOVE_FRAMES)), 100),
        "read a STATE's frame": (lambda: list(client_reader.feed(STATE_FRAME)), 1),
        "read a MOVE's message": (lambda: list(messages.feed(MOVE_FRAME)), 1),
        "make a STATE's frame": (lambda: serialize(BINARY, STATE_PAYLOAD), 1),
        "make a MOVE's frame, masked": (lambda: serialize(BINARY, MOVE, mask_key=KEY), 1),
        "decode a MOVE of MessagePack": (lambda: TO_SERVER.decode(MOVE), 1),
        "decode a MOVE of JSON": (lambda: TO_SERVER.decode(MOVE_AS_TEXT), 1),
        "encode a STATE as MessagePack": (lambda: TO_CLIENT.encode(STATE), 1),
        "encode a STATE as JSON": (lambda: TO_CLIENT.encode(STATE, as_text=True), 1),
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=0.1, metavar="S", help="of each repeat of each step (0.1)")
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="times over (7)")


def run(args: argparse.Namespace) -> None:
    rows = [measure(name, *step, args.seconds, args.repeat) for name, step in steps().items()]
    for size in MASKED_SIZES:
        rows += [measure_mask(size, with_tables, args.seconds, args.repeat) for with_tables in (False, True)]
    print_table(rows)
    print(f"written to {write_json('codec', rows)}")


def measure(name: str, step: Callable[[], Any], frames_in_it: int, seconds: float, repeat: int) -> dict[str, Any]:
    """The row of a step; times in microseconds, for each frame."""
    timer = timeit.Timer(step)
    calls = 1
    while timer.timeit(calls) < seconds / 2:
        calls *= 2
    times_us = [1e6 * seconds_taken / calls / frames_in_it for seconds_taken in timer.repeat(repeat, calls)]
    median_us = statistics.median(times_us)
    return {
        "step": name,
        "median us": median_us,
        "least us": min(times_us),
        "most us": max(times_us),
        "thousand a second": 1e3 / median_us,
    }


def measure_mask(size: int, with_tables: bool, seconds: float, repeat: int) -> dict[str, Any]:
    """The row of `apply_mask` on `size` bytes, by one of its two methods: the rows show which one is faster where."""
    payload = bytes(size)
    name = f"mask {size} bytes {'by tables' if with_tables else 'in one XOR'}"
    with mock.patch.object(frames, "_TRANSLATE_FROM_BYTES", size if with_tables else size + 1):
        return measure(name, lambda: apply_mask(payload, KEY), 1, seconds, repeat)
