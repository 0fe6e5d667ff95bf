"""What `python -m Net.dissect` is given to read: hex digits, a file or pipe, or standard input.

In:  the arguments. Out: the bytes that are meant.
Raises ValueError for what is neither hex digits nor a file, and for more than can be wanted; OSError from reading.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, Sequence

# Of a file, as it is. An endless one must not fill the memory.
MOST_BYTES = 32 * 1024 * 1024
_SEPARATORS = b" \t\r\n\v\f,:;"
_HEX_DIGITS = b"0123456789abcdefABCDEF"


def read_input(arguments: Sequence[str]) -> bytes:
    """Returns the bytes that are meant."""
    if list(arguments) in ([], ["-"]):
        return _from_content(read_bounded(sys.stdin.buffer) if sys.stdin is not None else b"")
    if len(arguments) == 1 and _can_be_read(arguments[0]):
        with open(arguments[0], "rb") as file:
            return _from_content(read_bounded(file))
    return parse_hex(" ".join(arguments))


def parse_hex(text: str) -> bytes:
    """Bytes from hex digits, with white space, commas, colons or 0x between them."""
    digits = _without_separators(" ".join(text.split()).encode("utf-8", "replace"))
    wrong = digits.translate(None, _HEX_DIGITS).decode("utf-8", "replace")
    if wrong:
        raise ValueError(f"{wrong[0]!r} in {text[:40]!r} is not a hex digit, and there is no file of that name")
    return _bytes_of(digits)


def _can_be_read(name: str) -> bool:
    """Whether there is a file or a pipe of this name. Hex digits may be too long for one: then there is none."""
    return os.path.exists(name) and not os.path.isdir(name)


def read_bounded(stream: BinaryIO) -> bytes:
    """Returns all that a stream holds; raises ValueError if that is too much."""
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"there may be {MOST_BYTES} bytes to read, and there are more")
    return content


def _from_content(content: bytes) -> bytes:
    """A file holds hex digits as text, or the bytes themselves."""
    digits = _without_separators(content)
    return content if digits.translate(None, _HEX_DIGITS) else _bytes_of(digits)


def _without_separators(text: bytes) -> bytes:
    return text.replace(b"0x", b"").replace(b"0X", b"").translate(None, _SEPARATORS)


def _bytes_of(digits: bytes) -> bytes:
    if not digits:
        raise ValueError("there are no bytes")
    if len(digits) % 2:
        raise ValueError(f"a byte has two hex digits, but there are {len(digits)} in all: an odd number")
    return bytes.fromhex(digits.decode("ascii"))
