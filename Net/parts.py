"""Packets joined from arguments that were encoded once, for packets that many clients get in slightly different cuts.

A STATE is mostly lists of numbers, and two clients that look at the same place need the same numbers. So each place's
numbers are encoded once, as a `Part`, and a client's list is the join of its parts: in MessagePack and in JSON alike
the elements of a list simply follow each other, and only the list's head and commas must be added.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Iterable, NamedTuple, Sequence, Tuple, Union

from Net.PacketCodes import TO_CLIENT
from Net.packing import pack

Encoded = Union[str, bytes]  # JSON or MessagePack
Halves = Tuple[Any, Any]  # of an encoded packet: what goes in front of an argument, and behind it


class Part(NamedTuple):
    """So many (`length`) elements of a list, without the list round them."""

    length: int
    data: Encoded


def encode_value(value: Any, as_text: bool) -> Encoded:
    """Encodes one argument."""
    return json.dumps(value, separators=(",", ":")) if as_text else pack(value)


@lru_cache(maxsize=1024)
def encode_count(value: int | None, as_text: bool) -> Encoded:
    """`encode_value` for numbers of which the same few are told to many, or again and again."""
    return encode_value(value, as_text)


def encode_part(values: Sequence[int], as_text: bool) -> Part:
    """Encodes some elements of a list."""
    encoded = encode_value(values, as_text)
    return Part(len(values), encoded[1:-1] if as_text else encoded[len(_array_header(len(values))) :])


def join_list(parts: Iterable[Part], as_text: bool) -> Encoded:
    """Returns the argument that is the list of all these elements."""
    filled = [part for part in parts if part.length]
    if as_text:
        return "[" + ",".join([str(part.data) for part in filled]) + "]"
    data: list[Any] = [part.data for part in filled]  # bytes, as as_text is False
    return b"".join([_array_header(sum([part.length for part in filled])), *data])


def join_packet(packet_id: str, args: Sequence[Any], as_text: bool) -> Encoded:
    """Returns the message of a packet to the client; args: all its arguments, at least one, encoded."""
    head, tail = packet_halves(packet_id, (), args[1:], as_text)
    message: Encoded = head + args[0] + tail
    return message


def packet_halves(packet_id: str, before: Sequence[Any], after: Sequence[Any], as_text: bool) -> Halves:
    """The message of a packet that lacks one argument, cut where that belongs; before, after: the others, encoded."""
    if as_text:
        head, tail = "".join([f"{arg}," for arg in before]), "".join([f",{arg}" for arg in after])
        return f'["{packet_id}",[{head}', f"{tail}]]"
    return b"".join([_packet_header(packet_id, len(before) + 1 + len(after)), *before]), b"".join(after)


@lru_cache(maxsize=None)  # as many as there are packets
def _packet_header(packet_id: str, count: int) -> bytes:
    return b"\x92" + pack(TO_CLIENT.code_of(packet_id)) + _array_header(count)


def _array_header(count: int) -> bytes:
    """The head of a MessagePack array of so many elements: fixarray, array 16 or array 32."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 2**16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
