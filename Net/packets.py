"""Packets: encoding, decoding, and the wording of what is wrong with one.

One WebSocket message is one packet. A binary message holds `[code, [args...]]` as MessagePack; a text message holds
`["ID", [args...]]` as JSON, so that a packet can be typed by hand.
In:  a message (`bytes` or `str`) from a stranger, and the table of the packets that may come (`Net.PacketCodes`).
Out: a checked `Packet`, or the message for one.
Raises PacketError. Its text names the packet and the argument, and says what the argument must be.
"""

from __future__ import annotations

import json
from typing import Any, Collection, NamedTuple

from Net import strict_json
from Net.errors import PacketError
from Net.msgpack_codec import pack, unpack
from Net.schema import Kind
from Net.text.characters import spelled


class Arg(NamedTuple):
    """An argument of a packet. A sender may leave out an optional argument, together with all arguments after it."""

    name: str
    kind: Kind
    optional: bool = False


class PacketType(NamedTuple):
    """A row of the table. code: one byte in MessagePack. about: the description in the documentation."""

    code: int
    id: str
    about: str
    args: tuple[Arg, ...] = ()


class Packet(NamedTuple):
    """A packet: its id and its arguments."""

    id: str
    args: tuple[Any, ...] = ()


class PacketTable:
    """Encodes and decodes the packets of one direction.

    rows: the table. max_items: the largest number of elements in any array or map of a packet. takes_number_keys:
    whether the keys of a map may be numbers. own_codes: the codes that are kept for packets of a game's own.
    """

    def __init__(
        self,
        rows: tuple[PacketType, ...],
        max_items: int,
        takes_number_keys: bool = False,
        own_codes: Collection[int] = (),
    ) -> None:
        self.max_items = max_items
        self.own_codes = own_codes
        self._takes_number_keys = takes_number_keys
        self._fixed = rows
        self.use_own(())

    def use_own(self, own: tuple[PacketType, ...]) -> None:
        """Adds the packets of a game's own, in place of those of the game before. `Net.own_packets` checks the rows."""
        self.rows = rows = (*self._fixed, *own)
        self._by_id: dict[Any, PacketType] = {row.id: row for row in rows}
        self._by_code: dict[Any, PacketType] = {row.code: row for row in rows}
        # For each packet: the least number of arguments, and the check of each argument.
        self._least = {row.id: sum(not arg.optional for arg in row.args) for row in rows}
        self._checks = {row.id: tuple(arg.kind.check for arg in row.args) for row in rows}

    def describe(self) -> list[dict[str, Any]]:
        """Returns the rows as plain data."""
        return [
            {
                "code": row.code,
                "id": row.id,
                "about": row.about,
                "args": [{"name": arg.name, "must_be": arg.kind.must_be, "optional": arg.optional} for arg in row.args],
            }
            for row in self.rows
        ]

    def own(self) -> tuple[PacketType, ...]:
        """Returns the rows of a game's own."""
        return self.rows[len(self._fixed) :]

    def id_of(self, key: Any, as_text: bool) -> str | None:
        """Returns the id of the packet with an id (as text) or with a code; None if there is no such packet."""
        row = (self._by_id if as_text else self._by_code).get(key)
        return None if row is None else row.id

    def code_of(self, packet_id: str) -> int:
        """Returns the code of a packet; raises KeyError for an unknown id."""
        return self._by_id[packet_id].code

    def value_in(self, message: str | bytes) -> Any:
        """Returns the value in a message, packet or not; raises PacketError if it is neither JSON nor MessagePack."""
        return _parse_json(message) if isinstance(message, str) else self._unpack(message)

    def encode(self, packet: Packet, as_text: bool = False) -> str | bytes:
        """Returns the message for a packet that this side sends: MessagePack, or JSON if `as_text`."""
        code = self.code_of(packet.id)
        if as_text:
            return json.dumps([packet.id, packet.args], separators=(",", ":"), ensure_ascii=False)
        return pack((code, packet.args))

    def decode(self, message: str | bytes) -> Packet:
        """Returns the packet in a message from the other side; raises PacketError if it is not valid."""
        if isinstance(message, bytes):
            row, args = self._find(self._unpack(message), self._by_code, "code")
        else:
            row, args = self._find(_parse_json(message), self._by_id, "id")
        packet_id, checks = row.id, self._checks[row.id]
        if not self._least[packet_id] <= len(args) <= len(checks):
            raise _wrong_count(row, self._least[packet_id], len(args))
        try:
            return Packet(packet_id, tuple([check(value) for check, value in zip(checks, args)]))
        except ValueError:
            raise _bad_argument(row, args) from None

    def _unpack(self, message: bytes) -> Any:
        try:
            return unpack(message, self.max_items, self._takes_number_keys)
        except ValueError as error:
            raise PacketError("BAD_PACKET", f"this is not MessagePack: {spelled(str(error))[:80]}") from None

    def _find(self, value: Any, rows: dict[Any, PacketType], key_name: str) -> tuple[PacketType, list[Any]]:
        if type(value) is not list or len(value) != 2 or type(value[1]) is not list:
            raise PacketError("BAD_PACKET", f"a packet is a list of two: its {key_name}, and a list of its arguments")
        key, args = value
        row = rows.get(key) if type(key) in (int, str) else None
        if row is None:
            raise PacketError("UNKNOWN_PACKET", f"there is no packet with the {key_name} {_excerpt(key)}")
        return row, args


def _wrong_count(row: PacketType, least: int, count: int) -> PacketError:
    most = len(row.args)
    wanted = str(most) if least == most else f"{least} to {most}"
    return PacketError("BAD_ARGUMENT", f"{row.id} takes {wanted} arguments, not {count}")


def _bad_argument(row: PacketType, args: list[Any]) -> PacketError:
    """Returns the error that names the first wrong argument. At least one argument must be wrong."""
    for arg, value in zip(row.args, args):
        try:
            arg.kind.check(value)
        except ValueError as error:
            return PacketError("BAD_ARGUMENT", f"{row.id}.{arg.name} must be {error}, not {_excerpt(value)}")
    raise AssertionError("every argument is good")


def _excerpt(value: Any) -> str:
    """Returns the value in short for an error text: at most 40 printable characters; a string as it was typed."""
    if type(value) is str:
        written = f"'{spelled(value[:40])}'"
        return written if len(written) <= 40 else f"{written[:36]}...'"
    written = ascii(value) if type(value) in (int, float, bool, bytes, type(None)) else f"a {type(value).__name__}"
    return written if len(written) <= 40 else f"{written[:37]}..."


def _parse_json(message: str) -> Any:
    try:
        return strict_json.parse(message)
    except ValueError as error:
        raise PacketError("BAD_PACKET", f"this is not JSON: {error}") from None
