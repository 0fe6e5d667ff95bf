"""`python -m Net.dissect`: draws and explains bytes from the command line, a file or standard input.

Bytes that start like an HTTP request or response are an opening handshake. A response may follow its request. Frames
follow if the handshake opens a WebSocket. All other bytes are frames of one direction.
Exit status: 0, or 1 if a rule is broken or something is not whole, or 2 if the input cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Callable, Iterator, NamedTuple, Sequence

from Net.deflate import Parameters
from Net.dissect.conversation import FROM_SERVER, Record, dissect_answer, parameters_of
from Net.dissect.dissector import Dissector
from Net.dissect.explain import FORMS
from Net.dissect.opening import RESPONSE_START, dissect_handshake, end_of_half, is_opening
from Net.dissect.plain import as_plain
from Net.dissect.records import Handshake
from Net.dissect.typed_input import read_input
from Net.dissect.wording import count_bytes
from Net.frames import MASK
from Net.handshake import is_interim
from Net.limits import Limits
from Net.text.command_line import ArgumentParser, whole_number

EXIT_BROKEN = 1
_USUAL = Limits()
_FORMS: dict[str, Callable[[Record], str]] = {
    **FORMS,
    "json": lambda record: json.dumps(as_plain(record)),
}


class Opening(NamedTuple):
    """The handshake at the start of the bytes. halves: its request and responses, if present. rest: the bytes after."""

    halves: list[Handshake]
    rest: bytes

    @property
    def opens(self) -> bool:
        """Whether frames follow the handshake."""
        if self.halves and is_interim(self.halves[-1].wire):
            return False
        return all(half.is_upgrade for half in self.halves if not is_interim(half.wire))


def make_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = ArgumentParser(
        prog="python -m Net.dissect",
        description="Draws WebSocket frames in the layout of RFC 6455 section 5.2, and says what every bit means.",
        epilog="Exit status: 0; 1: a rule is broken, or something is not whole; 2: the input cannot be read.",
    )
    add = parser.add_argument
    add("bytes", nargs="*", help="hex digits (81 05 ...), or a file; nothing or -: standard input")
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--client", action="store_true", help="a client has sent them: each frame must be masked")
    side.add_argument("--server", action="store_true", help="a server has; without either, the first mask bit decides")
    add("--compressed", action="store_true", help="permessage-deflate was agreed on (RFC 7692)")
    add(
        "--max-message",
        type=whole_number,
        metavar="BYTES",
        help=_limit_help("longest message accepted", "message_bytes"),
    )
    add("--max-fragments", type=whole_number, metavar="N", help=_limit_help("most frames of a message", "fragments"))
    add("--as", dest="form", choices=_FORMS, default="full", help="how to print (default: full)")
    return parser


def _limit_help(meaning: str, name: str) -> str:
    ours, theirs = getattr(_USUAL, name), getattr(FROM_SERVER, name)
    return f"{meaning} (default: {ours}, as the game server has it; {theirs} for what a server has sent)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status. `Net.text.terminal.run_command` makes its output safe to write."""
    parser = make_parser()
    args = parser.read(arguments)
    if args.bytes in ([], ["-"]) and sys.stdin is None:
        parser.error("there is no standard input: give the bytes, or a file")
    try:
        data = read_input(args.bytes)
        opening = read_opening(data)
        dissector = make_dissector(args, opening)
    except (ValueError, OSError) as error:
        parser.error(str(error))  # exits with 2
    return _show(opening, dissector, _FORMS[args.form])


def read_opening(data: bytes) -> Opening:
    """Splits the handshake from the bytes: a request, a response, or both, and interim responses between them."""
    halves: list[Handshake] = []
    while (data and not halves and is_opening(data)) or _awaits_answer(halves, data):
        end = end_of_half(data, _USUAL)
        head, data = (data, b"") if end < 0 else (data[:end], data[end:])
        is_response = head.startswith(RESPONSE_START)
        halves.append(dissect_answer(head, halves[0] if halves else None) if is_response else dissect_handshake(head))
    return Opening(halves, data)


def _awaits_answer(halves: list[Handshake], data: bytes) -> bool:
    return bool(halves) and (halves[-1].from_client or is_interim(halves[-1].wire)) and data.startswith(RESPONSE_START)


def make_dissector(args: argparse.Namespace, opening: Opening) -> Dissector:
    """Returns the dissector for the frames' direction and limits; raises ValueError for an impossible limit.

    A flag names the sender of the frames. Without a flag, the sender of the handshake's only half has sent them. If
    there is not exactly one half, the first mask bit decides.
    """
    halves, frames = opening
    is_masked = len(frames) > 1 and bool(frames[1] & MASK)
    by_itself = halves[0].from_client if len(halves) == 1 else is_masked
    from_client = args.client or (not args.server and by_itself)
    usual = _USUAL if from_client else FROM_SERVER
    limits = Limits(
        message_bytes=usual.message_bytes if args.max_message is None else args.max_message,
        fragments=usual.fragments if args.max_fragments is None else args.max_fragments,
    )
    agreed = parameters_of(halves[-1]) if halves else None
    return Dissector(from_client, limits, agreed or (Parameters() if args.compressed else None))


def _show(opening: Opening, dissector: Dissector, show: Callable[[Record], str]) -> int:
    """Prints everything; returns the exit status."""
    is_broken = False
    for record in _records(opening, dissector):
        print(show(record))
        is_whole = record.is_whole if isinstance(record, Handshake) else not record.missing
        is_broken = is_broken or record.violation is not None or not is_whole
    if not opening.opens and opening.rest:
        print(f"not read: {count_bytes(len(opening.rest))} behind a handshake that opens nothing", file=sys.stderr)
    if dissector.discarded:
        rule = "7.1.7" if dissector.failed else "1.4"
        print(f"ignored behind the end: {count_bytes(dissector.discarded)} (RFC 6455 section {rule})", file=sys.stderr)
    return EXIT_BROKEN if is_broken else 0


def _records(opening: Opening, dissector: Dissector) -> Iterator[Record]:
    """Yields the handshake, and the frames after it if it opens a WebSocket."""
    yield from opening.halves
    if opening.opens:
        yield from dissector.frames_in(opening.rest)
        yield from filter(None, [dissector.unfinished()])
