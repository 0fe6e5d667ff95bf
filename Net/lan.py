"""Where a server listens, and under which addresses people can open it.

In:  what --host says. Out: IP addresses as text. A name is looked up for at most `NAMES_S`, an address not at all.
Raises OSError for a host on which nobody could open the server.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from typing import Any

from Net.host_names import canonical_name
from Net.proxy import canonical_address

# To listen on all IPv4 addresses of this machine: friends and pupils come from others.
ANY_HOST = "0.0.0.0"  # nosec B104  # the purpose of the server; --host 127.0.0.1 closes it
# All IPv6 addresses, and no IPv4 address: a socket for both would not exist on every system.
ANY_IPV6_HOST = "::"
# How long a name may take. Names of this machine and of its network are answered within milliseconds.
NAMES_S = 1.0
# Where this machine itself finds a server that listens on all of its addresses.
_LOOPBACK = {ANY_HOST: "127.0.0.1", ANY_IPV6_HOST: "::1"}
# Addresses for documentation (RFC 5737, RFC 3849): the way to them is the way to the world.
_FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def address_to_listen_on(host: str) -> str:
    """Returns the address that `host` means: an address of this machine in any notation, or a name of it.

    Raises OSError if it is no address on which a browser could open the server, or a name that is not found in time.
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
    # Stable: an address that a machine has given itself for want of a better one (RFC 3927) comes last.
    return sorted(filter(_is_for_others, found), key=lambda address: ipaddress.ip_address(address).is_link_local)


def source_addresses(family: socket.AddressFamily) -> list[str]:
    """Returns the address with which this machine talks to the world. A UDP socket that is connected sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_FAR_AWAY[family], 9))
            return [str(probe.getsockname()[0])]
    except OSError:
        return []  # no way leads there


def client_address(text: str) -> str:
    """Returns the address of a client as connections have it; raises ValueError for one that no client can have."""
    address = _canonical(text)
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.is_unspecified or parsed.is_multicast:
        raise ValueError(f"no connection comes from {address}")
    return address


def family_of(address: str) -> socket.AddressFamily:
    """Returns which kind of address it is."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def url(scheme: str, host: str, port: int) -> str:
    """scheme://host:port, with an IPv6 address in brackets."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _parse_address(text: str) -> str | None:
    """Returns an address in the usual notation, zone included; None for what is none."""
    try:
        found = socket.getaddrinfo(text, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST) if text else []
    except (OSError, ValueError):
        found = []
    return _canonical(str(found[0][4][0])) if found else None


def _canonical(address: str) -> str:
    bare, percent, zone = address.partition("%")  # fe80::1%eth0
    return canonical_address(bare) + percent + zone


def _look_up(host: str) -> str:
    """Returns the address of a name, IPv4 if it has both kinds. Raises OSError."""
    try:
        name = canonical_name(host)
    except ValueError as error:
        raise OSError(errno.EADDRNOTAVAIL, f"it is neither an address nor a name: {error}") from None
    if name == "localhost":  # RFC 6761 section 6.3
        return _LOOPBACK[ANY_HOST]
    answers: list[Any] = []
    # The resolver cannot be told to hurry, so it is left behind in a thread of its own.
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
        pass  # there is no answer


def _why_not(address: str) -> str | None:
    """Returns why no browser can open a server that listens on an address; None if one can."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.version == 6 and parsed.is_link_local:
        return "a browser cannot open a link-local address"
    if parsed.is_multicast or _is_broadcast(address):
        return "it is the address of many machines at once"
    return None


def _is_broadcast(address: str) -> bool:
    """Returns whether the system takes an address for that of a whole network: a plain socket may not send there."""
    try:
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as probe:
            return probe.connect_ex((address, 9)) == errno.EACCES
    except OSError:
        return False  # this machine has no such sockets: `bind` will say so


def _machine_addresses() -> list[str]:
    try:
        from Net.interfaces import interface_addresses

        return interface_addresses()
    except (ImportError, OSError):
        return []  # the system does not tell; the way to the world is known without it


def _is_for_others(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    is_with_zone = parsed.version == 6 and parsed.is_link_local  # which browsers cannot open
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_with_zone)
