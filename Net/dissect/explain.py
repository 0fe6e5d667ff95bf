"""Explains dissected records in words, for a terminal: in full, or in one line each.

In:  a `Handshake` or a `Frame`. Out: lines of text. All text from a stranger is made printable first, so that no
     message can control the terminal.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any, Callable, Iterable

from Net.dissect.diagram import draw
from Net.dissect.explain_handshake import explain_handshake, summarize_handshake
from Net.dissect.layout import fields_of, knows_length, unmasking
from Net.dissect.plain import as_plain
from Net.dissect.records import CloseBody, DissectedPacket, Field, Frame, Handshake, Message
from Net.dissect.wording import MOST_SHOWN, count_bytes, explain_violation, shorten
from Net.text.characters import printable

MOST_ROWS = 16
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_WIDTH = 110  # columns
# The most characters of a value.
_MOST_SHOWN_IN_LINE = 40
_MOST_SHOWN_IN_FULL = 200


def explain(record: Handshake | Frame) -> str:
    """Returns the full explanation of a record, with an empty line at the end."""
    lines = explain_handshake(record) if isinstance(record, Handshake) else _explain_frame(record)
    return "\n".join([*lines, ""])


def summarize(record: Handshake | Frame) -> str:
    """Returns a summary of a record in one line."""
    return summarize_handshake(record) if isinstance(record, Handshake) else _summarize_frame(record)


FORMS: dict[str, Callable[[Handshake | Frame], str]] = {"lines": summarize, "full": explain}


def _explain_frame(frame: Frame) -> list[str]:
    sender = "client" if frame.from_client else "server"
    lines = [
        f"Frame {frame.number} from the {sender}: {frame.opcode_name}, {frame.role}, {count_bytes(frame.size)}",
        "",
    ]
    lines += [*draw(frame), "", *_table(fields_of(frame)), *_explain_unmasking(frame)]
    if frame.missing:
        lines += ["", f"Incomplete: it announces {_missing(frame)} more than there are."]
    if frame.message is not None:
        lines += ["", *_explain_message(frame.message)]
    elif frame.close is not None:
        lines += ["", *_explain_close_code(frame, frame.close)]
        lines += [f"  reason: {printable(frame.close.reason)}"] if frame.close.reason else []
    elif frame.message_number is not None and not frame.fin:
        lines += [
            "",
            f"Message {frame.message_number} goes on: this is fragment {frame.fragment} (RFC 6455 section 5.4).",
        ]
    return [*lines, *explain_violation(frame.violation)]


def _missing(frame: Frame) -> str:
    return ("" if knows_length(frame) else "at least ") + count_bytes(frame.missing)


def _explain_close_code(frame: Frame, close: CloseBody) -> list[str]:
    lines = [f"CLOSE with code {close.code}: {close.meaning} ({close.section})"]
    if not frame.payload:
        return lines
    code = frame.payload[:2].hex(" ")
    return [*lines, f"  code: {code}, the first two bytes of the payload (RFC 6455 section 5.5.1)"]


def _table(fields: Iterable[Field]) -> list[str]:
    lines = [f"  {'bits':<8} {'field':<31} {'RFC 6455':<11} meaning"]
    for field in fields:
        last_bit = field.first_bit + field.bits - 1
        bits = str(field.first_bit) if field.bits == 1 else f"{field.first_bit}-{last_bit}"
        value = shorten(str(field.value), 16)
        section = field.section.replace("RFC 6455 section ", "").replace(" section", "")
        start = f"  {bits:<8} {field.name + ' = ' + value:<31} {section:<11} "
        lines += textwrap.wrap(field.meaning, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return lines


def _explain_unmasking(frame: Frame) -> list[str]:
    rows = unmasking(frame, MOST_ROWS)
    if not rows:
        return []
    lines = ["", "Unmasking: plain[i] = masked[i] XOR key[i mod 4] (RFC 6455 section 5.3)"]
    for row in rows:
        char = chr(row.plain) if 0x20 <= row.plain < 0x7F else "."
        masked, key, plain = (f"{byte:02x} {byte:08b}" for byte in (row.masked, row.key, row.plain))
        lines.append(f"  i = {row.index:<3} {masked}  XOR  key[{row.key_index}] {key}  =  {plain}  {char}")
    hidden = len(frame.payload) - len(rows)
    return [*lines, f"  ... and {count_bytes(hidden)} more"] if hidden else lines


def _explain_message(message: Message) -> list[str]:
    lines = [f"Message {message.number}: {message.opcode_name}, {count_bytes(message.size)}{_joined_from(message)}"]
    if message.text is not None:
        lines.append(f"  text: {shorten(message.text, _MOST_SHOWN_IN_FULL)}")
    else:
        lines.append(f"  bytes: {message.payload[:64].hex(' ')}{' ...' if message.size > 64 else ''}")
    if message.encoding is not None:
        lines.append(f"  {message.encoding}: {_json(message.value, _MOST_SHOWN_IN_FULL)}")
    if message.packet is not None:
        lines += _explain_packet(message.packet)
    elif message.packet_problem is not None and _looks_like_data(message):
        lines.append(f"  no packet of the game: {message.packet_problem.rule}")
    return lines


def _looks_like_data(message: Message) -> bool:
    """Returns whether the sender may have meant a packet. For plain text, no line says that it is not a packet."""
    return message.encoding is not None or message.text is None or message.text.lstrip()[:1] in ("[", "{")


def _joined_from(message: Message) -> str:
    parts = [f", joined from frames {', '.join(map(str, message.frames))}"] if len(message.frames) > 1 else []
    if message.is_compressed:
        parts.append(f", inflated from {count_bytes(message.wire_size)} (RFC 7692 section 6.2)")
    return "".join(parts)


def _explain_packet(packet: DissectedPacket) -> list[str]:
    lines = [f"  packet {packet.id}, code {packet.code}: {packet.about}"]
    if packet.wire is not None:
        lines.append(
            f"    {packet.wire.hex(' '):<12} array of 2: the code {packet.code}, and the array of the arguments"
        )
    for arg in packet.args:
        wire = "" if arg.wire is None else shorten(arg.wire.hex(" "), 24)
        value = f"= {_json(arg.value)}" if arg.given else "left out"
        lines.append(f"    {wire:<12} {arg.name} {value} ({arg.must_be})")
    return lines


def _summarize_frame(frame: Frame) -> str:
    flags = ("FIN " if frame.fin else "") + (f"RSV {frame.rsv >> 4:03b} " if frame.rsv else "")
    key = f"key {frame.mask_key.hex()} " if frame.mask_key else ""
    line = f"{flags}{frame.opcode_name} {key}{_length(frame)}"
    if frame.role not in ("whole message", "control frame"):
        line += f", {frame.role} of message {frame.message_number}"
    if frame.violation is not None:
        return f"{line} BROKEN: {frame.violation.rule} ({frame.violation.section}, close {frame.violation.close_code})"
    return line + _content(frame) + (f", incomplete: {_missing(frame)} more to come" if frame.missing else "")


def _length(frame: Frame) -> str:
    return count_bytes(frame.length) if knows_length(frame) else "? bytes"


def _content(frame: Frame) -> str:
    if frame.close is not None:
        reason = f" {shorten(frame.close.reason)}" if frame.close.reason else ""
        return f": {frame.close.code}{reason}"
    if frame.message is None:
        return f": {shorten(frame.payload.hex(' '))}" if frame.role == "control frame" and frame.payload else ""
    if frame.message.packet is not None:
        args = (f"{arg.name}={_json(arg.value, _MOST_SHOWN_IN_LINE)}" for arg in frame.message.packet.args if arg.given)
        return f": {frame.message.packet.id} {' '.join(args)}".rstrip()
    if frame.message.text is not None:
        return f": {shorten(frame.message.text)}"
    return f": {shorten(frame.message.payload[:MOST_SHOWN].hex(' '))}"


def _json(value: Any, most: int = MOST_SHOWN) -> str:
    """Returns a value as JSON. most: the largest number of characters."""
    if isinstance(value, list):
        value = value[:most]  # later elements would not be shown
    return shorten(_to_json(as_plain(value)), most)
