"""Experiments with the opening handshake: RFC 6455 section 4, and what a stranger may try on it."""

from __future__ import annotations

from gameserver.classroom.experiment import (
    GOODBYE,
    HOST,
    SAMPLE_KEY,
    Answer,
    Delivery,
    Experiment,
    fine,
    masked,
    opening,
    refused,
)
from Net.frames import TEXT

_READING = "RFC 6455 section 4.2.1"
_ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
_PROPER = opening("/echo")
_KEY_LINE = f"Sec-WebSocket-Key: {SAMPLE_KEY}\r\n"
_SECOND_REQUEST = f"GET /packets.json HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
# The sentence behind every refusal that has none of its own.
_DESCRIPTION = (
    "If the server, while reading the handshake, finds that the client did not send a handshake that matches the "
    "description below [...], including but not limited to any violations of the ABNF grammar specified for the "
    "components of the handshake, the server MUST stop processing the client's handshake and return an HTTP response "
    "with an appropriate error code (such as 400 Bad Request)."
)
_SAME_ORIGIN = (
    "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403 "
    "Forbidden) and abort the WebSocket handshake described in this section."
)


def _changed(old: str, new: str) -> str:
    """The proper handshake with one thing changed."""
    return _PROPER.replace(old, new)


HANDSHAKE_EXPERIMENTS = (
    # What a good one looks like ----------------------------------------------------------------------------------
    Experiment(
        "handshake-sample",
        "The handshake of the RFC's own example",
        "if the value of the Sec-WebSocket-Key header field in the client's handshake were "
        '"dGhlIHNhbXBsZSBub25jZQ==" [...] to give the value "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", which would be returned in '
        "the Sec-WebSocket-Accept header field.",
        "RFC 6455 section 1.3",
        (GOODBYE,),
        fine(says=_ACCEPT),
        "Key and GUID, SHA-1, base64: only a server that knows WebSocket can answer so.",
    ),
    Experiment(
        "handshake-in-capitals",
        "Names of headers, and some values, in other letters",
        'An Upgrade header field containing the value "websocket", treated as an ASCII case-insensitive value.',
        _READING,
        (GOODBYE,),
        fine(says=_ACCEPT),
        "Names of headers are the same in small and in capital letters; the key is not.",
        handshake=_changed("Upgrade: websocket\r\nConnection: Upgrade", "UPGRADE: WebSocket\r\nconnection: uPGRADE"),
    ),
    Experiment(
        "handshake-connection-list",
        "Connection with two tokens, as Firefox sends it",
        'A Connection header field that includes the token "Upgrade", treated as an ASCII case-insensitive value.',
        _READING,
        (GOODBYE,),
        fine(says=_ACCEPT),
        "Connection holds a list, so a server must look for the token in it and not compare the whole.",
        handshake=_changed("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
    ),
    Experiment(
        "handshake-unknown-header",
        "A header that the server does not know",
        "Optionally, other header fields, such as those used to send cookies or request authentication to a server. "
        "Unknown header fields are ignored, as per [RFC2616].",
        _READING,
        (GOODBYE,),
        fine(says=_ACCEPT),
        "What a server does not know it passes over; that is how HTTP could grow for thirty years.",
        handshake=opening("/echo", "X-Favourite-Colour: green", "Cookie: a=b"),
    ),
    Experiment(
        "handshake-byte-by-byte",
        "The handshake and a frame, one byte at a time",
        "Once the client's opening handshake has been sent, the client MUST wait for a response from the server before "
        "sending any further data.",
        "RFC 6455 section 4.1",
        (masked(TEXT, b"Hello"), GOODBYE),
        fine(Answer(TEXT, b"Hello"), says=_ACCEPT),
        "TCP is a stream without borders: a reader that expects one recv() to hold one request works only by luck.",
        delivery=Delivery.BYTE_BY_BYTE,
    ),
    Experiment(
        "handshake-and-frame-together",
        "A frame in the same packet as the handshake",
        "Once the client's opening handshake has been sent, the client MUST wait for a response from the server before "
        "sending any further data.",
        "RFC 6455 section 4.1",
        (GOODBYE,),
        fine(Answer(TEXT, b"Hello"), says=_ACCEPT),
        "The client is too quick, but the server must not lose what came behind the empty line: it is the first frame.",
        handshake=_PROPER + masked(TEXT, b"Hello").decode("latin-1"),
    ),
    Experiment(
        "handshake-subprotocol",
        "A subprotocol that the server does not speak",
        "if the server does not wish to agree to one of the suggested subprotocols, it MUST NOT send back a "
        "Sec-WebSocket-Protocol header field in its response",
        "RFC 6455 section 4.2.2",
        (GOODBYE,),
        fine(says=_ACCEPT),
        "The server stays silent about it; a client that needs its subprotocol must then close.",
        handshake=opening("/echo", "Sec-WebSocket-Protocol: soap, chat"),
    ),
    Experiment(
        "handshake-unknown-extension",
        "An extension that the server does not know",
        "Extensions not listed by the client MUST NOT be listed.",
        "RFC 6455 section 4.2.2",
        (GOODBYE,),
        fine(says=_ACCEPT),
        "An offer that is not answered is declined, and the connection works without it.",
        handshake=opening("/echo", "Sec-WebSocket-Extensions: permessage-telepathy; range=10"),
    ),
    # What must stand in it ---------------------------------------------------------------------------------------
    Experiment(
        "handshake-post",
        "POST instead of GET",
        "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1.",
        "RFC 6455 section 4.1",
        (),
        refused(405, "the method must be GET"),
        "405 comes with `Allow: GET`: the answer says what would have worked.",
        handshake=_changed("GET /echo", "POST /echo"),
    ),
    Experiment(
        "handshake-http-1.0",
        "HTTP/1.0",
        "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1.",
        "RFC 6455 section 4.1",
        (),
        refused(505, "the version must be HTTP/1.1"),
        "HTTP/1.0 knows no Upgrade.",
        handshake=_changed("HTTP/1.1", "HTTP/1.0"),
    ),
    Experiment(
        "handshake-no-host",
        "No Host",
        "A Host header field containing the server's authority.",
        _READING,
        (),
        refused(400, "there must be exactly one Host"),
        "Many names can lead to one address: Host says which of them was meant.",
        handshake=_changed(f"Host: {HOST}\r\n", ""),
    ),
    Experiment(
        "handshake-two-hosts",
        "Two Hosts",
        "A Host header field containing the server's authority.",
        _READING,
        (),
        refused(400, "there must be exactly one Host"),
        "If a proxy checks the first and the server believes the second, the check was for nothing.",
        handshake=opening("/echo", "Host: evil.example"),
        attacks=("aiohttp CVE-2026-34525",),
    ),
    Experiment(
        "handshake-no-upgrade",
        "No Upgrade: an ordinary request",
        'An Upgrade header field containing the value "websocket", treated as an ASCII case-insensitive value.',
        _READING,
        (),
        refused(404, "there is no such page here"),
        "Without Upgrade it is plain HTTP, and there is no page at /echo.",
        handshake=_changed("Upgrade: websocket\r\n", ""),
    ),
    Experiment(
        "handshake-no-connection",
        "No Connection: Upgrade",
        'A Connection header field that includes the token "Upgrade", treated as an ASCII case-insensitive value.',
        _READING,
        (),
        refused(400, "Connection must have the token Upgrade"),
        "Upgrade concerns one hop only, and Connection is where HTTP lists such headers: a proxy drops both.",
        handshake=_changed("Connection: Upgrade", "Connection: keep-alive"),
    ),
    Experiment(
        "handshake-no-key",
        "No key",
        "A Sec-WebSocket-Key header field with a base64-encoded [...] value that, when decoded, is 16 bytes in length.",
        _READING,
        (),
        refused(400, "there must be one Sec-WebSocket-Key"),
        "Without a key the server could not show that it has read this very handshake.",
        handshake=_changed(_KEY_LINE, ""),
    ),
    Experiment(
        "handshake-short-key",
        "A key of 15 bytes",
        "A Sec-WebSocket-Key header field with a base64-encoded [...] value that, when decoded, is 16 bytes in length.",
        _READING,
        (),
        refused(400, "there must be one Sec-WebSocket-Key of 16 bytes"),
        "Count them: 24 characters of base64 with `==` at the end are 16 bytes, 20 characters are 15.",
        handshake=_changed(SAMPLE_KEY, "dGhlIHNhbXBsZSBub25j"),
    ),
    Experiment(
        "handshake-key-not-base64",
        "A key that is not base64",
        "A Sec-WebSocket-Key header field with a base64-encoded [...] value that, when decoded, is 16 bytes in length.",
        _READING,
        (),
        refused(400, "there must be one Sec-WebSocket-Key of 16 bytes in base64"),
        "`!` is none of the 64 letters.",
        handshake=_changed(SAMPLE_KEY, "dGhlIHNhbXBsZSBub25jZ!=="),
    ),
    Experiment(
        "handshake-two-keys",
        "Two keys",
        "The request MUST include a header field with the name Sec-WebSocket-Key.",
        "RFC 6455 section 4.1",
        (),
        refused(400, "there must be one Sec-WebSocket-Key"),
        "Which of them should the answer belong to? Where two readings are possible, a server refuses.",
        handshake=opening("/echo", f"Sec-WebSocket-Key: {SAMPLE_KEY}"),
    ),
    Experiment(
        "handshake-no-version",
        "No version",
        "A Sec-WebSocket-Version header field, with a value of 13.",
        _READING,
        (),
        refused(426, "Sec-WebSocket-Version: 13"),
        "426 Upgrade Required names the version that would work.",
        handshake=_changed("Sec-WebSocket-Version: 13\r\n", ""),
    ),
    Experiment(
        "handshake-version-25",
        "A version of the future",
        "If the server doesn't support the requested version, it MUST respond with a Sec-WebSocket-Version header "
        "field [...] containing all versions it is willing to use.",
        "RFC 6455 section 4.4",
        (),
        refused(426, "Sec-WebSocket-Version: 13"),
        "The client may ask again with one of the versions in the answer: so a protocol can change without a flag day.",
        handshake=_changed("Version: 13", "Version: 25"),
    ),
    Experiment(
        "handshake-unknown-path",
        "A path where no WebSocket lives",
        "If the requested service is not available, the server MUST send an appropriate HTTP error code (such as 404 "
        "Not Found) and abort the WebSocket handshake.",
        "RFC 6455 section 4.2.2",
        (),
        refused(404, "there is no WebSocket at this path"),
        "One port, many services: the path chooses among them.",
        path="/nothing",
    ),
    Experiment(
        "handshake-extension-grammar",
        "An extension with a quoted string that never ends",
        "If a value is received by either the client or the server during negotiation that does not conform to the "
        "ABNF below, the recipient of such malformed data MUST immediately _Fail the WebSocket Connection_.",
        "RFC 6455 section 9.1",
        (),
        refused(400, "Sec-WebSocket-Extensions does not follow its grammar"),
        "A careless regular expression tries every way to read this and takes hours; one without choices takes none.",
        handshake=opening("/echo", 'Sec-WebSocket-Extensions: a;b="' + 40 * "\\c"),
        attacks=("websocket-extensions CVE-2020-7662", "websocket-extensions for Ruby CVE-2020-7663"),
    ),
    # Two readers, two meanings -----------------------------------------------------------------------------------
    Experiment(
        "handshake-folded-header",
        "A header folded over two lines",
        _DESCRIPTION,
        _READING,
        (),
        refused(400, "a header must not be folded over two lines"),
        "Old HTTP allowed it; a proxy that does not unfold sees a Transfer-Encoding where we see a long X.",
        handshake=opening("/echo", "X: a", " Transfer-Encoding: chunked"),
        attacks=("aiohttp CVE-2026-69243",),
    ),
    Experiment(
        "handshake-space-before-colon",
        "A space before the colon",
        _DESCRIPTION,
        _READING,
        (),
        refused(400, "a header line must be a name of token characters, a colon, a value"),
        "Some readers would drop the space and some the header: nothing that can be read in two ways is let through.",
        handshake=opening("/echo", "Transfer-Encoding : chunked"),
        attacks=("aiohttp CVE-2026-69243",),
    ),
    Experiment(
        "handshake-bare-line-feed",
        "Lines that end with LF alone",
        _DESCRIPTION,
        _READING,
        (),
        refused(400, "every line must end with CR LF"),
        "Typed by hand into a terminal this is what goes out: HTTP's lines end with two bytes, 0d 0a.",
        handshake=_PROPER.replace("\r\n", "\n"),
    ),
    Experiment(
        "handshake-body",
        "A request with a body, and another request in it",
        "The handshake MUST be a valid HTTP request as specified by [RFC2616].",
        "RFC 6455 section 4.1",
        (),
        refused(400, "a body is not allowed here"),
        "Request smuggling: a proxy sees one request, and a server that skips the length sees two.",
        handshake=opening("/echo", f"Content-Length: {len(_SECOND_REQUEST)}") + _SECOND_REQUEST,
        attacks=("aiohttp CVE-2026-69243",),
    ),
    Experiment(
        "handshake-control-characters",
        "A header that moves the cursor of whoever reads the log",
        _DESCRIPTION,
        _READING,
        (),
        refused(400, "a header's value must not have control characters"),
        "ESC [ 2 J clears a terminal: look at the server's log, which still has one clean line for this.",
        handshake=opening("/echo", "User-Agent: \x1b[2J"),
        attacks=("CWE-117",),
    ),
    # Too much, and too little ------------------------------------------------------------------------------------
    Experiment(
        "handshake-65-headers",
        "More headers than allowed",
        _DESCRIPTION,
        _READING,
        (),
        refused(431, "the head may have 64 fields"),
        "A limit that stands in the code can be read, tested and explained; one that is missing is found by others.",
        handshake=opening("/echo", *(60 * ["X: y"])),
        attacks=("ws CVE-2024-37890",),
    ),
    Experiment(
        "handshake-long-header",
        "A header of 8 KiB",
        _DESCRIPTION,
        _READING,
        (),
        refused(431, "the head may have 8192 bytes"),
        "The head is refused as soon as it is too long, not when its end comes.",
        handshake=opening("/echo", "X: " + 8192 * "a"),
        attacks=("tungstenite CVE-2023-43669",),
    ),
    Experiment(
        "handshake-spaces",
        "A list with a thousand spaces in it",
        _DESCRIPTION,
        _READING,
        (),
        refused(400, "Connection must have the token Upgrade"),
        "Answered at once: lists are split at their commas, without a pattern that goes back and forth.",
        handshake=_changed("Connection: Upgrade", "Connection: b" + 1000 * " " + "x"),
        attacks=("ws CVE-2021-32640",),
    ),
    Experiment(
        "handshake-never-ends",
        "A handshake that stops in the middle (takes 5 seconds)",
        _DESCRIPTION,
        _READING,
        (),
        refused(408, "the head must arrive within 5 s"),
        "Slowloris holds a thread for as long as the server is patient: have patience, but write down how much.",
        handshake=_PROPER[:-2],
        attacks=("slowloris, CVE-2007-6750",),
    ),
    Experiment(
        "handshake-hang-up",
        "A client that leaves in the middle of its handshake",
        _DESCRIPTION,
        _READING,
        (),
        refused(0, ""),
        "There is nobody left to answer: the server logs one line and gives the thread back.",
        handshake=_PROPER[:40],
        hangs_up=True,
        attacks=("half-open handshakes",),
    ),
    # Pages of other sites ----------------------------------------------------------------------------------------
    Experiment(
        "handshake-own-origin",
        "A page of this very server",
        "The request MUST include a header field with the name Origin [RFC6454] if the request is coming from a "
        "browser client.",
        "RFC 6455 section 4.1",
        (GOODBYE,),
        fine(says=_ACCEPT),
        "Origin and Host agree: the page came from here.",
        handshake=opening("/echo", f"Origin: http://{HOST}"),
    ),
    Experiment(
        "handshake-foreign-origin",
        "A page of another site, in the browser of one of you",
        _SAME_ORIGIN,
        "RFC 6455 section 4.2.2",
        (),
        refused(403, "pages of 'http://evil.example' may not connect"),
        "A browser lets any page open a WebSocket to any server: only the server can say no.",
        handshake=opening("/echo", "Origin: http://evil.example"),
        attacks=("webpack-dev-server CVE-2018-14732", "Vite CVE-2025-24010"),
    ),
    Experiment(
        "handshake-origin-address",
        "A foreign page at an IP address",
        _SAME_ORIGIN,
        "RFC 6455 section 4.2.2",
        (),
        refused(403, "pages of 'http://192.0.2.1' may not connect"),
        "An address is no proof of being a neighbour: it is compared like any name.",
        handshake=opening("/echo", "Origin: http://192.0.2.1"),
        attacks=("webpack-dev-server CVE-2025-30360",),
    ),
    Experiment(
        "handshake-rebinding",
        "A foreign name that was pointed at this machine",
        "Servers that are not intended to process input from any web page but only for certain sites SHOULD verify the "
        "Origin field is an origin they expect.",
        "RFC 6455 section 10.2",
        (),
        refused(421, "this server does not go by the name 'evil.example'"),
        "The owner of a name may point it anywhere, even here; then Origin and Host agree, and only the name is wrong.",
        handshake=_changed(f"Host: {HOST}", "Host: evil.example").replace(
            "\r\n\r\n", "\r\nOrigin: http://evil.example\r\n\r\n"
        ),
        attacks=("DNS rebinding", "Vite CVE-2025-24010"),
    ),
)
