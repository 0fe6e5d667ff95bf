"""Tests of the table of pages: it has every file that the pages ask for, and a client can get nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

import pytest

from gameserver.game import Game
from gameserver.pages import make_pages
from Net.errors import HandshakeError
from Net.handshake import parse_request
from Net.limits import Limits
from Net.PacketCodes import describe
from Net.port.http import Page, respond

WEB = Path(__file__).parent.parent.parent / "gameserver" / "web"
PAGES = make_pages(Game.page)
PLUGGED_IN = ("/rooms.json", "/lessons", "/lab", "/inspect")
FILES = {path: page for path, page in PAGES.items() if isinstance(page, Page)}


def ask(path: str, method: str = "GET", *fields: str) -> tuple[str, bytes]:
    """Returns the head and the body of the answer."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *fields]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    answer = respond(parse_request(head, Limits()), PAGES)
    first, _, body = answer.partition(b"\r\n\r\n")
    return first.decode(), body


def test_every_file_of_the_web_folder_is_served_but_the_types_for_editors() -> None:
    files = {f"/web/{path.relative_to(WEB).as_posix()}" for path in WEB.rglob("*") if path.is_file()}
    files = {path for path in files if not path.endswith(".d.ts")}
    assert files == {path for path in FILES if path.startswith("/web/")}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/admin", "text/html; charset=utf-8"),
        ("/web/main.js", "text/javascript; charset=utf-8"),
        ("/web/style.css", "text/css; charset=utf-8"),
        ("/web/icon.svg", "image/svg+xml"),
        ("/packets.json", "application/json"),
    ],
)
def test_pages_have_the_right_type_and_may_load_from_here_only(path: str, content_type: str) -> None:
    head, _ = ask(path)
    assert f"Content-Type: {content_type}\r\n" in head
    assert "Content-Security-Policy: default-src 'self'; " in head


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_file_that_a_file_refers_to_is_in_the_table_and_on_this_server(path: str) -> None:
    text = FILES[path].body.decode("utf-8")
    references = re.findall(r"""(?:src|href)="([^"]+)"|from "([^"]+)"|import\("([^"]+)"\)|fetch\("([^"]+)"\)""", text)
    for reference in (next(filter(None, groups)) for groups in references):
        target = PurePosixPath(path).parent / reference
        parts: list[str] = []
        for part in target.parts:
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        assert str(PurePosixPath(*parts)) in {*PAGES, *PLUGGED_IN}, f"{path} refers to {reference}"


@pytest.mark.parametrize("path", [path for path in sorted(FILES) if path.endswith((".html", "/", "/admin"))])
def test_pages_hold_nothing_that_their_policy_forbids(path: str) -> None:
    text = FILES[path].body.decode("utf-8")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text)


def test_packets_json_is_the_description_of_packet_codes() -> None:
    assert json.loads(FILES["/packets.json"].body) == describe()


def test_a_page_that_is_known_is_not_sent_again() -> None:
    head, body = ask("/web/main.js")
    assert body
    etag = re.findall(r"ETag: (.*)\r\n", head)[0]
    head, body = ask("/web/main.js", "GET", f"If-None-Match: {etag}")
    assert head.startswith("HTTP/1.1 304 ")
    assert body == b""


def test_a_head_request_gets_the_head_only() -> None:
    head, body = ask("/", "HEAD")
    assert f"Content-Length: {len(FILES['/'].body)}\r\n" in head
    assert body == b""


@pytest.mark.parametrize(
    "path", ["/web", "/web/", "/web/../pages.py", "/../setup.cfg", "/web/%2e%2e/pages.py", "/web/admin", "/etc/passwd"]
)
def test_nothing_outside_the_table_can_be_asked_for(path: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        ask(path)
    assert refused.value.status in (400, 404)


def test_only_get_and_head_are_answered() -> None:
    with pytest.raises(HandshakeError) as refused:
        ask("/", "POST")
    assert refused.value.status == 405
