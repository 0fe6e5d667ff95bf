"""Packets of a game's own: checks their rows, and enters them in the tables of `Net.PacketCodes`.

In:  rows for both directions, as a game's class has them; and a function that makes the handlers.
Out: the ids of the packets. The tables and HANDLERS hold them, in place of those of the game before.
Raises ValueError with a sentence that names the row. Then nothing has changed.
"""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple, Sequence

from Net.PacketCodes import HANDLERS, TO_CLIENT, TO_SERVER, Handler, PacketTable
from Net.packets import Arg, PacketType
from Net.schema import Kind

_ID = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_ARG_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class OwnPackets(NamedTuple):
    """The ids of the packets of a game's own."""

    to_server: tuple[str, ...]
    to_client: tuple[str, ...]


def use_own_packets(rows: Any, make_handler: Callable[[str], Handler]) -> OwnPackets:
    """Enters the packets of a game, and removes those of the game before. Call it before any client is connected.

    make_handler: returns the handler of a packet to the server, from its id.
    """
    if isinstance(rows, PacketType) or not isinstance(rows, (tuple, list)):
        raise ValueError("packets must be a list of rows, each made with PacketType(code, id, about, args)")
    chosen: dict[PacketTable, list[PacketType]] = {TO_SERVER: [], TO_CLIENT: []}
    for row in rows:
        table = _table_for(row)
        _check_row(row, table, chosen[table])
        chosen[table].append(row)
    for before in TO_SERVER.own():
        del HANDLERS[before.id]
    for table, own in chosen.items():
        table.use_own(tuple(own))
    for row in chosen[TO_SERVER]:
        HANDLERS[row.id] = make_handler(row.id)
    return OwnPackets(_ids(TO_SERVER), _ids(TO_CLIENT))


def _ids(table: PacketTable) -> tuple[str, ...]:
    return tuple(row.id for row in table.own())


def _table_for(row: Any) -> PacketTable:
    """Returns the table of the direction in which a packet goes, by its code."""
    if not isinstance(row, PacketType):
        raise ValueError(f"a row of packets must be made with PacketType(code, id, about, args), and this is {row!r}")
    for table in (TO_SERVER, TO_CLIENT):
        if type(row.code) is int and row.code in table.own_codes:
            return table
    raise ValueError(
        f"packet {row.id}: its code must be {_in_words(TO_SERVER)} (to the server) or {_in_words(TO_CLIENT)} "
        f"(to the client), not {row.code!r}"
    )


def _in_words(table: PacketTable) -> str:
    return f"{min(table.own_codes)} to {max(table.own_codes)}"


def _check_row(row: Any, table: PacketTable, before: Sequence[PacketType]) -> None:
    """Raises ValueError for a row that does not fit into its table. before: the rows of the same game before it."""
    if not isinstance(row.id, str) or not _ID.fullmatch(row.id):
        raise ValueError(
            f"packet {row.id!r}: an id has 1 to 32 capital letters, digits and _, and begins with a letter"
        )
    same_code = next((other.id for other in before if other.code == row.code), None)
    if same_code is not None:
        raise ValueError(f"packet {row.id}: {same_code} has the code {row.code} already")
    fixed = [other for other in table.rows if other not in table.own()]
    if row.id in [other.id for other in (*fixed, *before)]:
        raise ValueError(f"packet {row.id}: there is a packet with this id already")
    if not isinstance(row.about, str) or not row.about.strip():
        raise ValueError(f"packet {row.id}: its third value must be a text that says what it is for")
    _check_args(row, table.max_items)


def _check_args(row: Any, most: int) -> None:
    if isinstance(row.args, Arg) or not isinstance(row.args, (tuple, list)) or len(row.args) > most:
        raise ValueError(f"packet {row.id}: its arguments must be a list of at most {most} Arg(name, kind)")
    names: list[str] = []
    for arg in row.args:
        if not isinstance(arg, Arg):
            raise ValueError(f"packet {row.id}: an argument must be made with Arg(name, kind), and this is {arg!r}")
        name: Any = arg.name
        kind: Any = arg.kind
        if not isinstance(name, str) or not _ARG_NAME.fullmatch(name) or name in names:
            rule = "must have 1 to 32 small letters, digits and _, and be used once"
            raise ValueError(f"packet {row.id}: the name of an argument {rule}, and this is {name!r}")
        names.append(name)
        if not isinstance(kind, Kind) or not callable(kind.check):
            kinds = "must be a kind of Net.schema, such as integer(0, 7) or ANY"
            raise ValueError(f"packet {row.id}: the kind of its argument {name} {kinds}")
    optional = [bool(arg.optional) for arg in row.args]
    if optional != sorted(optional):
        raise ValueError(f"packet {row.id}: after an optional argument, all arguments must be optional")
