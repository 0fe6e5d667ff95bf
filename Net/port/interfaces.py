"""The addresses of this machine's network interfaces, as the operating system lists them. There is no name lookup.

In:  nothing. Out: IP addresses as text, IPv4 and IPv6, loopback included; interfaces that are down are left out.
Raises OSError where the system lists nothing. The import of this module raises ImportError in a Python without ctypes.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from typing import Iterator

# The bytes of a `sockaddr` that hold the address; the same on Linux, macOS and the BSDs.
_PLACES = {socket.AF_INET: slice(4, 8), socket.AF_INET6: slice(8, 24)}
_IFF_UP = 1  # the same number on all these systems
# The BSDs (macOS is one) keep the length of a sockaddr in its first byte and the family in the second. On Linux
# both bytes hold the family.
_HAS_LENGTH_BYTE = sys.platform == "darwin" or "bsd" in sys.platform


class _Interface(ctypes.Structure):
    """The start of `struct ifaddrs` of getifaddrs(3): one address of one interface."""

    _fields_ = (
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("flags", ctypes.c_uint),
        ("address", ctypes.c_void_p),  # a sockaddr, or None
    )


def interface_addresses() -> list[str]:
    """Returns the addresses of all interfaces that are up, in the system's order. Raises OSError."""
    return list(dict.fromkeys(_from_resolver() if os.name == "nt" else _from_c_library()))


def _from_c_library() -> Iterator[str]:
    library = ctypes.CDLL(None, use_errno=True)
    first = ctypes.c_void_p()
    try:
        failed = library.getifaddrs(ctypes.byref(first))
    except AttributeError:
        raise OSError("the C library has no getifaddrs") from None
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        place = first.value
        while place is not None:
            interface = _Interface.from_address(place)
            if interface.address is not None and interface.flags & _IFF_UP:
                yield from _address_at(interface.address)
            place = interface.next
    finally:
        library.freeifaddrs(first)


def _address_at(place: int) -> Iterator[str]:
    """Yields the IP address of the sockaddr at this place in memory, if it holds one."""
    start = ctypes.string_at(place, 2)
    family = start[1] if _HAS_LENGTH_BYTE else int.from_bytes(start, sys.byteorder)
    for known, where in _PLACES.items():
        if family == known:
            yield socket.inet_ntop(known, ctypes.string_at(place, where.stop)[where])


def _from_resolver() -> Iterator[str]:
    """Windows answers the empty name with the addresses of its own interfaces, and asks no server."""
    for *_, address in socket.getaddrinfo("", None):
        yield str(address[0]).partition("%")[0]
