"""Tests of plain HTTP: a fixed table of pages in memory."""

from __future__ import annotations

import json

import pytest

from Net.errors import HandshakeError
from Net.handshake import Request
from Net.port.http import CONTENT_SECURITY_POLICY, Page, html_page, json_page, respond

PAGES = {
    "/": html_page("<!DOCTYPE html><title>Spiel für alle</title>"),
    "/app.js": Page("text/javascript; charset=utf-8", b"let x = 1;\n"),
    "/empty": Page("text/plain", b""),
}


def ask(path: str, method: str = "GET", **fields: str) -> tuple[str, dict[str, str], bytes]:
    """Returns the status line, the fields and the body of the response."""
    headers = [(name.replace("_", "-"), value) for name, value in fields.items()]
    head, _, body = respond(Request(method, path, "", headers), PAGES).partition(b"\r\n\r\n")
    status_line, *lines = head.decode("ascii").split("\r\n")
    return status_line, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_answered_whole(path: str) -> None:
    status_line, fields, body = ask(path)
    assert status_line == "HTTP/1.1 200 OK"
    assert body == PAGES[path].body
    assert fields["Content-Length"] == str(len(body))
    assert fields["Content-Type"] == PAGES[path].content_type
    assert fields["Connection"] == "close"


@pytest.mark.parametrize("path", PAGES)
def test_head_gets_the_same_fields_and_no_body(path: str) -> None:
    assert ask(path, "HEAD") == (*ask(path)[:2], b"")


def test_a_page_may_load_files_of_this_server_only() -> None:
    _, fields, _ = ask("/")
    assert fields["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert fields["X-Content-Type-Options"] == "nosniff"


def test_a_page_runs_no_script_of_its_own_text_and_stands_in_no_foreign_frame() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_page_that_the_browser_already_has_is_not_sent_again() -> None:
    etag = ask("/")[1]["ETag"]
    for known in (
        etag,
        f"W/{etag}",  # a weak tag is the same tag, RFC 9110 section 13.1.2
        "*",
        f'"other", {etag}',
        f'W/"other",\tW/{etag}',
        f'"with, a comma", {etag}',
        f'"with a space",{etag}',
        f", ,{etag},",
        f'"",{etag}',
        f'"\xe9",{etag}',
    ):
        status_line, fields, body = ask("/", if_none_match=known)
        assert (status_line, body) == ("HTTP/1.1 304 Not Modified", b""), known
        assert fields["ETag"] == etag
        assert "Date" in fields
        assert "Content-Length" not in fields


def test_a_page_that_the_browser_does_not_have_is_sent() -> None:
    etag = ask("/")[1]["ETag"]
    for known in (
        '"other"',
        etag.strip('"'),
        f'"{etag.strip(chr(34))}',
        etag[:-2] + '"',
        etag.upper(),
        f"w/{etag[:-2]}",
        '"*"',
        "W/*",
        '"other", *',
        "",
    ):
        assert ask("/", if_none_match=known)[0] == "HTTP/1.1 200 OK", known


def test_tags_may_stand_in_several_lines() -> None:
    etag = ask("/")[1]["ETag"]
    fields = [("if-none-match", '"other"'), ("if-none-match", f"W/{etag}")]
    assert respond(Request("GET", "/", "", fields), PAGES).startswith(b"HTTP/1.1 304 ")
    fields = [("if-none-match", '"other"'), ("if-none-match", "*")]
    assert respond(Request("GET", "/", "", fields), PAGES).startswith(b"HTTP/1.1 200 "), "* stands alone"


def test_a_page_that_changed_has_another_etag() -> None:
    assert len({ask(path)[1]["ETag"] for path in PAGES}) == len(PAGES)


def test_a_page_can_be_made_anew_for_each_request() -> None:
    counter = iter(range(100))
    pages = {"/status": lambda: json_page({"players": next(counter)})}
    bodies = [respond(Request("GET", "/status", "", []), pages).partition(b"\r\n\r\n")[2] for _ in range(2)]
    assert [json.loads(body) for body in bodies] == [{"players": 0}, {"players": 1}]


def test_the_query_does_not_choose_the_page() -> None:
    _, _, body = respond(Request("GET", "/", "x=1", []), PAGES).partition(b"\r\n\r\n")
    assert body == PAGES["/"].body


@pytest.mark.parametrize(
    "path", ["/nowhere", "", "/APP.JS", "//", "/../setup.cfg", "/%2e%2e/setup.cfg", "/app.js/", "/./app.js"]
)
def test_a_path_that_is_not_in_the_table_is_not_found(path: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        ask(path)
    assert refused.value.status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused_with_those_allowed(method: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        ask("/", method)
    assert refused.value.status == 405
    assert ("Allow", "GET, HEAD") in refused.value.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_websocket_that_is_asked_for_without_upgrade_says_what_is_missing(method: str) -> None:
    with pytest.raises(HandshakeError, match="Upgrade: websocket") as refused:
        respond(Request(method, "/echo", "", []), PAGES, {"/echo", "/"})
    assert refused.value.status == 426
    assert ("Upgrade", "websocket") in refused.value.headers
    assert ("Connection", "Upgrade") in refused.value.headers


def test_a_path_that_is_a_page_too_is_the_page_but_for_a_handshake() -> None:
    """A proxy that removes Upgrade keeps Sec-WebSocket-Key; a browser that asks for a page never sends that key."""
    assert respond(Request("GET", "/", "", []), PAGES, {"/"}).startswith(b"HTTP/1.1 200 ")
    with pytest.raises(HandshakeError) as refused:
        respond(Request("GET", "/", "", [("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]), PAGES, {"/"})
    assert refused.value.status == 426


def test_pages_say_what_they_hold() -> None:
    assert html_page("ü") == Page("text/html; charset=utf-8", "ü".encode())
    assert json_page({"a": [1, None]}) == Page("application/json", b'{"a":[1,null]}')
