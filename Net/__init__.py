"""The network layer: bytes in, packets out. It imports nothing from `gameserver`.

Most programs need only the names of `__all__`: `from Net import connect, Limits`. The public modules, from the socket
to the packet:

    client          `connect`: opens a WebSocket as a client
    websocket       `WebSocket`: one connection; its parts are `outbox` (what is sent) and `messages` (what is read)
    port.listener   `Listener`: the accept loop, a thread for each connection; the rest of `port` are its parts
    limits          `Limits`: every number of the wire, with its reason
    errors          `ProtocolError`, `HandshakeError`, `PacketError`, `ConnectionClosed`
    close_codes     `CloseCode`: the names of RFC 6455 section 7.4.1
    frames          `Frame`, `FrameReader`, `serialize`, the opcodes; no sockets
    messages        `MessageReader`, the events `Ping`, `Pong` and `Close`; no sockets
    handshake       requests and responses of the opening handshake; no sockets
    deflate         permessage-deflate (RFC 7692); `extensions` reads the header that agrees on it
    tap             `Tap`: sees every byte of a connection
    PacketCodes     the table of packets, and the table in which the game enters a handler for each; `packets` encodes
                    and decodes them; `own_packets` adds those of a game of one's own
    wire_format     `WireFormat`: how one client wants its packets; `shared_packets` makes a packet once for many
                    clients
    dissect         takes bytes apart for people: `python -m Net.dissect`
    text            makes text from strangers safe to print on a terminal

The way of a packet from a client: `WebSocket.receive` returns a message, `packets.PacketTable.decode` makes a packet of
it, and `PacketCodes.dispatch` calls its handler. The handlers are in gameserver/handlers.py: there the packet leaves
Net.

A name that starts with an underscore belongs to its module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from Net.face import lazy_names

if TYPE_CHECKING:
    from Net.client import connect
    from Net.close_codes import CloseCode
    from Net.errors import ConnectionClosed, ProtocolError
    from Net.limits import Limits
    from Net.websocket import WebSocket

__all__ = ["CloseCode", "ConnectionClosed", "Limits", "ProtocolError", "WebSocket", "connect"]

_MODULES = {
    "CloseCode": "Net.close_codes",
    "ConnectionClosed": "Net.errors",
    "Limits": "Net.limits",
    "ProtocolError": "Net.errors",
    "WebSocket": "Net.websocket",
    "connect": "Net.client",
}

__getattr__, __dir__ = lazy_names(__name__, _MODULES)
