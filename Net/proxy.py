"""Who is really asking, when a reverse proxy stands in front of the server (RFC 7239 section 1 says why one must ask).

In:  the address at a connection's other end, and the request that came from there. Out: a `Caller`.
Raises nothing: a proxy that names nobody, or in words that are not known here, asks for itself.
Anyone can write header fields. So they are believed only from a proxy that the operator has named, and of its
X-Forwarded-For or Forwarded only the last entry, which that proxy added itself: what stands before it came from
outside.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Container, NamedTuple

from Net.handshake import Request

# The traces of a proxy. An untrusted one's are not believed, but whoever has them did not come straight from here.
# Among them are what content delivery networks, tunnels and load balancers write: each has words of its own.
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
# And all names that begin so. A browser's own never do.
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
# What proxies call the way a request came to them; some have words of their own for WebSockets.
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
# An address as proxies write it, with or without a port: RFC 7239 section 6. A zone means something to the proxy only.
_NODE = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)(?:%[^\]]*)?\]|(?P<v4>[0-9.]+))(?::[0-9A-Za-z._-]*)?"
    r"|(?P<v6>[0-9A-Fa-f:.]+)(?:%.*)?"
)


class Caller(NamedTuple):
    """Who asks: the address for logs and limits. scheme: of the URL that it opened, None where nobody can know.

    port: of the connection to this server. is_this_machine: it came from this machine, through nobody's hands.
    """

    host: str
    port: int
    scheme: str | None = None
    is_this_machine: bool = False

    @property
    def address(self) -> str:
        """host:port, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def canonical_address(text: str) -> str:
    """The one way to write an IP address; raises ValueError for what is none."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"not an IP address: {text[:80]!r}")
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:192.0.2.1, as systems with both kinds write it
    return str(mapped or address)


def identify(request: Request, host: str, port: int, proxies: Container[str]) -> Caller:
    """Who sent a request. host, port: the connection's other end. proxies: addresses of those to be believed."""
    if host not in proxies:
        is_direct = not any(map(_is_trace, request.fields))
        return Caller(host, port, None, is_direct and ipaddress.ip_address(host.partition("%")[0]).is_loopback)
    # The proxy's own machine sends for others: from there nobody is this machine, with or without the header field.
    node, protocol = _last_hop(request)
    return Caller(_address_of(node) or host, port, _SCHEMES.get(protocol.lower()))


def _is_trace(field: tuple[str, str]) -> bool:
    name = field[0]
    return name in _TRACES or name.startswith(_TRACE_BEGINNINGS)


def _last_hop(request: Request) -> tuple[str, str]:
    """For whom the nearest proxy asks, and the protocol by which it was asked, as it wrote them; "" if it did not.

    A proxy that writes X-Forwarded passes on whatever Forwarded its client has made up, so that one counts only alone.
    """
    nodes, protocols = request.items("x-forwarded-for"), request.items("x-forwarded-proto")
    if nodes or protocols:
        return (nodes or [""])[-1], (protocols or [""])[-1]
    # No name of a node has a comma or a semicolon in it, so quotes do not matter for splitting: a quote that a client
    # leaves open cannot swallow what the proxy has added behind it.
    last = (request.items("forwarded") or [""])[-1]
    pairs = {name.strip(" \t").lower(): value for name, _, value in (pair.partition("=") for pair in last.split(";"))}
    return pairs.get("for", ""), _unquoted(pairs.get("proto", ""))


def _unquoted(text: str) -> str:
    """The value of a token or a quoted string (RFC 9110 section 5.6.4)."""
    text = text.strip(" \t")
    is_quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text


def _address_of(node: str) -> str | None:
    """The address in what a proxy calls its client; None for "unknown", "_hidden" and all else that is none."""
    matched = _NODE.fullmatch(_unquoted(node))
    if matched is None:
        return None
    try:
        return canonical_address(matched["bracketed"] or matched["v4"] or matched["v6"])
    except ValueError:
        return None
