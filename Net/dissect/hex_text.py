r"""Reads hex digits as people write and paste them, and refuses text that has more than one meaning.

In:  text: `81 85 37`, `8185`, `81:85`, `81-85`, `0x81, 0x85`, `\x81\x85`, `b"\x81..."` as Python prints bytes, and hex
     dumps with offsets: xxd, od -t x1, hexdump -C, tcpdump, Wireshark. Out: the bytes.
Raises ValueError with a sentence for text that is not hex, and for text that can be read in two ways.

An offset must fit the number of bytes before it, in hexadecimal, octal or decimal. A column of text must show the bytes
beside it. So words in the byte order of a machine (od -x, xxd -e) are not mistaken for bytes.
gameserver/web/classroom/hextext.js does the same for the lab's page; one table of cases tests both.
"""

from __future__ import annotations

import itertools
import re
from typing import Iterator, NoReturn, Tuple

# The readers below take many times the memory of their text.
MOST_CHARACTERS = 2**21
_BASES = (16, 8, 10)  # the number bases of offsets
MOST_IN_A_LINE = 256  # the most bytes in a dump of one line
Line = Tuple[str, str]  # an offset, and the rest of the line

_QUOTED = re.compile(r"""b(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')""")
_ESCAPE = re.compile(r"""\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([abfnrtv\\'"]))|([\x20-\x5b\x5d-\x7e])""")
_NAMED = dict(zip("abfnrtv\\'\"", b"\a\b\f\n\r\t\v\\'\""))
_ESCAPED_ONLY = re.compile(r"""(?:\\x[0-9a-fA-F]{2}|[\s"',;]|\\\n)+""")
_BRACKETS = re.compile(r"\[(.*)\]|\{(.*)\}", re.DOTALL)
_GROUP = re.compile(
    r"(?:0x[0-9a-fA-F]{2})+|0x[0-9a-fA-F]+|[0-9a-fA-F]+|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+|[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2})+"
)
_WITH_COLON = re.compile(r"\s*(?:0x)?([0-9a-fA-F]{4,16}):(?:\s+(.*))?")
_WITHOUT_COLON = re.compile(r"\s*([0-9a-fA-F]{4,16})(?:\s+(.*))?")
# No program writes an offset of four digits with one space after it: the four digits may be two bytes instead.
_ZEROS = re.compile(r"\s*0000 \S")
_SHORT = re.compile(r"\s*([0-9a-fA-F]{2,3})\s+(.*)")
_BYTES_OF_A_LINE = re.compile(r"\s*(?:0x)?([0-9a-fA-F]+)(?=\s|$)")
_TWO_WAYS = "this can be read in two ways: write the bytes as pairs of hex digits, without offsets"


def parse_hex_text(text: str) -> bytes:
    """Returns the bytes that a text means."""
    text = re.sub(r"\r\n?", "\n", text).lstrip("\ufeff")
    pairs = _pairs(text)
    if pairs:
        return pairs
    if len(text) > MOST_CHARACTERS:
        raise ValueError(
            f"a text may have {MOST_CHARACTERS} characters, unless it is pairs of digits with one space between"
        )
    for reader in (_python_bytes, _escapes, _dump):
        data = reader(text)
        if data is not None:
            return data
    return _groups(text)


def _pairs(text: str) -> bytes:
    """Reads pairs of digits with one space between, as in most long files; returns no bytes for another text."""
    text = text.rstrip(" \n")
    spaces = text[2::3]
    if spaces.strip(" ") or text.count(" ") != len(spaces):
        return b""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return b""
    return data if 3 * len(data) - 1 == len(text) else b""


def _python_bytes(text: str) -> bytes | None:
    """Reads b"..." as Python prints it; returns None for another text."""
    found = _QUOTED.fullmatch(text.strip())
    if not found:
        return None
    inner = found.group(1) if found.group(1) is not None else found.group(2)
    data = bytearray()
    at = 0
    while at < len(inner):
        part = _ESCAPE.match(inner, at)
        if not part or (part.group(2) and int(part.group(2), 8) > 0xFF):
            raise ValueError(f"{inner[at : at + 4]!r} is no escape or character of Python's bytes")
        hexadecimal, octal, name, char = part.groups()
        data.append(
            int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else _NAMED[name] if name else ord(char)
        )
        at = part.end()
    return bytes(data) or _no_bytes()


def _escapes(text: str) -> bytes | None:
    r"""Reads \x81\x85, in quotation marks or not; a backslash at the end of a line continues it on the next line.

    Returns None for another text.
    """
    if "\\x" not in text or not _ESCAPED_ONLY.fullmatch(text):
        return None
    return bytes(int(digits, 16) for digits in re.findall(r"\\x(..)", text))


# Groups of digits ---------------------------------------------------------------------------------------------


def _groups(text: str) -> bytes:
    """Reads pairs of digits and longer groups, with white space, commas, semicolons, colons or hyphens between."""
    bracketed = _BRACKETS.fullmatch(text.strip())
    inner = text if not bracketed else bracketed.group(1) or bracketed.group(2) or ""
    groups = [group for group in re.split(r"[\s,;]+", inner) if group not in ("", "0x", "0X")]
    groups = [group.replace("0X", "0x") for group in groups] or [_no_bytes()]
    _check_digits(groups, text)
    if bracketed and not all(group.startswith("0x") for group in groups):
        raise ValueError("a list may hold decimal numbers: write 0x in front of each byte, or leave the brackets out")
    digits = [re.sub("0x|[:-]", "", group) for group in groups]
    for group in digits:
        if len(group) % 2:
            raise ValueError(f"a byte has two hex digits, but {group[:20]!r} has {len(group)}: an odd number")
    _check_one_reading(text, groups, [len(group) for group in digits])
    return bytes.fromhex("".join(digits)) or _no_bytes()


def _check_digits(groups: list[str], text: str) -> None:
    for group in groups:
        if not _GROUP.fullmatch(group):
            wrong = re.sub("0x|[0-9a-fA-F]", "", group) or group
            raise ValueError(f"{wrong[0]!r} in {text[:40]!r} is not a hex digit")


def _check_one_reading(text: str, groups: list[str], lengths: list[int]) -> None:
    """Raises ValueError for numbers of several bytes, for offsets without a colon, and for binary digits."""
    is_words = len(set(lengths)) == 1 and lengths[0] > 2
    is_indented = re.match("[ \\t]", text) and (len(groups) > 1 or lengths[0] in (4, 8, 16))
    if is_words and (is_indented or (len(groups) > 1 and groups[0].startswith("0x"))):
        raise ValueError("a number of several bytes can be stored in two orders: write single bytes")
    if len(groups) < 2:
        return
    if all(re.fullmatch("[01]{8}", group) for group in groups):
        raise ValueError("these look like binary digits: write hex digits")
    first_is_longer = lengths[0] > 2 and set(lengths[1:]) == {2}
    is_zero = not groups[0].strip("0")
    if first_is_longer or (is_zero and (lengths[0] > 2 or re.match(r"\s*0+(\s\s|\t)", text))):
        raise ValueError(_TWO_WAYS)


def _no_bytes() -> NoReturn:
    raise ValueError("there are no bytes")


# Dumps --------------------------------------------------------------------------------------------------------


def _dump(text: str) -> bytes | None:
    """Reads a hex dump; returns None if the text is not a hex dump."""
    written = [line for line in text.split("\n") if line.strip()]
    for pattern, widths in ((_WITH_COLON, ()), (_WITHOUT_COLON, (2,))):
        found = [pattern.fullmatch(line) for line in written]
        lines = [(match.group(1), match.group(2) or "") for match in found if match]
        if lines and len(lines) == len(written) and (pattern is _WITH_COLON or _has_offsets(lines)):
            if len(lines) == 1 and _ZEROS.match(written[0]):
                raise ValueError(_TWO_WAYS)
            readings = {data for base in _BASES for data in _read_lines(lines, base, widths)}
            if len(readings) > 1:
                raise ValueError(_TWO_WAYS)
            if not readings:
                raise ValueError(
                    "the offsets or the text of this hex dump do not fit its bytes: use xxd, or od -v -t x1"
                )
            return readings.pop() or _no_bytes()
    if len(written) > 1 and _has_short_offsets(written[:2]):
        raise ValueError(_TWO_WAYS)
    if "*" in (line.strip() for line in written):
        raise ValueError("this hex dump leaves equal lines out: make it with od -v or hexdump -v")
    return None


def _has_short_offsets(written: list[str]) -> bool:
    """Returns whether the first groups of two lines look like offsets of two or three digits."""
    found = [_SHORT.fullmatch(line) for line in written]
    lines = [(match.group(1), match.group(2)) for match in found if match]
    return len(lines) == 2 and not lines[0][0].strip("0") and any(any(_read_lines(lines, base, ())) for base in _BASES)


def _has_offsets(lines: list[Line]) -> bool:
    """Returns whether the first groups are offsets: the first is zero, or they grow by the bytes of each line."""
    first = lines[0][0]
    if not first.strip("0"):
        return bool(lines[0][1])
    return len(lines) > 1 and any(any(_read_lines(lines, base, (2,))) for base in _BASES)


def _read_lines(lines: list[Line], base: int, widths: tuple[int, ...]) -> Iterator[bytes]:
    """Yields all readings of a dump with offsets in this base: with and without a column, in both byte orders."""
    try:
        offsets = [int(offset, base) for offset, _ in lines]
    except ValueError:
        return
    sizes = [after - before for before, after in zip(offsets, offsets[1:])]
    if any(size <= 0 for size in sizes):
        return
    for has_column, is_swapped in itertools.product((False, True), repeat=2):
        data = _whole_lines(lines, sizes, widths, has_column, is_swapped)
        if data is None:
            continue
        last = lines[-1][1]
        if not last.strip() and sizes:  # the offset of the end
            yield data
        most = max(sizes) if sizes else MOST_IN_A_LINE
        for size, read in _starts(last, widths):
            end = _bytes_in(last[:read], is_swapped)
            if size <= most and _is_rest(last[read:], end, has_column):
                yield data + end


def _whole_lines(
    lines: list[Line], sizes: list[int], widths: tuple[int, ...], has_column: bool, is_swapped: bool
) -> bytes | None:
    data = bytearray()
    for (_, rest), size in zip(lines, sizes):
        end = dict(_starts(rest, widths)).get(size)
        line = b"" if end is None else _bytes_in(rest[:end], is_swapped)
        if end is None or not _is_rest(rest[end:], line, has_column):
            return None
        data += line
    return bytes(data)


def _starts(rest: str, widths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Returns, for the first 1, 2, 3 ... groups of a line, how many bytes they are and where in the line they end."""
    starts: list[tuple[int, int]] = []
    at = size = 0
    while True:
        group = _BYTES_OF_A_LINE.match(rest, at)
        digits = group.group(1) if group else ""
        if not group or len(digits) % 2 or (widths and len(digits) not in widths):
            return starts
        at, size = group.end(), size + len(digits) // 2
        starts.append((size, at))


def _bytes_in(groups: str, is_swapped: bool) -> bytes:
    """Returns the bytes of groups of digits. is_swapped: groups of at least four bytes are little-endian words."""
    words = [bytes.fromhex(group) for group in groups.replace("0x", "").split()]
    return b"".join(word[::-1] if is_swapped and len(word) >= 4 else word for word in words)


def _is_rest(rest: str, data: bytes, has_column: bool) -> bool:
    """Returns whether `rest` is a valid end of a line: empty, or a column that shows the bytes as text."""
    if not has_column:
        return not rest.strip()
    column = rest.strip()
    if column[:1] + column[-1:] in ("||", "><") and len(column) == len(data) + 2:
        return _shows(column[1:-1], data)
    return _shows(column, data.strip(b" "))


def _shows(column: str, data: bytes) -> bool:
    """Returns whether a column shows these bytes: printable ones as they are, any character for the others."""
    pairs = zip(column, data)
    return len(column) == len(data) and all(char == chr(byte) or not 0x20 <= byte < 0x7F for char, byte in pairs)
