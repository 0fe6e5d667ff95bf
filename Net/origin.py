"""Who may come in through a browser: RFC 6455 section 10.2.

A page of any site can open a WebSocket to a server in the visitor's own network. Two header fields tell on it:
`Origin` names the page's site, and `Host` the name the browser looked up. A page of another site is refused by its
Origin; one whose own name was pointed at this machine (DNS rebinding) has a matching Origin and is refused by its Host.
Programs that are no browsers send no Origin and may come in: they could claim anything anyway.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Iterable, NamedTuple
from urllib.parse import urlsplit

from Net.errors import HandshakeError
from Net.handshake import Request

ANY = "*"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class OriginPolicy(NamedTuple):
    """The rule: `host_names` this server goes by, and foreign `origins` that are let in ("*": all)."""

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
        """Raises HandshakeError 403 if the page that asks is not of this server nor of an allowed site.

        scheme: by which this server was opened, where it is known. A page that came unencrypted may have been changed
        on its way, so it is no page of a server behind TLS.
        """
        origins = request.values("origin")
        if not origins or ANY in self.origins:
            return
        if len(origins) == 1 and (origins[0].lower() in self.origins or is_same_origin(request, scheme)):
            return
        raise HandshakeError(
            403, f"pages of {origins[0][:80]!r} may not connect: see --allow-origin", "RFC 6455 section 10.2"
        )


def make_policy(host_names: Iterable[str] = (), origins: Iterable[str] = ()) -> OriginPolicy:
    """The rule for this machine: its own name with and without .local, localhost, and the given names and origins."""
    machine = socket.gethostname().lower()
    short = machine.split(".")[0]
    own_names = {"localhost", machine, short, f"{short}.local"}
    return OriginPolicy(
        frozenset(own_names | {name.lower() for name in host_names}),
        frozenset(origin.lower().rstrip("/") for origin in origins),
    )


def is_same_origin(request: Request, scheme: str | None = None) -> bool:
    """Whether Origin's host and port are those of Host; "null" (a sandboxed page or a file) never is."""
    page_scheme, separator, authority = request.values("origin")[0].lower().partition("://")
    if not separator or page_scheme not in _DEFAULT_PORTS or scheme not in (None, page_scheme):
        return False
    default_port = _DEFAULT_PORTS[page_scheme]
    origin_name, origin_port = split_host(authority)
    host_name, host_port = split_host(request.values("host")[0])
    return (origin_name, origin_port or default_port) == (host_name, host_port or default_port)


def split_host(value: str) -> tuple[str, int | None]:
    """Splits "name:port", "[v6]:port" or "name"; raises HandshakeError 400 for anything else."""
    try:
        parts = urlsplit(f"//{value}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or parts.netloc != value or "@" in value:
        raise HandshakeError(400, "Host must be a name or address, and perhaps a port", "RFC 9112 section 3.2")
    return name, port


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
