"""`python -m Net.dissect`: bytes from the command line, a file or standard input, drawn and explained.

Bytes that start with "GET " or "HTTP/" are taken for an opening handshake with frames behind it, others for frames.
Exit status: 0, or 1 if a rule is broken or the last frame is not whole, or 2 if the input can not be read.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Callable, Sequence

from Net.anatomy import Handshake
from Net.conversation import Record
from Net.deflate import Parameters
from Net.dissect import Dissector
from Net.errors import HandshakeError
from Net.explain import FORMS, count_bytes
from Net.frames import MASK
from Net.handshake import find_end_of_head
from Net.limits import Limits
from Net.opening import dissect_handshake
from Net.plain import as_plain

EXIT_BROKEN = 1
_PATIENT = Limits(message_bytes=2**24, fragments=2**16)  # a file may hold more than the game would take
_SEPARATORS = re.compile(r"0x|[\s,:;]+", re.IGNORECASE)
_NOT_HEX = re.compile(r"[^0-9a-fA-F]")
_HEX_TEXT = re.compile(rb"(?:0x|[0-9a-fA-F\s,:;])+", re.IGNORECASE)
_FORMS: dict[str, Callable[[Record], str]] = {
    **FORMS,
    "json": lambda record: json.dumps(as_plain(record)),
}


def make_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m Net.dissect",
        description="Draws WebSocket frames in the layout of RFC 6455 section 5.2, and says what every bit means.",
        epilog="Exit status: 0; 1: a rule is broken, or the last frame is not whole; 2: the input can not be read.",
    )
    parser.add_argument("bytes", nargs="*", help="hex digits (81 05 ...), or a file; nothing or -: standard input")
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--client", action="store_true", help="a client has sent them: each frame must be masked")
    side.add_argument("--server", action="store_true", help="a server has; without either, the first mask bit decides")
    parser.add_argument("--compressed", action="store_true", help="permessage-deflate was agreed on (RFC 7692)")
    parser.add_argument("--as", dest="form", choices=_FORMS, default="full", help="how to print (default: full)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = make_parser()
    args = parser.parse_args(arguments)
    try:
        data = read_input(args.bytes)
    except (ValueError, OSError) as error:
        parser.error(str(error))  # exits with 2
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that has not every letter
    show = _FORMS[args.form]
    is_broken = False
    handshake = _handshake_in(data)
    if handshake is not None:
        print(show(handshake))
        is_broken = handshake.violation is not None
        data = data[handshake.size :]
    dissector = make_dissector(args, data, handshake)
    for frame in [*dissector.feed(data), *filter(None, [dissector.unfinished()])]:
        print(show(frame))
        is_broken = is_broken or frame.violation is not None or frame.missing > 0
    if dissector.discarded:
        print(f"ignored behind the end: {count_bytes(dissector.discarded)} (RFC 6455 section 1.4)", file=sys.stderr)
    return EXIT_BROKEN if is_broken else 0


def make_dissector(args: argparse.Namespace, frames: bytes, handshake: Handshake | None) -> Dissector:
    """Who has sent the frames is told by a flag, or by the handshake before them, or else by the first mask bit."""
    is_masked = len(frames) > 1 and bool(frames[1] & MASK)
    from_client = args.client or (not args.server and (handshake.from_client if handshake else is_masked))
    return Dissector(from_client, _PATIENT, Parameters() if args.compressed else None)


def read_input(arguments: Sequence[str]) -> bytes:
    """Returns the bytes that are meant; raises ValueError for what is neither hex digits nor a file, and OSError."""
    if list(arguments) in ([], ["-"]):
        return _from_content(sys.stdin.buffer.read())
    if len(arguments) == 1 and Path(arguments[0]).is_file():
        return _from_content(Path(arguments[0]).read_bytes())
    return parse_hex(" ".join(arguments))


def parse_hex(text: str) -> bytes:
    """Bytes from hex digits, with white space, commas, colons or 0x between them."""
    digits = _SEPARATORS.sub("", text)
    wrong = _NOT_HEX.search(digits)
    if wrong:
        raise ValueError(f"{wrong.group()!r} in {text[:40]!r} is not a hex digit, and there is no file of that name")
    if not digits:
        raise ValueError("there are no bytes")
    if len(digits) % 2:
        raise ValueError(f"a byte has two hex digits, but there are {len(digits)} in all: an odd number")
    return bytes.fromhex(digits)


def _from_content(content: bytes) -> bytes:
    """A file holds hex digits as text, or the bytes themselves."""
    return parse_hex(content.decode("ascii")) if _HEX_TEXT.fullmatch(content) or not content else content


def _handshake_in(data: bytes) -> Handshake | None:
    """The opening handshake that the bytes start with, if they do."""
    if not data.startswith((b"GET ", b"HTTP/")):
        return None
    try:
        end = find_end_of_head(data, _PATIENT)
    except HandshakeError:
        end = -1
    return dissect_handshake(data if end < 0 else data[:end])
