"""Finds the real client behind a reverse proxy (RFC 7239 section 1 says why a server needs this).

In:  the address at a connection's other end, and the request that came from there. Out: a `Caller`.
Raises nothing: a proxy that names no client, or names it in a form that is not known here, counts as the client.
Anyone can write header fields. So the server trusts them only from a proxy that the operator has named. Of that proxy's
X-Forwarded-For or Forwarded, it trusts only the last entry: the proxy added this entry itself. All entries before it
came from outside.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Container, NamedTuple

from Net.address import Address
from Net.handshake import Request

# The traces of a proxy: header fields that proxies add. The server does not trust the values of an unknown proxy. But a
# request with such a field did not come directly from a program on this machine. Content delivery networks, tunnels and
# load balancers each have fields of their own.
_TRACES = frozenset(
    (
        "forwarded",  # RFC 7239
        "via",  # RFC 9110 section 7.6.3
        "cdn-loop",  # RFC 8586
        "cf-connecting-ip",
        "cf-connecting-ipv6",
        "cf-ray",
        "cf-visitor",
        "client-ip",
        "fastly-client-ip",
        "fly-client-ip",
        "front-end-https",
        "proxy-connection",
        "true-client-ip",
        "tailscale-user-login",
        "wl-proxy-client-ip",
    )
)
# All names with these beginnings are traces too. A browser's own fields never begin like this.
_TRACE_BEGINNINGS = (
    "x-forwarded",  # -for, -host, -proto, -port, -prefix, -server, -ssl ...
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-",
    "x-originating-ip",
    "x-proxy",
    "x-real-",
    "x-remote-",
    "x-envoy-",
    "x-amzn-trace-id",
    "x-azure-",
    "x-appengine-",
    "x-cloud-trace-context",
    "x-request-id",
    "x-scheme",
    "x-url-scheme",
)
# The protocol by which a proxy got a request, as proxies write it -> its scheme. Some write ws or wss for WebSockets.
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
# An address as proxies write it, with or without a port: RFC 7239 section 6. A zone has a meaning on the proxy only.
_NODE = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)(?:%[^\]]*)?\]|(?P<v4>[0-9.]+))(?::[0-9A-Za-z._-]*)?"
    r"|(?P<v6>[0-9A-Fa-f:.]+)(?:%.*)?"
)


class Caller(NamedTuple):
    """The client that asks.

    address: its host, for logs and limits, and the port of the connection to this server. scheme: of the URL that the
    client opened; None if it is not known. is_this_machine: whether the request came from this machine, without any
    proxy.
    """

    address: Address
    scheme: str | None = None
    is_this_machine: bool = False


def canonical_address(text: str) -> str:
    """Returns an IP address in its one canonical form; raises ValueError if the text is not an IP address."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"not an IP address: {text[:80]!r}")
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:192.0.2.1, the form of systems with IPv4 and IPv6
    return str(mapped or address)


def identify(request: Request, peer: Address, proxies: Container[str]) -> Caller:
    """Returns the client that sent a request.

    peer: the connection's other end. proxies: the hosts of the trusted proxies.
    """
    if peer.host not in proxies:
        is_direct = not any(map(_is_trace, request.fields))
        return Caller(peer, None, is_direct and ipaddress.ip_address(peer.host.partition("%")[0]).is_loopback)
    # A proxy sends requests for others. So none of its requests counts as one of this machine, even without the field.
    node, protocol = _last_hop(request)
    return Caller(Address(_address_of(node) or peer.host, peer.port), _SCHEMES.get(protocol.lower()))


def _is_trace(field: tuple[str, str]) -> bool:
    name = field[0]
    return name in _TRACES or name.startswith(_TRACE_BEGINNINGS)


def _last_hop(request: Request) -> tuple[str, str]:
    """Returns the client and the protocol that the nearest proxy names, as the proxy wrote them; "" if it names none.

    A proxy that writes X-Forwarded passes on any Forwarded that its client has made up. So Forwarded counts only if
    there is no X-Forwarded.
    """
    nodes, protocols = request.items("x-forwarded-for"), request.items("x-forwarded-proto")
    if nodes or protocols:
        return (nodes or [""])[-1], (protocols or [""])[-1]
    # No name of a node has a comma or a semicolon in it, so the split ignores quotes. So a quote that a client leaves
    # open cannot hide the entry that the proxy has added after it.
    last = (request.items("forwarded") or [""])[-1]
    pairs = {name.strip(" \t").lower(): value for name, _, value in (pair.partition("=") for pair in last.split(";"))}
    return pairs.get("for", ""), _unquoted(pairs.get("proto", ""))


def _unquoted(text: str) -> str:
    """Returns the value of a token or a quoted string (RFC 9110 section 5.6.4)."""
    text = text.strip(" \t")
    is_quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text


def _address_of(node: str) -> str | None:
    """Returns the address in a proxy's name for its client; None for "unknown", "_hidden" and any other non-address."""
    matched = _NODE.fullmatch(_unquoted(node))
    if matched is None:
        return None
    try:
        return canonical_address(matched["bracketed"] or matched["v4"] or matched["v6"])
    except ValueError:
        return None
