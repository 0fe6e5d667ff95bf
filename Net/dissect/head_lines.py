"""Explains each line of an opening handshake. The meaning of a line can depend on the side that sent it.

In:  the bytes of a head, whole or incomplete. Out: `HandshakeLine` records.
Raises nothing, and checks nothing: Net.handshake checks the rules.
"""

from __future__ import annotations

from Net.dissect.records import HandshakeLine
from Net.handshake import END_OF_HEAD, is_interim, start_of_head

_MEANINGS = {
    "host": ("which site is meant: one server may have many names", "RFC 9112 section 3.2"),
    "sec-websocket-key": ("16 random bytes in base64, new for each connection", "RFC 6455 section 4.1"),
    "sec-websocket-version": ("the only version there is: 13", "RFC 6455 section 4.4"),
    "sec-websocket-accept": ("is to prove that the server has read the key", "RFC 6455 section 4.2.2"),
    "sec-websocket-extensions": ("extensions: offered by the client, agreed on by the server", "RFC 6455 section 9.1"),
    "sec-websocket-protocol": ("subprotocols: offered by the client, one chosen by the server", "RFC 6455 section 1.9"),
    "origin": ("the page that the script came from; a browser always tells the truth here", "RFC 6455 section 10.2"),
    "cookie": ("what this site has stored in the browser", "RFC 6265 section 4.2"),
    "user-agent": ("which program asks", "RFC 9110 section 10.1.5"),
}
_OTHER_FIELD = ("not part of the opening handshake", "RFC 9110 section 5")
# The meanings of Upgrade and Connection. They depend on the value of the field, and on the side that sent it.
_ASKS = ("asks to change the protocol of this TCP connection to WebSocket", "RFC 6455 section 4.2.1")
_AGREES = ("agrees: the protocol of this TCP connection is WebSocket from here on", "RFC 6455 section 4.2.2")
_NAMES = ("names a protocol that could be changed to", "RFC 9110 section 7.8")
_FOR_NEIGHBOUR = "says that Upgrade is meant for the next server, not for one behind it"
_FOR_CLIENT = "says that Upgrade comes from this server, not from one behind it"
_OPTIONS = ("options of this one TCP connection", "RFC 9110 section 7.6.1")
_CUT = ("has not come whole", "RFC 9112 section 2.1")
_REQUEST_LINE = ("method, what is asked for, version: an upgrade starts as an ordinary GET", "RFC 6455 section 4.1")
_SWITCHES = ("101: from the next byte on, both sides speak WebSocket", "RFC 6455 section 4.2.2")
_INTERIM = ("1xx: an interim answer, which is passed over; the final one follows", "RFC 9110 section 15.2")
_STAYS = ("not 101: the server does not change to WebSocket, and no frames follow", "RFC 6455 section 4.2.2")


def explain_lines(head: bytes, from_client: bool, switches: bool) -> tuple[HandshakeLine, ...]:
    """Returns the lines of a request, or of a response. switches: whether its status is 101."""
    text, end, _ = head[start_of_head(head) :].partition(END_OF_HEAD)
    first, *others = text.decode("latin-1").split("\r\n")
    about = _REQUEST_LINE if from_client else _about_status(head, switches)
    lines = [HandshakeLine(first, "", first, *about), *(_line(other, from_client, switches) for other in others)]
    if not end:  # the last line is not whole, or it is empty because no next line has begun
        *lines, cut = lines
        lines += [HandshakeLine(cut.text, cut.name, cut.value, *_CUT)] if cut.text.strip() or not lines else []
    return tuple(lines)


def _about_status(response: bytes, switches: bool) -> tuple[str, str]:
    if is_interim(response):
        return _INTERIM
    return _SWITCHES if switches else _STAYS


def _line(text: str, from_client: bool, switches: bool) -> HandshakeLine:
    name, _, value = text.partition(":")
    meaning, section = _meaning(name.lower(), value.lower(), from_client, switches)
    return HandshakeLine(text, name, value.strip(" \t"), meaning, section)


def _meaning(name: str, value: str, from_client: bool, switches: bool) -> tuple[str, str]:
    if name == "upgrade":
        if "websocket" not in value or not (from_client or switches):
            return _NAMES  # a response such as 426 names the protocols that the server accepts
        return _ASKS if from_client else _AGREES
    if name == "connection":
        if "upgrade" not in value:
            return _OPTIONS
        return (_FOR_NEIGHBOUR, "RFC 6455 section 4.2.1") if from_client else (_FOR_CLIENT, "RFC 6455 section 4.2.2")
    return _MEANINGS.get(name, _OTHER_FIELD)
