"""Finds the texts in MessagePack and in JSON, so that a text can be blanked without changing the bytes around it.

In:  a whole encoded value. Out: for each text its path (indices and keys, starting at the outermost value) and where
     its bytes start and end. Keys of maps are no texts. Raises IndexError or ValueError for a value that is not whole.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, NamedTuple, Tuple

Path = Tuple[Any, ...]


class Span(NamedTuple):
    """A text: payload[start:end]."""

    path: Path
    start: int
    end: int


# MessagePack's first bytes, by type -> the number of bytes of the length; in _FIXED, the number of bytes that follow.
_STRINGS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARIES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_JSON_SYMBOL = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def msgpack_texts(data: bytes) -> list[Span]:
    """Returns the texts in a MessagePack value."""
    spans: list[Span] = []
    _walk(data, 0, (), spans)
    return spans


def _walk(data: bytes, at: int, path: Path, spans: list[Span]) -> int:
    """Adds the texts in the value at `at` to `spans`; returns where the value ends."""
    first = data[at]
    at += 1
    if 0xA0 <= first < 0xC0 or first in _STRINGS:
        at, length = _length(data, at, _STRINGS.get(first, 0), first & 0x1F)
        if at + length > len(data):
            raise IndexError("the text is not whole")
        spans.append(Span(path, at, at + length))
        return at + length
    if 0x90 <= first < 0xA0 or first in _ARRAYS:
        at, count = _length(data, at, _ARRAYS.get(first, 0), first & 0x0F)
        for i in range(count):
            at = _walk(data, at, (*path, i), spans)
        return at
    if 0x80 <= first < 0x90 or first in _MAPS:
        at, count = _length(data, at, _MAPS.get(first, 0), first & 0x0F)
        for _ in range(count):
            key: list[Span] = []
            key_at, at = at, _walk(data, at, (), key)
            name = data[key[0].start : key[0].end].decode("utf-8") if key else data[key_at:at]
            at = _walk(data, at, (*path, name), spans)
        return at
    if first in _BINARIES:
        at, length = _length(data, at, _BINARIES[first], 0)
        return at + length
    return at + _FIXED.get(first, 0)


def _length(data: bytes, at: int, size: int, otherwise: int) -> tuple[int, int]:
    """Returns where the content starts, and its length: from the next `size` bytes, or `otherwise` if size is 0."""
    return (at + size, int.from_bytes(data[at : at + size], "big")) if size else (at, otherwise)


def json_texts(data: bytes) -> list[Span]:
    """Returns the texts in a JSON value, without their quotation marks."""
    spans: list[Span] = []
    symbols = _JSON_SYMBOL.finditer(data)
    _walk_json(next(symbols, None), symbols, (), spans)
    return spans


def _walk_json(
    symbol: re.Match[bytes] | None, symbols: Iterator[re.Match[bytes]], path: Path, spans: list[Span]
) -> None:
    if symbol is None:
        raise ValueError("the JSON is not whole")
    if symbol[0] == b"[":
        _walk_json_items(symbols, path, spans)
    elif symbol[0] == b"{":
        _walk_json_members(symbols, path, spans)
    elif symbol[0].startswith(b'"'):
        spans.append(Span(path, symbol.start() + 1, symbol.end() - 1))


def _walk_json_items(symbols: Iterator[re.Match[bytes]], path: Path, spans: list[Span]) -> None:
    index = 0
    for symbol in symbols:
        if symbol[0] == b"]":
            return
        if symbol[0] == b",":
            index += 1
        else:
            _walk_json(symbol, symbols, (*path, index), spans)


def _walk_json_members(symbols: Iterator[re.Match[bytes]], path: Path, spans: list[Span]) -> None:
    key = ""
    for symbol in symbols:
        if symbol[0] == b"}":
            return
        if symbol[0] == b":":
            _walk_json(next(symbols, None), symbols, (*path, key), spans)
        elif symbol[0] != b",":
            key = str(json.loads(symbol[0]))  # it may be written with escapes
