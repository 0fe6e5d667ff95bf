"""Packets joined from parts that were encoded once, for packets that many clients get in slightly different cuts.

A STATE is mostly lists of numbers, and two clients that look at the same place need the same numbers. So each place's
numbers are encoded once, as a `Part`, and a client's packet is the join of its parts: in MessagePack and in JSON alike
the elements of a list simply follow each other, and only the list's head and commas must be added.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Sequence

import msgpack

from Net.PacketCodes import TO_CLIENT


class Part(NamedTuple):
    """So many (`length`) elements of a list, without the list round them: bytes of MessagePack, or text of JSON."""

    length: int
    data: str | bytes


def encode_part(values: list[int], as_text: bool) -> Part:
    """Encodes some elements of a list."""
    if as_text:
        return Part(len(values), json.dumps(values, separators=(",", ":"))[1:-1])
    encoded: bytes = msgpack.packb(values)
    return Part(len(values), encoded[len(_array_header(len(values))) :])


def join_parts(packet_id: str, args: Sequence[Any], lists: Sequence[Sequence[Part]], as_text: bool) -> str | bytes:
    """Returns the message of a packet to the client whose last arguments are lists, given as parts.

    args: the arguments before them.
    """
    if as_text:
        written = [json.dumps(arg) for arg in args]
        written += ["[" + ",".join(str(part.data) for part in parts if part.length) + "]" for parts in lists]
        return f'["{packet_id}",[{",".join(written)}]]'
    packed: list[bytes] = [
        b"\x92",
        msgpack.packb(TO_CLIENT.code_of(packet_id)),
        _array_header(len(args) + len(lists)),
    ]
    packed += map(msgpack.packb, args)
    for parts in lists:
        packed.append(_array_header(sum(part.length for part in parts)))
        packed += [part.data for part in parts]  # type: ignore[misc]  # bytes, as as_text is False
    return b"".join(packed)


def _array_header(count: int) -> bytes:
    """The head of a MessagePack array of so many elements: fixarray, array 16 or array 32."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 2**16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
