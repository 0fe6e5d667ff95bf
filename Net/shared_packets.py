"""Joins packets from encoded arguments. Many clients get a similar packet, so the arguments are encoded only once.

A STATE is mostly lists of numbers, and two clients that look at the same place need the same numbers. So the server
encodes the numbers of each place once, as `Elements`, and joins the list of a client from these chunks. This works in
MessagePack and in JSON, because the elements of a list follow each other there. The join adds only the head of the
list (MessagePack), or the brackets and the commas (JSON).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Iterable, NamedTuple, Sequence, Tuple, Union

from Net.msgpack_codec import pack
from Net.PacketCodes import TO_CLIENT

Encoded = Union[str, bytes]  # JSON or MessagePack
PrefixAndSuffix = Tuple[Any, Any]  # prefix and suffix of an encoded packet, before and after one argument


class Elements(NamedTuple):
    """Some encoded elements of a list, without the list's head or brackets. length: the number of elements."""

    length: int
    data: Encoded


def encode_value(value: Any, as_text: bool) -> Encoded:
    """Encodes one argument."""
    return json.dumps(value, separators=(",", ":")) if as_text else pack(value)


@lru_cache(maxsize=1024)
def encode_count(value: int | None, as_text: bool) -> Encoded:
    """`encode_value` with a cache, for the few numbers that many clients get, or that one client gets often."""
    return encode_value(value, as_text)


def encode_elements(values: Sequence[int], as_text: bool) -> Elements:
    """Encodes some elements of a list."""
    encoded = encode_value(values, as_text)
    return Elements(len(values), encoded[1:-1] if as_text else encoded[len(_array_header(len(values))) :])


def join_list(chunks: Iterable[Elements], as_text: bool) -> Encoded:
    """Returns an encoded argument: the list of all elements of these chunks."""
    filled = [chunk for chunk in chunks if chunk.length]
    if as_text:
        return "[" + ",".join([str(chunk.data) for chunk in filled]) + "]"
    data: list[Any] = [chunk.data for chunk in filled]  # bytes, as as_text is False
    return b"".join([_array_header(sum([chunk.length for chunk in filled])), *data])


def join_packet(packet_id: str, args: Sequence[Any], as_text: bool) -> Encoded:
    """Returns the message of a packet to the client. args: all arguments of the packet, encoded; at least one."""
    head, tail = prefix_and_suffix(packet_id, (), args[1:], as_text)
    message: Encoded = head + args[0] + tail
    return message


def prefix_and_suffix(packet_id: str, before: Sequence[Any], after: Sequence[Any], as_text: bool) -> PrefixAndSuffix:
    """Returns the prefix and the suffix of a packet's message: the text or bytes before and after one argument.

    before, after: the arguments before and after that argument, encoded.
    """
    if as_text:
        head, tail = "".join([f"{arg}," for arg in before]), "".join([f",{arg}" for arg in after])
        return f'["{packet_id}",[{head}', f"{tail}]]"
    return b"".join([_packet_header(packet_id, len(before) + 1 + len(after)), *before]), b"".join(after)


@lru_cache(maxsize=None)  # one entry for each packet and number of arguments
def _packet_header(packet_id: str, count: int) -> bytes:
    return b"\x92" + pack(TO_CLIENT.code_of(packet_id)) + _array_header(count)


def _array_header(count: int) -> bytes:
    """Returns the head of a MessagePack array with `count` elements: fixarray, array 16 or array 32."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 2**16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
