"""The address on which a server listens, and the addresses at which people can open it.

In:  the value of --host. Out: IP addresses as text. The lookup of a name takes at most `NAMES_S`; an address needs no
     lookup.
Raises OSError for a host on which nobody could open the server.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from typing import Any

from Net.address import Address
from Net.port.host_names import canonical_name
from Net.port.proxy import canonical_address

# All IPv4 addresses of this machine: friends and pupils connect from other machines.
ANY_HOST = "0.0.0.0"  # nosec B104  # the purpose of the server; --host 127.0.0.1 closes it
# All IPv6 addresses, and no IPv4 address: not every system has a socket for both.
ANY_IPV6_HOST = "::"
# The longest lookup of a name, in seconds. Names of this machine and of its network are found within milliseconds.
NAMES_S = 1.0
# The addresses at which this machine itself opens a server that listens on all addresses.
_LOOPBACK = {ANY_HOST: "127.0.0.1", ANY_IPV6_HOST: "::1"}
# Addresses for documentation (RFC 5737, RFC 3849): the route to them is the route to the Internet.
_FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def address_to_listen_on(host: str) -> str:
    """Returns the address to listen on. host: an address of this machine in any notation, or a name of this machine.

    An empty `host` means all IPv4 addresses. Raises OSError if no browser could open the server at the address, or if
    the name is not found in time.
    """
    if not host:
        return ANY_HOST
    found = _parse_address(host.strip("[]")) or _look_up(host)
    problem = _why_not(found)
    if problem is not None:
        raise OSError(errno.EADDRNOTAVAIL, f"{problem}; use another address of this machine, or {ANY_HOST} for all")
    return found


def local_address(host: str) -> str:
    """Returns the address at which this machine itself opens a server that listens on `host`."""
    return _LOOPBACK.get(host, host)


def reachable_addresses(host: str) -> list[str]:
    """Returns the addresses at which other machines can open a server that listens on `host`, the best one first."""
    if host not in _LOOPBACK:
        found = [host]
    else:
        family = family_of(host)
        candidates = [*source_addresses(family), *_machine_addresses()]
        found = [address for address in dict.fromkeys(candidates) if family_of(address) == family]
    # Link-local addresses (RFC 3927) come last: a machine gives itself one if it gets no other. The sort is stable.
    return sorted(filter(_is_for_others, found), key=lambda address: ipaddress.ip_address(address).is_link_local)


def source_addresses(family: socket.AddressFamily) -> list[str]:
    """Returns the address that this machine uses towards the Internet, if any. `connect` of UDP sends no packet."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_FAR_AWAY[family], 9))
            return [str(probe.getsockname()[0])]
    except OSError:
        return []  # there is no route


def client_address(text: str) -> str:
    """Returns a client's address in the notation of connections; raises ValueError if no client can have it."""
    address = _canonical(text)
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.is_unspecified or parsed.is_multicast:
        raise ValueError(f"no connection comes from {address}")
    return address


def family_of(address: str) -> socket.AddressFamily:
    """Returns the family of an address: IPv4 or IPv6."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def url(scheme: str, host: str, port: int) -> str:
    """scheme://host:port, with an IPv6 address in brackets."""
    return f"{scheme}://{Address(host, port)}"


def _parse_address(text: str) -> str | None:
    """Returns an address in the usual notation, zone included; None if the text is not an address."""
    try:
        found = socket.getaddrinfo(text, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST) if text else []
    except (OSError, ValueError):
        found = []
    return _canonical(str(found[0][4][0])) if found else None


def _canonical(address: str) -> str:
    bare, percent, zone = address.partition("%")  # fe80::1%eth0
    return canonical_address(bare) + percent + zone


def _look_up(host: str) -> str:
    """Returns the address of a name: the IPv4 address if the name has both kinds. Raises OSError."""
    try:
        name = canonical_name(host)
    except ValueError as error:
        raise OSError(errno.EADDRNOTAVAIL, f"it is neither an address nor a name: {error}") from None
    if name == "localhost":  # RFC 6761 section 6.3
        return _LOOPBACK[ANY_HOST]
    answers: list[Any] = []
    # The lookup has no time-out. So it runs in a thread of its own, and this thread waits for at most `NAMES_S`.
    thread = threading.Thread(target=_resolve, args=(name, answers), name="resolver", daemon=True)
    thread.start()
    thread.join(NAMES_S)
    addresses = sorted((str(answer[4][0]) for answer in list(answers)), key=family_of)
    if not addresses:
        raise OSError(errno.EADDRNOTAVAIL, f"no address was found for this name within {NAMES_S:g} s; use an address")
    return _canonical(addresses[0])


def _resolve(name: str, answers: list[Any]) -> None:
    try:
        answers += socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        pass  # the list stays empty, and the caller raises a sentence for that


def _why_not(address: str) -> str | None:
    """Returns the reason why no browser can open a server on this address; None if a browser can."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.version == 6 and parsed.is_link_local:
        return "a browser cannot open a link-local address"
    if parsed.is_multicast or _is_broadcast(address):
        return "it is the address of many machines at once"
    return None


def _is_broadcast(address: str) -> bool:
    """Returns whether an address is a broadcast address for the system: a plain socket may not send to it."""
    try:
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as probe:
            return probe.connect_ex((address, 9)) == errno.EACCES
    except OSError:
        return False  # this machine has no sockets of this family: `bind` reports that


def _machine_addresses() -> list[str]:
    try:
        from Net.port.interfaces import interface_addresses

        return interface_addresses()
    except (ImportError, OSError):
        return []  # the system lists no interfaces: `source_addresses` works without them


def _is_for_others(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    is_with_zone = parsed.version == 6 and parsed.is_link_local  # browsers cannot open it
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_with_zone)
