"""Reads the input of `python -m Net.dissect`: hex digits, a file or pipe, or standard input.

In:  the arguments. Out: the bytes to dissect.
Raises ValueError for arguments that are neither hex digits nor a file, and for more than MOST_BYTES of input; OSError
if reading fails.

A file or pipe with text holds hex digits (`Net.dissect.hex_text`) or an HTTP request or response. Any other file holds
the bytes themselves.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import BinaryIO, Sequence

from Net.dissect.hex_text import parse_hex_text
from Net.dissect.opening import is_opening

# The largest input from a file, in bytes. An endless file must not fill the memory.
MOST_BYTES = 32 * 1024 * 1024
# The marks at the start of a text, and its encoding. UTF-32 begins like UTF-16, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# UTF-16 without a mark: every other byte is zero, and the rest is ASCII.
_WIDE = {"utf-16-le": re.compile(b"(?:[\t\n\r\x20-\x7e]\0)+"), "utf-16-be": re.compile(b"(?:\0[\t\n\r\x20-\x7e])+")}


def read_input(arguments: Sequence[str]) -> bytes:
    """Returns the bytes to dissect."""
    if list(arguments) in ([], ["-"]):
        return _from_content(read_bounded(sys.stdin.buffer) if sys.stdin is not None else b"")
    if len(arguments) == 1 and _can_be_read(arguments[0]):
        with open(arguments[0], "rb") as file:
            return _from_content(read_bounded(file))
    return parse_hex(" ".join(arguments))


def parse_hex(text: str) -> bytes:
    """Returns the bytes of hex digits on the command line, in any notation that `Net.dissect.hex_text` reads."""
    try:
        return parse_hex_text(text)
    except ValueError as error:
        no_file = ", and there is no file of that name" if "is not a hex digit" in str(error) else ""
        raise ValueError(f"{error}{no_file}") from None


def _can_be_read(name: str) -> bool:
    """Returns whether there is a file or a pipe with this name. Hex digits too long for a file name are no file."""
    return os.path.exists(name) and not os.path.isdir(name)


def read_bounded(stream: BinaryIO) -> bytes:
    """Returns all bytes of a stream; raises ValueError if there are more than MOST_BYTES."""
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"there may be {MOST_BYTES} bytes to read, and there are more")
    return content


def _from_content(content: bytes) -> bytes:
    """Returns the bytes that a file holds, or the bytes that its hex digits mean."""
    if is_opening(content):
        return content
    text = _text_in(content)
    return content if text is None else parse_hex_text(text)


def _text_in(content: bytes) -> str | None:
    """Returns the text in a file, None if it is not text. No text begins with a byte that can begin a frame."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    for encoding, pattern in _WIDE.items():
        if pattern.fullmatch(content):
            return _decoded(content, encoding)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"this begins like a text in {encoding}, and is none") from None
