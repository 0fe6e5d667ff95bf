"""What a browser gets: a page about the server, and the table of packets."""

from __future__ import annotations

import json

from gameserver.pages import make_pages
from Net.http import Page
from Net.PacketCodes import TO_SERVER, describe


def page(path: str) -> Page:
    entry = make_pages()[path]
    return entry if isinstance(entry, Page) else entry()


def test_the_front_page_says_how_to_play_in_words_that_work() -> None:
    text = page("/").body.decode()
    assert "/packets.json" in text
    for message in ('["JOIN",["Ann"]]', '["MOVE",[0]]'):
        assert message in text
        TO_SERVER.decode(message)


def test_the_front_page_loads_nothing() -> None:
    text = page("/").body.decode()
    assert "src=" not in text
    assert "<script" not in text


def test_packets_json_is_what_packet_codes_describes() -> None:
    assert page("/packets.json").content_type == "application/json"
    assert json.loads(page("/packets.json").body) == describe()
