"""Tests of the page of a game that has no page of its own: it shows any state, and sends any input."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from gameserver.base_game import BaseGame
from tests.browser.conftest import Served, Visitor, eventually, serve

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

EVIL = "<img class=evil src=x>"


class Garden(BaseGame):
    """Gardeners walk, and everything that a state can hold is there."""

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Any:
        player = super().add_player(player_id, name, team)
        player.x, player.y, player.heard = 4.0, 3.0 * player_id, []
        return player

    def process_input(self, player_id: int, input_data: Any) -> None:
        if input_data == "bad":
            raise ValueError("a bad input")
        player = self.players[player_id]
        player.heard.append(input_data)
        if isinstance(input_data, dict):
            player.x += {"left": -1, "right": 1}.get(input_data.get("key"), 0)
        self.tell("heard", player.name, input_data)

    def get_game_state(self) -> dict[str, Any]:
        gardeners = {p.id: {"x": p.x, "y": p.y, "heard": len(p.heard), "name": p.name} for p in self.players.values()}
        return {
            "tick": self.tick,
            "weather": {"rain": 0.123456, "stars": 2**60, "sign": EVIL},
            "entities": {
                "gardener": gardeners,
                "worm": {"w": {"body": [[0, 0], [1, 0], [2, 1]]}},
                EVIL: {EVIL: {EVIL: EVIL}},
                "leaf": {i: {"size": i} for i in range(60)},
            },
        }


@pytest.fixture
def served() -> Iterator[Served]:
    with serve({}, {}, make_game=Garden) as served:
        yield served


def joins(visit: Visit, served: Served, name: str, button: str = "#play", **options: Any) -> Visitor:
    visitor = visit(f"{served.url}/web/lib/viewer.html", **options)
    visitor.page.fill("#name", name)
    visitor.page.click(button)
    reads(visitor, "#kinds", "gardener")
    return visitor


def reads(visitor: Visitor, selector: str, text: str) -> None:
    eventually(lambda: text in visitor.page.inner_text(selector), f"{text} is shown in {selector}")


def test_the_state_is_shown_as_it_is(served: Served, visit: Visit) -> None:
    ann = joins(visit, served, "Ann")
    reads(ann, "#kinds", "gardener (1)")
    reads(ann, "#kinds", "leaf (60)")
    reads(ann, "#kinds", "and 10 more")
    reads(ann, "#values", '"rain":0.123,')
    reads(ann, "#values", str(2**60))
    reads(ann, "#kinds", EVIL)
    assert ann.see("document.querySelectorAll('.evil').length") == 0
    reads(ann, "#players", "Ann")
    reads(ann, "#totals", f"1 of {served.server.settings.max_players}")
    reads(ann, "#totals", " ms")


def test_everything_with_a_place_is_a_dot_and_the_own_one_has_a_ring(served: Served, visit: Visit) -> None:
    ann = joins(visit, served, "Ann")
    reads(ann, "#legend", "gardener")
    reads(ann, "#legend", "worm")
    assert "leaf" not in ann.text_of("#legend")
    colours = ann.see("""(() => {
        const { width, height } = document.getElementById("map");
        const { data } = document.getElementById("map").getContext("2d").getImageData(0, 0, width, height);
        const found = new Set();
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] === 255) found.add([...data.slice(i, i + 3)].join(" "));
        }
        return [...found];
    })()""")
    assert {"209 73 91", "46 134 171", "29 36 27"} <= set(colours), "two kinds, and a ring in the colour of text"


def test_a_typed_input_is_sent_as_json(served: Served, visit: Visit) -> None:
    ann, bob = joins(visit, served, "Ann"), joins(visit, served, "Bob")
    ann.page.fill("#input", '{"dig": [1, 2.5, null]}')
    ann.page.click("#input-form button")
    eventually(lambda: served.player("Ann").heard == [{"dig": [1, 2.5, None]}], "the game has the input")
    reads(bob, "#log", 'heard Ann {"dig":[1,2.5,null]}')
    ann.page.fill("#input", "{dig}")
    ann.page.keyboard.press("Enter")
    reads(ann, "#input-problem", "This is not JSON: ")
    ann.page.fill("#input", '"fine"')
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector("#input-problem", state="hidden")


def test_keys_are_sent_only_if_the_person_wants_that(served: Served, visit: Visit) -> None:
    ann = joins(visit, served, "Ann")
    ann.page.keyboard.press("ArrowLeft")
    ann.page.check("#keys")
    for key in ("ArrowRight", "d", "w", "x"):
        ann.page.keyboard.press(key)
    ann.page.focus("#chat-text")
    ann.page.keyboard.type("wasd")
    ann.page.keyboard.press("Enter")
    reads(ann, "#log", "Ann: wasd")
    assert served.player("Ann").heard == [{"key": "right"}, {"key": "right"}, {"key": "up"}]
    reads(ann, "#kinds", "\t6\t")


def test_an_error_of_the_server_is_shown(served: Served, visit: Visit) -> None:
    ann = joins(visit, served, "Ann")
    ann.page.click("#keys")
    ann.see("document.getElementById('chat-text').removeAttribute('data-most')")
    ann.page.fill("#chat-text", "\u202e")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector("#log li.bad")


def test_a_spectator_watches_and_a_lost_page_comes_back(served: Served, visit: Visit) -> None:
    ann, eve = joins(visit, served, "Ann"), joins(visit, served, "Eve", "#watch")
    reads(eve, "#players", "Ann")
    assert "Eve" not in eve.text_of("#players")
    ann.page.fill("#input", "1")
    ann.page.keyboard.press("Enter")
    eventually(lambda: served.player("Ann").heard, "Ann has played")
    for seat in served.room().roster.everybody():
        seat.websocket.abort("a test pulls the plug")
    ann.page.wait_for_selector("#lost", state="visible")
    ann.page.click("#retry")
    ann.page.wait_for_selector("#lost", state="hidden")
    eve.page.wait_for_selector("#lost", state="hidden")
    ann.page.reload()
    reads(ann, "#players", "Ann")
    assert len(served.room().game.players) == 1
    ann.page.click("#leave")
    ann.page.wait_for_selector("#join", state="visible")
    assert ann.page.input_value("#name") == "Ann"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures(served: Served, visit: Visit, keep_picture: Keep, scheme: str) -> None:
    joins(visit, served, "Bob")
    ann = joins(visit, served, "Ann", color_scheme=scheme)
    ann.page.fill("#input", '{"key": "right"}')
    ann.page.keyboard.press("Enter")
    reads(ann, "#log", "heard")
    reads(ann, "#totals", "2 of")
    keep_picture(ann, f"viewer-{scheme}.png")
    ann.page.click("#leave")
    keep_picture(ann, f"viewer-{scheme}-join.png")
