"""Under which addresses other machines can open this one."""

from __future__ import annotations

import ipaddress
import socket

# To listen on all addresses of this machine: friends and pupils come from others.
ANY_HOST = "0.0.0.0"  # nosec B104  # the purpose of the server; --host 127.0.0.1 closes it
# A UDP socket that is connected sends nothing; it only looks up the route, and with it which of our addresses is used.
# One destination in each private range (RFC 1918), one reserved for documentation (RFC 5737) for the default route.
_DESTINATIONS = ("10.255.255.254", "172.31.255.254", "192.168.255.254", "192.0.2.1")
_ANY_HOSTS = (ANY_HOST, "::", "")


def reachable_addresses(host: str) -> list[str]:
    """The addresses for a server that listens on `host`: all of this machine's if it listens on any, else that one."""
    if host not in _ANY_HOSTS:
        return [host]
    found = [_source_address(destination) for destination in _DESTINATIONS] + _named_addresses()
    return list(dict.fromkeys(address for address in found if address and _is_for_others(address)))


def url(scheme: str, host: str, port: int) -> str:
    """scheme://host:port, with an IPv6 address in brackets."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _source_address(destination: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((destination, 9))
        except OSError:
            return None  # no route in that direction
        address: str = probe.getsockname()[0]
        return address


def _named_addresses() -> list[str]:
    try:
        return [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    except OSError:
        return []  # the machine's own name is in no hosts file


def _is_for_others(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_unspecified)
