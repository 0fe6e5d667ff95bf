"""Tests of the opening handshake against RFC 6455 section 4 and RFC 9112."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import pytest

from Net.errors import HandshakeError
from Net.handshake import (
    Request,
    accept_key,
    build_head,
    check_response,
    check_upgrade,
    find_end_of_head,
    is_interim,
    parse_request,
    refusal,
    switching_protocols,
    upgrade_request,
)
from Net.limits import Limits

LIMITS = Limits(head_bytes=2000, head_fields=20)

# Section 1.3.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
RFC_REQUEST = (
    "GET /chat HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\n"
    "Origin: http://example.com\r\n"
    "Sec-WebSocket-Protocol: chat, superchat\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "\r\n"
)
RFC_RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {ACCEPT}\r\n"
    "\r\n"
)


def read_upgrade(head: bytes) -> Request:
    """Makes all the server's checks of a head; returns the request or raises HandshakeError."""
    end = find_end_of_head(head, LIMITS)
    assert end == len(head)
    request = parse_request(head, LIMITS)
    assert check_upgrade(request) == KEY
    return request


def changed(old: str, new: str) -> bytes:
    """The RFC's request with a small change."""
    assert old in RFC_REQUEST
    return RFC_REQUEST.replace(old, new).encode("latin-1")


def with_field(line: str) -> bytes:
    return changed("\r\n\r\n", f"\r\n{line}\r\n\r\n")


# The accept key ------------------------------------------------------------------------------------------------


def test_the_accept_key_of_section_1_3() -> None:
    assert accept_key(KEY) == ACCEPT


def test_the_accept_key_is_the_hash_that_section_4_2_2_describes() -> None:
    for _ in range(20):
        key = base64.b64encode(os.urandom(16)).decode()
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert accept_key(key) == base64.b64encode(digest).decode()


# The server's half ---------------------------------------------------------------------------------------------


def test_the_request_of_section_1_2_is_understood() -> None:
    request = read_upgrade(RFC_REQUEST.encode())
    assert (request.method, request.path, request.query) == ("GET", "/chat", "")
    assert request.values("host") == ["server.example.com"]
    assert request.items("sec-websocket-protocol") == ["chat", "superchat"]
    assert request.asks_for_websocket()


def test_the_answer_of_section_1_3_is_written_to_the_letter() -> None:
    assert switching_protocols(KEY) == RFC_RESPONSE.encode()
    more = switching_protocols(KEY, [("Sec-WebSocket-Protocol", "chat")])
    assert more == RFC_RESPONSE.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n").encode()


GOOD = {
    "as in the RFC": RFC_REQUEST.encode(),
    "names in capitals": changed("Host: ", "HOST: ").replace(b"Upgrade: ", b"UPGRADE: "),
    "websocket in capitals": changed("Upgrade: websocket", "Upgrade: WebSocket"),
    "no space behind the colon": changed("Host: ", "Host:"),
    "white space round a value": changed("websocket", " \twebsocket\t "),
    "other things to upgrade to": changed("Upgrade: websocket", "Upgrade: h2c, websocket"),
    "Firefox's Connection": changed("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
    "Connection in small letters": changed("Connection: Upgrade", "Connection: upgrade"),
    "Connection over two lines": changed("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
    "empty members of a list": changed("Connection: Upgrade", "Connection: , ,Upgrade,"),
    "an empty value": with_field("X-Empty:"),
    "bytes beyond ASCII in a value": with_field("X-Name: Gr\xfc\xdfe"),
    "every character of a token": with_field("!#$%&'*+-.^_`|~09azAZ: x"),
    "subprotocols over two lines": with_field("Sec-WebSocket-Protocol: third"),
    "subprotocols that differ in capitals": with_field("Sec-WebSocket-Protocol: CHAT"),
    "empty members among subprotocols": changed("chat, superchat", ", chat,, superchat,"),
    "no subprotocol": changed("Sec-WebSocket-Protocol: chat, superchat\r\n", ""),
    "an empty list of subprotocols": changed("chat, superchat", ""),
    "a list of no subprotocols": changed("chat, superchat", " , ,"),
    "a body of no bytes": with_field("Content-Length: 0"),
    "HTTP/1.2": changed("HTTP/1.1", "HTTP/1.2"),
    "HTTP/1.9": changed("HTTP/1.1", "HTTP/1.9"),
    "an empty line before it": b"\r\n" + RFC_REQUEST.encode(),
    "many empty lines before it": 99 * b"\r\n" + RFC_REQUEST.encode(),
    "a whole URL": changed("/chat", "http://server.example.com/chat"),
    "a whole URL with the default port": changed("/chat", "HTTP://Server.Example.com:80/chat"),
    "a whole URL with an empty port": changed("/chat", "http://server.example.com:/chat"),
    "a whole URL of https": changed("/chat", "https://server.example.com:443/chat"),
    "a whole URL without a path": changed("/chat", "http://server.example.com"),
    "a whole URL with a query and no path": changed("/chat", "http://server.example.com?x=1"),
    "the most fields": changed("\r\n\r\n", "\r\nX: y" * 13 + "\r\n\r\n"),
}


@pytest.mark.parametrize("head", GOOD.values(), ids=GOOD)
def test_a_good_request_is_accepted(head: bytes) -> None:
    read_upgrade(head)


class Bad(NamedTuple):
    status: int
    section: str
    head: bytes


BAD = {
    # The request line.
    "POST": Bad(405, "RFC 6455 section 4.1", changed("GET", "POST")),
    "HEAD": Bad(405, "RFC 6455 section 4.1", changed("GET", "HEAD")),
    "get in small letters": Bad(405, "RFC 6455 section 4.1", changed("GET", "get")),
    "a method that is no token": Bad(400, "RFC 9110 section 9.1", changed("GET", "G(T")),
    "no method": Bad(400, "RFC 9110 section 9.1", changed("GET ", " ")),
    "HTTP/1.0": Bad(505, "RFC 6455 section 4.1", changed("HTTP/1.1", "HTTP/1.0")),
    "HTTP/2.0": Bad(505, "RFC 6455 section 4.1", changed("HTTP/1.1", "HTTP/2.0")),
    "HTTP/0.9": Bad(505, "RFC 6455 section 4.1", changed("HTTP/1.1", "HTTP/0.9")),
    "HTTP/1.10": Bad(505, "RFC 6455 section 4.1", changed("HTTP/1.1", "HTTP/1.10")),
    "OPTIONS *": Bad(405, "RFC 6455 section 4.1", changed("GET /chat", "OPTIONS *")),
    "CONNECT with a host and a port": Bad(
        405, "RFC 6455 section 4.1", changed("GET /chat", "CONNECT server.example.com:80")
    ),
    "GET *": Bad(400, "RFC 9112 section 3.2", changed("/chat", "*")),
    "OPTIONS **": Bad(400, "RFC 9112 section 3.2", changed("GET /chat", "OPTIONS **")),
    "GET with a host and a port": Bad(400, "RFC 9112 section 3.2", changed("/chat", "server.example.com:80")),
    "CONNECT with a user": Bad(400, "RFC 9112 section 3.2", changed("GET /chat", "CONNECT me@server.example.com:80")),
    "a query that is no path": Bad(400, "RFC 9112 section 3.2", changed("/chat", "?x")),
    "a whole URL of another port": Bad(
        400, "RFC 9112 section 3.2.2", changed("/chat", "http://server.example.com:443/chat")
    ),
    "a whole URL with a user": Bad(
        400, "RFC 9112 section 3.2.2", changed("/chat", "http://me@server.example.com/chat")
    ),
    "a whole URL of another scheme": Bad(
        400, "RFC 9112 section 3.2", changed("/chat", "ftp://server.example.com/chat")
    ),
    "a space before the request line": Bad(400, "RFC 9112 section 3", changed("GET ", " GET ")),
    "a space behind the request line": Bad(400, "RFC 9112 section 3", changed("HTTP/1.1", "HTTP/1.1 ")),
    "a bare CR before the request line": Bad(400, "RFC 9110 section 9.1", b"\r" + RFC_REQUEST.encode()),
    "a bare line feed before the request line": Bad(400, "RFC 9112 section 2.2", b"\n" + RFC_REQUEST.encode()),
    "http/1.1": Bad(505, "RFC 6455 section 4.1", changed("HTTP/1.1", "http/1.1")),
    "no version": Bad(400, "RFC 9112 section 3", changed(" HTTP/1.1", "")),
    "two spaces": Bad(400, "RFC 9112 section 3", changed("GET ", "GET  ")),
    "a tab for a space": Bad(400, "RFC 9112 section 3", changed("GET ", "GET\t")),
    "a space in the target": Bad(400, "RFC 9112 section 3", changed("/chat", "/ch at")),
    "an empty request line": Bad(400, "RFC 9112 section 3", changed("GET /chat HTTP/1.1", "")),
    "a target that is no path": Bad(400, "RFC 9112 section 3.2", changed("/chat", "chat")),
    "a whole URL of another host as target": Bad(
        400, "RFC 9112 section 3.2.2", changed("/chat", "http://other.example/chat")
    ),
    "a control character in the target": Bad(400, "RFC 9112 section 3.2", changed("/chat", "/\x00chat")),
    "a bare CR in the target": Bad(400, "RFC 9112 section 3.2", changed("/chat", "/\rchat")),
    "a byte beyond ASCII in the target": Bad(400, "RFC 9112 section 3.2", changed("/chat", "/\xe9")),
    # Heads that two readers could understand differently (request smuggling).
    "no Host": Bad(400, "RFC 9112 section 3.2", changed("Host: server.example.com\r\n", "")),
    "two Hosts": Bad(400, "RFC 9112 section 3.2", with_field("Host: other.example")),
    "the same Host twice": Bad(400, "RFC 9112 section 3.2", with_field("Host: server.example.com")),
    "Transfer-Encoding": Bad(400, "RFC 9112 section 6", with_field("Transfer-Encoding: chunked")),
    "Transfer-Encoding: identity": Bad(400, "RFC 9112 section 6", with_field("Transfer-Encoding: identity")),
    "an empty Transfer-Encoding": Bad(400, "RFC 9112 section 6", with_field("Transfer-Encoding:")),
    "a body": Bad(400, "RFC 9112 section 6", with_field("Content-Length: 5")),
    "Content-Length +0": Bad(400, "RFC 9112 section 6", with_field("Content-Length: +0")),
    "Content-Length 0, 5": Bad(400, "RFC 9112 section 6", with_field("Content-Length: 0, 5")),
    "two Content-Lengths": Bad(400, "RFC 9112 section 6", with_field("Content-Length: 0\r\nContent-Length: 5")),
    "a bare line feed": Bad(400, "RFC 9112 section 2.2", changed("Upgrade: websocket\r\n", "Upgrade: websocket\n")),
    "a folded line": Bad(400, "RFC 9112 section 5.2", with_field("X-Long: a\r\n b")),
    "a line folded with a tab": Bad(400, "RFC 9112 section 5.2", with_field("X-Long: a\r\n\tb")),
    "a first field with a space before it": Bad(400, "RFC 9112 section 5.2", changed("Host: ", " Host: ")),
    "a space before the colon": Bad(400, "RFC 9112 section 5", changed("Host: ", "Host : ")),
    "a space in a name": Bad(400, "RFC 9112 section 5", with_field("X Y: z")),
    "a line without a colon": Bad(400, "RFC 9112 section 5", with_field("nonsense")),
    "a line without a name": Bad(400, "RFC 9112 section 5", with_field(": nonsense")),
    "a name beyond ASCII": Bad(400, "RFC 9112 section 5", with_field("X-\xe9: z")),
    "a null in a value": Bad(400, "RFC 9110 section 5.5", with_field("X: a\x00b")),
    "a bare CR in a value": Bad(400, "RFC 9110 section 5.5", with_field("X: a\rHost: b")),
    "an escape in a value": Bad(400, "RFC 9110 section 5.5", with_field("X: \x1b[2J")),
    "DEL in a value": Bad(400, "RFC 9110 section 5.5", with_field("X: \x7f")),
    # WebSocket.
    "no Connection": Bad(400, "RFC 6455 section 4.2.1", changed("Connection: Upgrade\r\n", "")),
    "Connection: close": Bad(400, "RFC 6455 section 4.2.1", changed("Connection: Upgrade", "Connection: close")),
    "Connection: not-upgrade": Bad(400, "RFC 6455 section 4.2.1", changed("Connection: Upg", "Connection: not-Upg")),
    "no version of WebSocket": Bad(426, "RFC 6455 section 4.4", changed("Sec-WebSocket-Version: 13\r\n", "")),
    "version 8": Bad(426, "RFC 6455 section 4.4", changed("Version: 13", "Version: 8")),
    "version 14": Bad(426, "RFC 6455 section 4.4", changed("Version: 13", "Version: 14")),
    "two versions": Bad(426, "RFC 6455 section 4.4", with_field("Sec-WebSocket-Version: 13")),
    "no key": Bad(400, "RFC 6455 section 4.2.1", changed(f"Sec-WebSocket-Key: {KEY}\r\n", "")),
    "an empty key": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, "")),
    "two keys": Bad(400, "RFC 6455 section 4.2.1", with_field(f"Sec-WebSocket-Key: {KEY}")),
    "a key of 15 bytes": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, base64.b64encode(bytes(15)).decode())),
    "a key of 17 bytes": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, base64.b64encode(bytes(17)).decode())),
    "a key that is not base64": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, "dGhlIHNhbXBsZSBub25jZ!==")),
    "a key without padding": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, KEY.rstrip("="))),
    "a key beyond ASCII": Bad(400, "RFC 6455 section 4.2.1", changed(KEY, "\xe9" * 24)),
    "a subprotocol with a space in it": Bad(400, "RFC 6455 section 4.3", changed("superchat", "super chat")),
    "a subprotocol in quotes": Bad(400, "RFC 6455 section 4.3", changed("superchat", '"superchat"')),
    "a subprotocol beyond ASCII": Bad(400, "RFC 6455 section 4.3", changed("superchat", "superch\xe4t")),
    "a subprotocol twice": Bad(400, "RFC 6455 section 4.1", changed("superchat", "chat")),
    "a subprotocol twice over two lines": Bad(
        400, "RFC 6455 section 4.1", with_field("Sec-WebSocket-Protocol: superchat")
    ),
    # Limits.
    "too many fields": Bad(431, "RFC 6585 section 5", changed("\r\n\r\n", "\r\nX: y" * 14 + "\r\n\r\n")),
    "too long a head": Bad(431, "RFC 6585 section 5", with_field("X: " + "y" * 2000)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_request_is_refused_with_its_status_and_section(bad: Bad) -> None:
    with pytest.raises(HandshakeError) as refused:
        read_upgrade(bad.head)
    assert (refused.value.status, refused.value.section) == (bad.status, bad.section)


def test_the_server_says_which_method_it_wants() -> None:
    with pytest.raises(HandshakeError) as refused:
        read_upgrade(changed("GET", "POST"))
    assert ("Allow", "GET") in refused.value.headers


def test_the_server_says_which_version_it_speaks() -> None:
    """Section 4.4. RFC 9110 section 15.5.22: an answer with status 426 must have the field Upgrade."""
    with pytest.raises(HandshakeError) as refused:
        read_upgrade(changed("Version: 13", "Version: 8"))
    assert ("Sec-WebSocket-Version", "13") in refused.value.headers
    assert ("Upgrade", "websocket") in refused.value.headers


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_every_refusal_is_a_valid_response_that_says_why_in_a_sentence(bad: Bad) -> None:
    with pytest.raises(HandshakeError) as refused:
        read_upgrade(bad.head)
    head, _, body = refusal(refused.value).partition(b"\r\n\r\n")
    status_line, *lines = head.decode("ascii").split("\r\n")
    fields = [tuple(line.split(": ", 1)) for line in lines]
    version, status, phrase = status_line.split(" ", 2)
    assert (version, status) == ("HTTP/1.1", str(bad.status))
    assert phrase
    assert ("Content-Length", str(len(body))) in fields
    assert ("Content-Type", "text/plain; charset=utf-8") in fields
    assert ("Connection", "close") in fields
    text = body.decode("utf-8")
    assert len(text.split()) >= 5
    assert bad.section in text
    assert text.endswith("\n")
    assert text.isprintable() or text[:-1].isprintable()


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize(("method", "has_body"), [(b"GET", True), (b"HEAD", False), (b"HEADER", True), (b"head", True)])
def test_a_refusal_of_the_method_head_has_no_body(method: bytes, has_body: bool, before: bytes) -> None:
    error = HandshakeError(404, "there is no such page here", "RFC 9110 section 15.5.5")
    full, _, body = refusal(error).partition(b"\r\n\r\n")
    asked, _, asked_body = refusal(error, before + method + b" /nowhere HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    assert without_date(asked) == without_date(full)
    assert asked_body == (body if has_body else b"")


def without_date(head: bytes) -> list[bytes]:
    return [line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")]


def test_a_refusal_has_the_date_as_http_writes_it() -> None:
    """RFC 9110 section 5.6.7, read by the standard library."""
    head = refusal(HandshakeError(404, "there is no such page here", "RFC 9110 section 15.5.5"))
    (line,) = [line for line in head.decode().split("\r\n") if line.startswith("Date: ")]
    assert re.fullmatch(r"Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", line)
    assert abs(parsedate_to_datetime(line[6:]).timestamp() - time.time()) < 60


@pytest.mark.parametrize("upgrade", ["", "h2c", "websockets", "web socket"])
def test_a_request_without_upgrade_to_websocket_is_plain_http(upgrade: str) -> None:
    head = changed("Upgrade: websocket", f"Upgrade: {upgrade}")
    assert not parse_request(head, LIMITS).asks_for_websocket()


def test_a_target_is_cut_at_its_first_question_mark() -> None:
    request = parse_request(changed("/chat", "/a/b%20c?x=1?y&z=/"), LIMITS)
    assert (request.path, request.query) == ("/a/b%20c", "x=1?y&z=/")


# Finding the end of a head -------------------------------------------------------------------------------------


def test_a_target_may_be_the_whole_url_of_this_host() -> None:
    head = b"GET HTTP://Server.example:80/chat?x=1 HTTP/1.1\r\nHost: server.example:80\r\n\r\n"
    request = parse_request(head, Limits())
    assert (request.path, request.query) == ("/chat", "x=1")


def test_a_head_may_arrive_byte_by_byte() -> None:
    for head in (RFC_REQUEST.encode(), b"\r\n" + RFC_REQUEST.encode(), b"\r\n\r\n\r\n" + RFC_REQUEST.encode()):
        for size in range(len(head)):
            assert find_end_of_head(head[:size], LIMITS) == -1
        assert find_end_of_head(head, LIMITS) == len(head)


def test_empty_lines_before_a_head_count_as_part_of_it() -> None:
    assert find_end_of_head(1001 * b"\r\n", LIMITS) == -1
    with pytest.raises(HandshakeError, match="431"):
        find_end_of_head(1002 * b"\r\n", LIMITS)
    with pytest.raises(HandshakeError, match="431"):
        find_end_of_head(990 * b"\r\n" + RFC_REQUEST.encode(), LIMITS)


def test_bytes_behind_the_head_are_not_consumed() -> None:
    head = RFC_REQUEST.encode()
    assert find_end_of_head(head + b"\n\r\n\r\n" + bytes(5000), LIMITS) == len(head)


def test_a_head_without_end_is_refused_as_soon_as_it_is_too_long() -> None:
    for begun in (b"", b"\r", b"\r\n", b"\r\n\r"):
        assert find_end_of_head(b"x" * 2000 + begun, LIMITS) == -1
    assert find_end_of_head(b"x" * 2000 + b"\r\n\r\n", LIMITS) == 2004
    for too_long in (b"x" * 2004, b"x" * 2001 + b"\r\n\r\n"):
        with pytest.raises(HandshakeError, match="431"):
            find_end_of_head(too_long, LIMITS)


def test_a_bare_line_feed_is_refused_before_the_head_ends() -> None:
    with pytest.raises(HandshakeError, match="CR LF"):
        find_end_of_head(b"GET / HTTP/1.1\n", LIMITS)


# The client's half ---------------------------------------------------------------------------------------------


def test_the_request_of_a_client_is_good() -> None:
    head = upgrade_request("server.example.com:3000", "/chat?x=1", KEY, [("Origin", "http://example.com")])
    request = read_upgrade(head)
    assert (request.path, request.query) == ("/chat", "x=1")
    assert request.values("host") == ["server.example.com:3000"]
    assert request.values("origin") == ["http://example.com"]


GOOD_RESPONSES = {
    "as in the RFC": RFC_RESPONSE,
    "no reason phrase": RFC_RESPONSE.replace("101 Switching Protocols", "101 "),
    "other letters": RFC_RESPONSE.replace("websocket", "WebSocket").replace("n: Upgrade", "n: upgrade"),
    "more fields": RFC_RESPONSE.replace("\r\n\r\n", "\r\nServer: x\r\n\r\n"),
    "no space behind the status": RFC_RESPONSE.replace("101 Switching Protocols", "101"),
    "HTTP/1.2": RFC_RESPONSE.replace("HTTP/1.1", "HTTP/1.2"),
}


@pytest.mark.parametrize("response", GOOD_RESPONSES.values(), ids=GOOD_RESPONSES)
def test_a_good_answer_is_accepted(response: str) -> None:
    assert check_response(response.encode(), KEY, LIMITS) == []


def test_extensions_of_a_good_answer_are_passed_on() -> None:
    lines = "Sec-WebSocket-Extensions: a; b=1\r\nSec-WebSocket-Extensions: c"
    response = RFC_RESPONSE.replace("\r\n\r\n", f"\r\n{lines}\r\n\r\n")
    assert check_response(response.encode(), KEY, LIMITS) == ["a; b=1", "c"]


BAD_RESPONSES = {
    "200": RFC_RESPONSE.replace("101 Switching Protocols", "200 OK"),
    "404": "HTTP/1.1 404 Not Found\r\n\r\n",
    "status 1011": RFC_RESPONSE.replace("101 ", "1011 "),
    "HTTP/1.0": RFC_RESPONSE.replace("HTTP/1.1", "HTTP/1.0"),
    "HTTP/2.0": RFC_RESPONSE.replace("HTTP/1.1", "HTTP/2.0"),
    "an empty subprotocol": RFC_RESPONSE.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol:\r\n\r\n"),
    "no HTTP at all": "hello\r\n\r\n",
    "nothing": "\r\n\r\n",
    "no Upgrade": RFC_RESPONSE.replace("Upgrade: websocket\r\n", ""),
    "another Upgrade": RFC_RESPONSE.replace("websocket", "h2c"),
    "no Connection": RFC_RESPONSE.replace("Connection: Upgrade\r\n", ""),
    "Connection: close": RFC_RESPONSE.replace("Connection: Upgrade", "Connection: close"),
    "no accept key": RFC_RESPONSE.replace(f"Sec-WebSocket-Accept: {ACCEPT}\r\n", ""),
    "another accept key": RFC_RESPONSE.replace(ACCEPT, accept_key("AAAAAAAAAAAAAAAAAAAAAA==")),
    "the accept key in small letters": RFC_RESPONSE.replace(ACCEPT, ACCEPT.lower()),
    "the key itself": RFC_RESPONSE.replace(ACCEPT, KEY),
    "two accept keys": RFC_RESPONSE.replace("\r\n\r\n", f"\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n"),
    "a subprotocol nobody asked for": RFC_RESPONSE.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
}


@pytest.mark.parametrize("response", BAD_RESPONSES.values(), ids=BAD_RESPONSES)
def test_a_bad_answer_is_refused(response: str) -> None:
    with pytest.raises(HandshakeError, match=r"RFC 6455 section 4\.1.*502"):
        check_response(response.encode(), KEY, LIMITS)


def test_a_head_is_lines_and_an_empty_line() -> None:
    assert build_head("GET / HTTP/1.1", [("A", "b"), ("C", "d")]) == b"GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n"
    assert build_head("GET / HTTP/1.1", [("A", "\tgr\xfc\xdfe")]) == b"GET / HTTP/1.1\r\nA: \tgr\xfc\xdfe\r\n\r\n"


@pytest.mark.parametrize(
    ("first_line", "field", "named"),
    [
        ("GET /\r\nX: y HTTP/1.1", ("A", "b"), "first line"),
        ("GET /\x00 HTTP/1.1", ("A", "b"), "first line"),
        ("GET /\u20ac HTTP/1.1", ("A", "b"), "first line"),
        ("GET / HTTP/1.1", ("X-Test", "a\r\nHost: evil.example"), "X-Test"),
        ("GET / HTTP/1.1", ("X-Test", "a\nb"), "X-Test"),
        ("GET / HTTP/1.1", ("X-Test", "a\rb"), "X-Test"),
        ("GET / HTTP/1.1", ("X-Test", "a\x00b"), "X-Test"),
        ("GET / HTTP/1.1", ("X-Test", "\u20ac"), "X-Test"),
        ("GET / HTTP/1.1", ("X-Test\r\nHost", "a"), "token"),
        ("GET / HTTP/1.1", ("X Test", "a"), "token"),
        ("GET / HTTP/1.1", ("X:", "a"), "token"),
        ("GET / HTTP/1.1", ("", "a"), "token"),
    ],
)
def test_a_head_holds_no_line_that_nobody_asked_for(first_line: str, field: tuple[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        build_head(first_line, [field])


def test_the_value_of_a_header_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="Authorization") as refused:
        build_head("GET / HTTP/1.1", [("Authorization", "secret\n")])
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status_line", "is_passed_over"),
    [
        ("HTTP/1.1 100 Continue", True),
        ("HTTP/1.1 103 Early Hints", True),
        ("HTTP/1.1 102", True),
        ("HTTP/1.2 199 x", True),
        ("HTTP/1.1 101 Switching Protocols", False),
        ("HTTP/1.1 1000 x", False),
        ("HTTP/1.1 10 x", False),
        ("HTTP/1.1 200 100", False),
        ("HTTP/1.0 100 Continue", False),
        ("GET / HTTP/1.1", False),
    ],
)
def test_an_interim_answer_is_told_from_the_final_answer(status_line: str, is_passed_over: bool) -> None:
    assert is_interim(f"{status_line}\r\n\r\n".encode()) is is_passed_over


# Against another implementation --------------------------------------------------------------------------------


def test_another_client_accepts_our_answer() -> None:
    client_module = pytest.importorskip("websockets.client", reason="the websockets package is a test extra")
    uri_module = pytest.importorskip("websockets.uri")
    client = client_module.ClientProtocol(uri_module.parse_uri("ws://server.example.com/chat"))
    client.send_request(client.connect())
    request = parse_request(b"".join(client.data_to_send()), LIMITS)
    client.receive_data(switching_protocols(check_upgrade(request)))
    assert client.handshake_exc is None
    assert client.state.name == "OPEN"


def test_another_server_accepts_our_request_and_we_its_answer() -> None:
    server_module = pytest.importorskip("websockets.server", reason="the websockets package is a test extra")
    server = server_module.ServerProtocol()
    server.receive_data(upgrade_request("server.example.com", "/chat", KEY))
    (request,) = server.events_received()
    server.send_response(server.accept(request))
    assert server.handshake_exc is None
    check_response(b"".join(server.data_to_send()), KEY, LIMITS)
