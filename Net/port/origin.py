"""The check of a browser's requests, by Origin and Host: RFC 6455 section 10.2.

A page of any site can open a WebSocket to a server in the visitor's own network. Two header fields show this: `Origin`
names the page's site, and `Host` names the host that the browser looked up. The server refuses a page of another site
by its Origin. An attacker can also point the name of the attacking site at this machine (DNS rebinding): then Origin
matches Host, and the server refuses the page by its Host. Programs that are not browsers send no Origin, and the server
admits them: they could write any Origin anyway.
"""

from __future__ import annotations

import ipaddress
from typing import Iterable, NamedTuple
from urllib.parse import urlsplit

from Net.errors import HandshakeError
from Net.handshake import Request
from Net.port.host_names import DEFAULT_PORTS, canonical_host, canonical_origin, machine_names

ANY = "*"


class OriginPolicy(NamedTuple):
    """The rule. host_names: the names of this server. origins: of other sites, whose pages are allowed ("*": all)."""

    host_names: frozenset[str]
    origins: frozenset[str]

    def check_host(self, request: Request) -> None:
        """Raises HandshakeError 421 unless Host is an IP address or one of this server's names."""
        name, _ = split_host(request.values("host")[0])
        if not (_is_ip_address(name) or name in self.host_names):
            raise HandshakeError(
                421,
                f"this server does not go by the name {name[:80]!r}: see --host-name",
                "RFC 9110 section 7.4",
            )

    def check_origin(self, request: Request, scheme: str | None = None) -> None:
        """Raises HandshakeError 403 if the page that asks is neither of this server nor of an allowed site.

        scheme: of the URL by which this server was opened; None if it is not known. A page that came without encryption
        may have been changed on the network. So it does not count as a page of a server behind TLS.
        """
        origins = request.values("origin")
        if not origins or ANY in self.origins:
            return
        if len(origins) == 1 and (_as_allowed(origins[0]) in self.origins or is_same_origin(request, scheme)):
            return
        raise HandshakeError(
            403, f"pages of {origins[0][:80]!r} may not connect: see --allow-origin", "RFC 6455 section 10.2"
        )


def make_policy(host_names: Iterable[str] = (), origins: Iterable[str] = ()) -> OriginPolicy:
    """Returns the rule for this machine.

    It has the machine's own name with and without .local, localhost, and the given names and origins. Raises ValueError
    for a name or an origin that no browser sends, since it could never match.
    """
    return OriginPolicy(
        frozenset(["localhost", *machine_names(), *map(_check_name, host_names)]),
        frozenset(map(_check_origin, origins)),
    )


def is_same_origin(request: Request, scheme: str | None = None) -> bool:
    """Whether Origin has the same host and port as Host; False for "null" (a sandboxed page or a file).

    scheme: of the URL by which this server was opened; if it is known, Origin must have the same scheme.
    """
    page_scheme, separator, authority = request.values("origin")[0].lower().partition("://")
    if not separator or page_scheme not in DEFAULT_PORTS or scheme not in (None, page_scheme):
        return False
    default_port = DEFAULT_PORTS[page_scheme]
    origin_name, origin_port = split_host(authority)
    host_name, host_port = split_host(request.values("host")[0])
    return (origin_name, origin_port or default_port) == (host_name, host_port or default_port)


def split_host(value: str) -> tuple[str, int | None]:
    """Splits "name:port", "[v6]:port" or "name"; raises HandshakeError 400 for anything else.

    A dot at the end of the name is dropped: it only says that the name is complete (RFC 1034 section 3.1).
    """
    try:
        parts = urlsplit(f"//{value}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or parts.netloc != value or "@" in value:
        raise HandshakeError(400, "Host must be a name or address, and perhaps a port", "RFC 9112 section 3.2")
    complete = name[:-1] if name.endswith(".") else name
    if not complete or complete.endswith("."):
        raise HandshakeError(400, "a name in Host ends with one dot at most", "RFC 9112 section 3.2")
    return complete, port


def _check_name(text: str) -> str:
    try:
        return canonical_host(text)
    except ValueError as error:
        raise ValueError(f"host name {text[:80]!r} can never match: {error}; give the name alone") from None


def _check_origin(text: str) -> str:
    try:
        return text if text == ANY else canonical_origin(text)
    except ValueError as error:
        raise ValueError(f"allowed origin {text[:80]!r} can never match: {error}") from None


def _as_allowed(origin: str) -> str | None:
    """Returns an Origin in the same form as the allowed origins; None for an Origin that no browser sends."""
    try:
        return canonical_origin(origin) if origin.isascii() else None
    except ValueError:
        return None


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
