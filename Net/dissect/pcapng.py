"""Writes a capture file of connections. Wireshark opens the file and dissects it as TCP, HTTP and WebSocket.

In:  the bytes of each direction with their times, as a tap saw them. Out: the bytes of a pcapng file
     (draft-ietf-opsawg-pcapng): a section header, one interface with bare IP packets, and one block for each packet.
Raises ValueError for a host that is not an IP address.

A tap sees the bytes that sockets receive and send, not packets. So this file makes the IP and TCP headers itself, as on
a network that loses nothing: three packets to open the connection, right sequence numbers, right checksums.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Iterable, Iterator, NamedTuple

from Net.address import Address

_SECTION_HEADER, _INTERFACE, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_LINKTYPE_RAW = 101  # each packet starts with its IPv4 or IPv6 header
_UNKNOWN_LENGTH = 2**64 - 1
_TCP = 6
_HOPS = 64
_DO_NOT_FRAGMENT = 0x4000
_WINDOW = 0xFFFF
_SYN, _PSH, _ACK = 0x02, 0x08, 0x10
_FIRST_SEQUENCE = 0  # of both sides: Wireshark shows all numbers relative to the first one
# The bytes left in an Ethernet frame after the longer IP header (IPv6) and the TCP header: 1500 - 40 - 20.
SEGMENT_BYTES = 1440


class Chunk(NamedTuple):
    """Some bytes of one direction. time_s: seconds since 1970, as of time.time()."""

    time_s: float
    from_client: bool
    data: bytes


class Connection(NamedTuple):
    """A connection to write. Its chunks start with the handshake, so that Wireshark recognises the protocol."""

    client: Address
    server: Address
    chunks: Iterable[Chunk]


def capture(connections: Iterable[Connection]) -> bytes:
    """Returns a capture file of the connections, one after the other."""
    blocks = [
        _block(_SECTION_HEADER, struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)),
        _block(_INTERFACE, struct.pack("<HHI", _LINKTYPE_RAW, 0, 0)),
    ]
    for connection in connections:
        blocks += [_packet_block(time_s, packet) for time_s, packet in _packets(connection)]
    return b"".join(blocks)


# The file ------------------------------------------------------------------------------------------------------


def _block(kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    length = struct.pack("<I", len(padded) + 12)
    return struct.pack("<I", kind) + length + padded + length


def _packet_block(time_s: float, packet: bytes) -> bytes:
    high, low = divmod(round(time_s * 1_000_000), 2**32)  # microseconds
    return _block(_ENHANCED_PACKET, struct.pack("<IIIII", 0, high, low, len(packet), len(packet)) + packet)


# The packets ---------------------------------------------------------------------------------------------------


def _packets(connection: Connection) -> Iterator[tuple[float, bytes]]:
    """Yields the TCP conversation as IP packets, each with its time."""
    ends = {True: connection.client, False: connection.server}
    sequence = {True: _FIRST_SEQUENCE, False: _FIRST_SEQUENCE}  # of the next byte, by from_client

    def packet(from_client: bool, flags: int, data: bytes = b"") -> bytes:
        acknowledged = sequence[not from_client] if flags & _ACK else 0
        segment = (sequence[from_client], acknowledged, flags, data)
        sequence[from_client] = (sequence[from_client] + len(data) + bool(flags & _SYN)) % 2**32
        return _ip_packet(ends[from_client], ends[not from_client], *segment)

    is_open = False
    for time_s, from_client, data in connection.chunks:
        if not is_open:
            opening = (packet(True, _SYN), packet(False, _SYN | _ACK), packet(True, _ACK))
            yield from ((time_s, part) for part in opening)
            is_open = True
        for at in range(0, len(data), SEGMENT_BYTES):
            yield time_s, packet(from_client, _PSH | _ACK, data[at : at + SEGMENT_BYTES])


def _ip_packet(source: Address, target: Address, sequence: int, acknowledged: int, flags: int, data: bytes) -> bytes:
    addresses = [ipaddress.ip_address(host.partition("%")[0]) for host in (source.host, target.host)]
    if all(address.version == 4 for address in addresses):
        packed = b"".join(address.packed for address in addresses)
        tcp = _tcp_segment(packed, source[1], target[1], sequence, acknowledged, flags, data)
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, _DO_NOT_FRAGMENT, _HOPS, _TCP, 0) + packed
        return header[:10] + _checksum(header) + header[12:] + tcp
    packed = b"".join(_as_ipv6(address) for address in addresses)
    tcp = _tcp_segment(packed, source[1], target[1], sequence, acknowledged, flags, data)
    return struct.pack("!IHBB", 6 << 28, len(tcp), _TCP, _HOPS) + packed + tcp


def _as_ipv6(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    """Returns an address as an IPv6 address; an IPv4 address becomes IPv4-mapped (RFC 4291 section 2.5.5.2)."""
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _tcp_segment(
    addresses: bytes, source: int, target: int, sequence: int, acknowledged: int, flags: int, data: bytes
) -> bytes:
    """Returns a TCP segment (RFC 9293 section 3.1). addresses: the addresses of both ends, for the checksum."""
    header = struct.pack("!HHIIBBHHH", source, target, sequence, acknowledged, 5 << 4, flags, _WINDOW, 0, 0)
    pseudo_header = addresses + struct.pack("!II", len(header) + len(data), _TCP)
    return header[:16] + _checksum(pseudo_header + header + data) + header[18:] + data


def _checksum(data: bytes) -> bytes:
    """Returns the Internet checksum (RFC 1071): the complement of the sum of 16-bit words, with the carries added."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
