"""Writes tapes as a capture file for Wireshark, without the texts that a class must not see.

In:  tapes. Out: the bytes of a pcapng file, in base64. If a tape has lost its beginning, the first whole frame follows
     the handshake, as if that frame were the first one.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import Iterable

from gameserver.classroom.inspect.tape import Tape
from gameserver.classroom.inspect.timeline import Timeline
from Net.address import Address
from Net.dissect.pcapng import Chunk, Connection, capture
from Net.errors import HandshakeError
from Net.handshake import parse_request
from Net.limits import Limits, LimitsOf
from Net.port.origin import split_host

_DEFAULT_PORT = 80  # of http


def capture_file(tapes: Iterable[Tape], server: Address, limits_of: LimitsOf, hides_text: bool) -> str:
    """Returns the file. server: its address, for clients that used a host name. limits_of: the limits of a path."""
    connections = []
    for tape in tapes:
        limits = limits_of(tape.path)
        rows = Timeline(tape, limits, hides_text).new_rows()
        opening = [Chunk(tape.opened_at_s, True, tape.request), Chunk(tape.opened_at_s, False, tape.response)]
        frames = [Chunk(row.at_s, row.from_client, row.cut.wire) for row in rows]
        connections.append(Connection(tape.address, _called(tape, server, limits), opening + frames))
    return base64.b64encode(capture(connections)).decode("ascii")


def _called(tape: Tape, server: Address, limits: Limits) -> Address:
    """Returns the address in the client's Host field; the server's address if the field has none."""
    try:
        (host,) = parse_request(tape.request, limits).values("host")
        name, port = split_host(host)
        return Address(str(ipaddress.ip_address(name)), _DEFAULT_PORT if port is None else port)
    except (HandshakeError, ValueError):
        return server
