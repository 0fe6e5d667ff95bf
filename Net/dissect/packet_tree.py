"""Dissects a message: its JSON or MessagePack value, and the packet of the game, argument by argument.

In:  a message of either direction, as Net.messages joined it. Out: a `Message` record.
Raises nothing: if the message is not a packet, the record holds the reason that the game's own decoder found.
"""

from __future__ import annotations

from typing import Any

from Net.dissect.records import Argument, DissectedPacket, Message, Violation
from Net.dissect.violations import violation_of
from Net.errors import PacketError
from Net.msgpack_codec import pack
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet, PacketTable


def dissect_message(
    message: str | bytes, from_client: bool, number: int, frames: tuple[int, ...], wire_size: int, is_compressed: bool
) -> Message:
    """Returns the record of a message. The arguments after the first two become fields of the record."""
    table = TO_SERVER if from_client else TO_CLIENT
    text = message if isinstance(message, str) else None
    payload = message.encode("utf-8") if isinstance(message, str) else message
    encoding, value = _decode_value(message, table)
    packet, problem = _decode_packet(message, value, table)
    return Message(
        number=number,
        opcode_name="BINARY" if text is None else "TEXT",
        frames=frames,
        wire_size=wire_size,
        size=len(payload),
        is_compressed=is_compressed,
        payload=payload,
        text=text,
        encoding=encoding,
        value=value,
        packet=packet,
        packet_problem=problem,
    )


def _decode_value(message: str | bytes, table: PacketTable) -> tuple[str | None, Any]:
    try:
        return "JSON" if isinstance(message, str) else "MessagePack", table.value_in(message)
    except PacketError:
        return None, None


def _decode_packet(
    message: str | bytes, value: Any, table: PacketTable
) -> tuple[DissectedPacket | None, Violation | None]:
    try:
        packet = table.decode(message)
    except PacketError as error:
        return None, violation_of(error)
    parts = [] if isinstance(message, str) else _parts(message, value)
    return _tree(packet, parts, table), None


def _parts(message: bytes, value: list[Any]) -> list[bytes]:
    """Returns the bytes before a packet's arguments, and the bytes of each argument; an empty list if not known.

    MessagePack has several encodings of one value. Most senders use the shortest one. To find out, this function
    encodes the packet again and compares.
    """
    try:
        if pack(value) != message:
            return []
    except ValueError:  # lists in lists, deeper than `pack` can encode
        return []
    parts = [pack(arg) for arg in value[1]]
    return [message[: len(message) - sum(map(len, parts))], *parts]


def _tree(packet: Packet, parts: list[bytes], table: PacketTable) -> DissectedPacket:
    row = next(row for row in table.rows if row.id == packet.id)
    args = []
    for i, arg in enumerate(row.args):
        given = i < len(packet.args)
        value = packet.args[i] if given else None
        wire = parts[1 + i] if given and parts else None
        args.append(Argument(arg.name, arg.kind.must_be, value, given, wire))
    return DissectedPacket(row.id, row.code, row.about, tuple(args), parts[0] if parts else None)
