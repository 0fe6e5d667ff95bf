"""Tests of plain HTTP: literal requests and their literal answers, then other programs that ask the same.

The requests go to a whole game server. Only the time in the field Date of an answer is not literal.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import socket
import subprocess
from typing import Iterator, NamedTuple

import pytest

from Net.port.http import CONTENT_SECURITY_POLICY
from tests.Net.support import DEADLINE_S
from tests.support import Arena, serving

HOST = "Host: 127.0.0.1\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = "Sec-WebSocket-Version: 13\r\n"
DATE = "Date: {date}\r\n"
ACCEPTED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
TEXT = "Content-Type: text/plain; charset=utf-8\r\n"
PAGE_FIELDS = (
    "ETag: {etag}\r\nCache-Control: no-cache\r\n"
    f"Content-Security-Policy: {CONTENT_SECURITY_POLICY}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
)
PAGE_HEAD = (
    f"HTTP/1.1 200 OK\r\n{DATE}Content-Type: image/svg+xml\r\nContent-Length: {{size}}\r\n" + PAGE_FIELDS + "\r\n"
)
PAGE = PAGE_HEAD + "{page}"
NOT_MODIFIED = f"HTTP/1.1 304 Not Modified\r\n{DATE}" + PAGE_FIELDS + "\r\n"


def refused(status: str, sentence: str, more: str = "", has_body: bool = True) -> str:
    body = f"{sentence}\n"
    return (
        f"HTTP/1.1 {status}\r\n{DATE}{more}{TEXT}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        f"{body if has_body else ''}"
    )


NO_PAGE = ("404 Not Found", "there is no such page here (RFC 9110 section 15.5.5)")
BAD_METHOD = (
    "405 Method Not Allowed",
    "the method must be GET or HEAD (RFC 9110 section 15.5.6)",
    "Allow: GET, HEAD\r\n",
)
NO_UPGRADE = (
    "426 Upgrade Required",
    "this path is a WebSocket's, and the request has no Upgrade: websocket; perhaps a proxy removes it "
    "(RFC 9110 section 15.5.22)",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n",
)
NO_GOOD_VERSION = ("505 HTTP Version Not Supported", "the version must be HTTP/1.1 (RFC 6455 section 4.1)")
NO_TARGET = ("400 Bad Request", "the target must be an absolute path or an http URL (RFC 9112 section 3.2)")
TWO_SITES = ("400 Bad Request", "the target's host must be the one in Host (RFC 9112 section 3.2.2)")
FOLDED = ("400 Bad Request", "a header must not be folded over two lines (RFC 9112 section 5.2)")
ICON = "/web/icon.svg HTTP/1.1\r\n" + HOST


class Exchange(NamedTuple):
    """The bytes of a request and the bytes of its answer."""

    request: str
    answer: str


EXCHANGES = {
    # RFC 9112 section 2.2.
    "a request": Exchange(f"GET {ICON}\r\n", PAGE),
    "an empty line before it": Exchange(f"\r\nGET {ICON}\r\n", PAGE),
    "two empty lines before it": Exchange(f"\r\n\r\nGET {ICON}\r\n", PAGE),
    "an empty line before a handshake": Exchange(
        f"\r\nGET /echo HTTP/1.1\r\n{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n{KEY}{VERSION}\r\n", ACCEPTED
    ),
    # RFC 9110 section 13.1.2.
    "the tag that it has": Exchange(f"GET {ICON}If-None-Match: {{etag}}\r\n\r\n", NOT_MODIFIED),
    "that tag, weak": Exchange(f"GET {ICON}If-None-Match: W/{{etag}}\r\n\r\n", NOT_MODIFIED),
    "any tag": Exchange(f"GET {ICON}If-None-Match: *\r\n\r\n", NOT_MODIFIED),
    "a list of tags": Exchange(f'GET {ICON}If-None-Match: "a, b", W/"c" , W/{{etag}}\r\n\r\n', NOT_MODIFIED),
    "HEAD with the tag": Exchange(f"HEAD {ICON}If-None-Match: {{etag}}\r\n\r\n", NOT_MODIFIED),
    "another tag": Exchange(f'GET {ICON}If-None-Match: W/"other"\r\n\r\n', PAGE),
    # Section 9.3.2.
    "HEAD": Exchange(f"HEAD {ICON}\r\n", PAGE_HEAD),
    "HEAD of no page": Exchange(f"HEAD /nope HTTP/1.1\r\n{HOST}\r\n", refused(*NO_PAGE, has_body=False)),
    "HEAD of no page behind an empty line": Exchange(
        f"\r\nHEAD /nope HTTP/1.1\r\n{HOST}\r\n", refused(*NO_PAGE, has_body=False)
    ),
    "HEAD of a WebSocket": Exchange(f"HEAD /echo HTTP/1.1\r\n{HOST}\r\n", refused(*NO_UPGRADE, has_body=False)),
    "HEAD with a folded line": Exchange(f"HEAD {ICON}X: a\r\n b\r\n\r\n", refused(*FOLDED, has_body=False)),
    "HEAD of HTTP/2": Exchange(f"HEAD / HTTP/2.0\r\n{HOST}\r\n", refused(*NO_GOOD_VERSION, has_body=False)),
    "HEAD to upgrade": Exchange(
        f"HEAD /echo HTTP/1.1\r\n{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n{KEY}{VERSION}\r\n",
        refused(
            "405 Method Not Allowed",
            "the method must be GET (RFC 6455 section 4.1)",
            "Allow: GET\r\n",
            has_body=False,
        ),
    ),
    "no page": Exchange(f"GET /nope HTTP/1.1\r\n{HOST}\r\n", refused(*NO_PAGE)),
    # Section 2.5.
    "HTTP/1.2": Exchange(f"GET /web/icon.svg HTTP/1.2\r\n{HOST}\r\n", PAGE),
    "HTTP/2.0": Exchange(f"GET / HTTP/2.0\r\n{HOST}\r\n", refused(*NO_GOOD_VERSION)),
    "HTTP/1.0": Exchange(f"GET / HTTP/1.0\r\n{HOST}\r\n", refused(*NO_GOOD_VERSION)),
    "the start of HTTP/2": Exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused(*NO_GOOD_VERSION)),
    # RFC 9112 section 3.2.
    "a whole URL": Exchange(f"GET http://127.0.0.1{ICON}\r\n", PAGE),
    "a whole URL with the default port": Exchange(f"GET http://127.0.0.1:80{ICON}\r\n", PAGE),
    "a whole URL of another site": Exchange(f"GET http://evil.example{ICON}\r\n", refused(*TWO_SITES)),
    "OPTIONS *": Exchange(f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n", refused(*BAD_METHOD)),
    "CONNECT": Exchange(f"CONNECT 127.0.0.1:22 HTTP/1.1\r\n{HOST}\r\n", refused(*BAD_METHOD)),
    "GET *": Exchange(f"GET * HTTP/1.1\r\n{HOST}\r\n", refused(*NO_TARGET)),
    # Section 5.
    "a folded line": Exchange(f"GET {ICON}X: a\r\n\tb\r\n\r\n", refused(*FOLDED)),
    "a space before the first field": Exchange(f"GET / HTTP/1.1\r\n {HOST}\r\n", refused(*FOLDED)),
    "white space round a value": Exchange("GET /web/icon.svg HTTP/1.1\r\nHost:\t 127.0.0.1 \t\r\n\r\n", PAGE),
    # Section 15.5.22: a handshake after a proxy has removed the field Upgrade.
    "a WebSocket without Upgrade": Exchange(f"GET /echo HTTP/1.1\r\n{HOST}\r\n", refused(*NO_UPGRADE)),
    "a handshake without Upgrade": Exchange(
        f"GET /echo HTTP/1.1\r\n{HOST}Connection: close\r\n{KEY}{VERSION}\r\n", refused(*NO_UPGRADE)
    ),
    "a handshake without Upgrade where a page is too": Exchange(
        f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n{KEY}{VERSION}\r\n", refused(*NO_UPGRADE)
    ),
    "POST to a WebSocket": Exchange(f"POST /echo HTTP/1.1\r\n{HOST}\r\n", refused(*BAD_METHOD)),
    # RFC 6455 section 4.3.
    "no subprotocol": Exchange(
        f"GET /echo HTTP/1.1\r\n{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n{KEY}{VERSION}"
        "Sec-WebSocket-Protocol:\r\n\r\n",
        ACCEPTED,
    ),
}


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with serving() as arena:
        yield arena


def ask(arena: Arena, request: bytes) -> bytes:
    """Sends a request; returns all bytes until the stream ends, or until a WebSocket is open."""
    with socket.create_connection(("127.0.0.1", arena.port), DEADLINE_S) as sock:
        sock.sendall(request)
        answer = b""
        while not (answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(b"\r\n\r\n")):
            data = sock.recv(65536)
            if not data:
                break
            answer += data
        return answer


class Icon(NamedTuple):
    """The body and the ETag of a page of the server."""

    body: str
    etag: str


@pytest.fixture(scope="module")
def icon(arena: Arena) -> Icon:
    answer = ask(arena, f"GET {ICON}\r\n".encode()).decode()
    (etag,) = re.findall(r'\r\nETag: ("[0-9a-f]+")\r\n', answer)
    return Icon(answer.partition("\r\n\r\n")[2], etag)


@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES)
def test_a_request_gets_its_literal_answer(arena: Arena, icon: Icon, exchange: Exchange) -> None:
    answer = ask(arena, exchange.request.replace("{etag}", icon.etag).encode()).decode()
    dates = re.findall(r"\r\nDate: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)\r\n", answer)
    assert len(dates) == exchange.answer.count("{date}")
    expected = exchange.answer.replace("{etag}", icon.etag).replace("{size}", str(len(icon.body.encode())))
    for date in dates:
        expected = expected.replace("{date}", date)
    assert answer == expected.replace("{page}", icon.body)


def test_a_server_that_is_full_says_so_to_head_without_a_body() -> None:
    with serving(max_connections=1) as full:
        full.connect(path="/echo")
        for method, has_body in (("GET", True), ("HEAD", False)):
            answer = ask(full, f"{method} / HTTP/1.1\r\n{HOST}\r\n".encode())
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\nDate: ")
            assert b"\r\nRetry-After: 10\r\n" in head
            assert bool(body) is has_body


# Other programs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "statuses"),
    [("/", {"GET": 200, "HEAD": 200}), ("/nope", {"GET": 404, "HEAD": 404}), ("/echo", {"GET": 426, "HEAD": 426})],
)
def test_the_client_of_the_standard_library_reads_both_answers_to_their_end(
    arena: Arena, path: str, statuses: dict[str, int]
) -> None:
    sizes = {}
    for method, status in statuses.items():
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)) as connection:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
            sizes[method] = int(response.headers["Content-Length"])
            assert response.status == status
            assert response.headers["Date"]
            assert len(body) == (0 if method == "HEAD" else sizes[method])
    assert sizes["GET"] == sizes["HEAD"]


def test_the_client_of_the_standard_library_is_told_what_is_allowed(arena: Arena) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
    connection.request("OPTIONS", "*")
    response = connection.getresponse()
    assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    connection.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize(
    ("arguments", "status", "sizes"),
    [
        (["{url}/web/icon.svg"], 200, "whole"),
        (["--head", "{url}/web/icon.svg"], 200, "none"),
        (["--head", "{url}/nope"], 404, "none"),
        (["--head", "{url}/echo"], 426, "none"),
        (["--request", "OPTIONS", "--request-target", "*", "{url}"], 405, "whole"),
        (["--proxy", "{url}", "{url}/web/icon.svg"], 200, "whole"),
        (["--header", "If-None-Match: W/{etag}", "{url}/web/icon.svg"], 304, "none"),
        (["--http2", "{url}/web/icon.svg"], 200, "whole"),  # Upgrade: h2c, which the server passes over
    ],
)
def test_curl_reads_the_answer_to_its_end(
    arena: Arena, icon: Icon, arguments: list[str], status: int, sizes: str
) -> None:
    url = f"http://127.0.0.1:{arena.port}"
    command = ["curl", "--silent", "--show-error", "--noproxy", "", "--max-time", str(DEADLINE_S)]
    command += ["--write-out", "\n%{http_code} %{size_download}"]
    command += [argument.replace("{url}", url).replace("{etag}", icon.etag) for argument in arguments]
    done = subprocess.run(command, capture_output=True, timeout=2 * DEADLINE_S, check=True)
    code, size = done.stdout.decode().rsplit("\n", 1)[1].split()
    assert int(code) == status
    assert bool(int(size)) == (sizes == "whole")


def test_another_websocket_client_that_offers_no_subprotocol_is_let_in(arena: Arena) -> None:
    """The client sends the header with an empty value, and so does every proxy that uses this client."""
    client = pytest.importorskip("websockets.sync.client", reason="the websockets package is a test extra")
    with client.connect(arena.url("/echo"), subprotocols=[]) as connection:
        assert connection.request.headers["Sec-WebSocket-Protocol"] == ""
        connection.send("hello")
        assert connection.recv(timeout=DEADLINE_S) == "hello"
        assert connection.subprotocol is None
