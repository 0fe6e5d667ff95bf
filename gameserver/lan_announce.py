"""Helps people in the same room find the server: a QR code of its address, and its name on the local network.

In:  the addresses from `Net.port.lan`; the server prints the same ones. Out: a QR code, a page, an announcement.
Both features need packages of the extra `lan` (segno, zeroconf). Without these packages, one line says what to install,
and the rest of the server works.
"""

from __future__ import annotations

import io
import logging
import threading
from typing import Any, Sequence

from Net.errors import HandshakeError
from Net.port.host_names import machine_name
from Net.port.http import Page
from Net.port.lan import ANY_HOST, ANY_IPV6_HOST, reachable_addresses

log = logging.getLogger(__name__)

HOW_TO_INSTALL = "python -m pip install '.[lan]'"
NOBODY_ELSE = "no other machine can open this server: see --host"
# The announced name if the machine's own name is no host name.
_NAMELESS = "game-server"
# The kind of service that web browsers and file managers look for (RFC 6763 section 4.1.2).
_SERVICE = "_http._tcp.local."


def why_nobody_else(host: str) -> str:
    """Returns why no other machine can open a server that listens on `host`, and what to do."""
    if host not in (ANY_HOST, ANY_IPV6_HOST):
        return f"Only this machine can open it; for others, start it with --host {ANY_HOST}."
    other = ANY_IPV6_HOST if host == ANY_HOST else ANY_HOST
    kind, other_kind = ("IPv4", "IPv6") if host == ANY_HOST else ("IPv6", "IPv4")
    if reachable_addresses(other):
        return (
            f"This machine has no {kind} address that others can open, but {other_kind}: start it with --host {other}"
        )
    return "Only this machine can open it: it is on no network."


def qr_for_terminal(url: str) -> str | None:
    """Returns the QR code as characters for light and dark terminals; None without segno."""
    try:
        import segno
    except ImportError:
        return None
    out = io.StringIO()
    segno.make(url, micro=False).terminal(out=out, border=2, compact=True)
    return out.getvalue()


def qr_page(url: str | None) -> Page:
    """Returns the QR code as a picture that fills the window, for a projector.

    url: None if no other machine can open the server. Raises HandshakeError 404 if url is None or segno is missing.
    """
    if url is None:
        raise HandshakeError(404, NOBODY_ELSE, "RFC 9110 section 15.5.5")
    try:
        import segno
    except ImportError:
        problem = f"a QR code needs a package that is not installed: {HOW_TO_INSTALL}"
        raise HandshakeError(404, problem, "RFC 9110 section 15.5.5") from None
    out = io.BytesIO()
    segno.make(url, micro=False).save(out, kind="svg", border=4, light="white", omitsize=True, xmldecl=False)
    return Page("image/svg+xml", out.getvalue())


class Announcement:
    """The running server's entry in the lists of services on the local network (multicast DNS).

    addresses: other machines can open the server at these; if there are none, nothing is announced.
    """

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        self._addresses = list(addresses)
        self._port = port
        self._zeroconf: Any = None
        # The check that the name is free takes about a second. A thread of its own does it, so that nobody waits.
        self._thread = threading.Thread(target=self._register, name="announce", daemon=True)

    def start(self) -> None:
        """Starts to announce, if others can reach the server and zeroconf is installed; logs a failure in one line."""
        if self._addresses:
            self._thread.start()

    def stop(self) -> None:
        """Removes the entry."""
        if self._thread.is_alive():
            self._thread.join()
        if self._zeroconf is not None:
            self._zeroconf.close()

    def _register(self) -> None:
        try:
            from zeroconf import IPVersion, ServiceInfo, Zeroconf
        except ImportError:
            return
        name = (machine_name() or _NAMELESS).partition(".")[0]
        kind = IPVersion.V6Only if ":" in self._addresses[0] else IPVersion.V4Only
        try:
            # Announce only on addresses at which the server can be opened, and never on an interface that is down.
            self._zeroconf = Zeroconf(interfaces=self._addresses, ip_version=kind)
            info = ServiceInfo(
                _SERVICE,
                f"{name}.{_SERVICE}",
                port=self._port,
                parsed_addresses=self._addresses,
                properties={"path": "/"},
                server=f"{name}.local.",
            )
            self._zeroconf.register_service(info, allow_name_change=True)
            log.info("announced on the local network as %s", info.name)
        except Exception as error:  # zeroconf's errors have no common base class, and none may stop the game
            log.info("not announced on the local network: %s", str(error) or type(error).__name__)
