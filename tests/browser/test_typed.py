"""Tests of typed text: the page takes as many characters as the server, and the same letters come back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.console import COMMANDS
from Net.PacketCodes import TO_SERVER
from Net.schema import ROOM_NAME, Kind
from tests.browser.conftest import QUIET, Served, Visitor, eventually, serve, visiting

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]

WEB = Path(__file__).parent.parent.parent / "gameserver" / "web"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def kind_of(packet_id: str) -> Kind:
    return next(row.args[0].kind for row in TO_SERVER.rows if row.id == packet_id)


LIMITED = {
    "name": ("index.html", kind_of("JOIN")),
    "new-room": ("index.html", ROOM_NAME),
    "chat-text": ("index.html", kind_of("CHAT")),
    "notice-text": ("admin/admin.html", COMMANDS["send_global_message"]["text"].kind),
}


@pytest.mark.parametrize("field", LIMITED)
def test_a_field_takes_as_many_characters_as_the_server(field: str) -> None:
    file, kind = LIMITED[field]
    found = re.search(rf'id="{field}"[^>]* data-most="(\d+)"', (WEB / file).read_text(encoding="utf-8"))
    assert found is not None
    most = int(found.group(1))
    assert kind.check("x" * most) == "x" * most
    with pytest.raises(ValueError, match="characters"):
        kind.check("x" * (most + 1))


@pytest.fixture(scope="module")
def join_screen(browser: Any) -> Iterator[Visitor]:
    """A page in which nobody joins."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        yield visit(served.url)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("seventeen letters", "seventeen letter"),
        ("\U0001f600" * 16, "\U0001f600" * 16),
        ("\U0001f600" * 17, "\U0001f600" * 16),
        (FAMILY * 3, FAMILY * 3),
        (FAMILY * 4, FAMILY * 3),
        ("x" + "\u0301" * 20, "x" + "\u0301" * 15),
    ],
    ids=ascii,
)
def test_a_name_is_cut_where_the_server_would_refuse_it(typed: str, kept: str, join_screen: Visitor) -> None:
    visitor = join_screen
    visitor.page.fill("#name", "")
    visitor.page.click("#name")
    visitor.page.keyboard.insert_text(typed)
    assert visitor.see("document.getElementById('name').value") == kept
    assert kind_of("JOIN").check(kept) == kept


@pytest.mark.parametrize(
    "name", [FAMILY * 3, "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001fae9 Ann"], ids=ascii
)
def test_a_name_with_joined_or_recent_characters_is_accepted(name: str, start_server: Start, visit: Visit) -> None:
    served = start_server()
    visit(served.url).join(name)
    assert served.player(name).name == name


def test_an_invisible_name_is_refused_with_a_sentence(start_server: Start, visit: Visit) -> None:
    visitor = visit(start_server().url)
    visitor.page.fill("#name", "\u3164")
    visitor.page.click("#play")
    said = eventually(lambda: visitor.text_of("#join-message"), "the page says why")
    assert "may not contain U+3164 HANGUL FILLER" in said
