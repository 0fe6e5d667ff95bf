"""Tests of the pages of the example games: two people in one room see each other move.

The tests look at the pictures: they find a player by its colour.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.own_pages import add_pages, read_folder
from tests.browser.conftest import Served, Visitor, eventually, serve
from tests.examples.games import FOLDER, RIGHT, Snake, Tag, write_how_to
from tests.gameserver.own_games import loaded

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

# The middle of all points that have exactly the colour of a player, in shares of the field; null: there are none.
FIND = """(() => {
    const field = document.getElementById("field");
    if (!field.width) return null;
    // A copy, because a browser slows a canvas down that a script reads.
    const pen = new OffscreenCanvas(field.width, field.height).getContext("2d", { willReadFrequently: true });
    pen.fillStyle = `hsl(${(%d * 137.5) %% 360} 70%% %d%%)`;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    pen.clearRect(0, 0, 1, 1);
    pen.drawImage(field, 0, 0);
    const { data } = pen.getImageData(0, 0, field.width, field.height);
    let [x, y, count] = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] !== red || data[i + 1] !== green || data[i + 2] !== blue || data[i + 3] !== 255) continue;
        x += (i / 4) %% field.width;
        y += Math.floor(i / 4 / field.width);
        count++;
    }
    return count > 20 ? [x / count / field.width, y / count / field.height] : null;
})()"""
LIGHTNESS = {Tag: 55, Snake: 50}


class Pages:
    """A server with an example game, and the people that have opened its page."""

    def __init__(self, served: Served, visit: Visit, game_class: Any) -> None:
        self.served = served
        self.visit = visit
        self.lightness = LIGHTNESS[game_class]

    def join(self, name: str, **options: Any) -> Visitor:
        visitor = self.visit(self.served.url, **options)
        visitor.page.fill("#name", name)
        visitor.page.click("button")
        eventually(lambda: name in self.names(), f"{name} is in the game")
        return visitor

    def names(self) -> list[str]:
        return [p.name for room in self.served.server.lobby.all_rooms() for p in list(room.game.players.values())]

    def place(self, visitor: Visitor, name: str) -> tuple[float, float]:
        """Returns the place at which a page shows a player: x and y, from 0 to 1."""
        script = FIND % (self.served.player(name).id, self.lightness)
        x, y = eventually(lambda: visitor.see(script), f"{name} is in the picture")
        return x, y


@pytest.fixture
def tag(visit: Visit) -> Iterator[Pages]:
    with serve({}, {}, make_game=Tag) as served:
        add_pages(served.server, read_folder(str(FOLDER / "tag")))
        yield Pages(served, visit, Tag)


@pytest.fixture
def snake(visit: Visit) -> Iterator[Pages]:
    with serve({"size": 60}, {}, make_game=Snake) as served:
        add_pages(served.server, read_folder(str(FOLDER / "snake")))
        yield Pages(served, visit, Snake)


def lay_snakes(pages: Pages, *names: str) -> None:
    """Puts snakes at the left side, one below the other. They have 5 s before the wall."""
    snakes = [pages.served.player(name) for name in names]
    with pages.served.room().game.lock:
        for row, snake in enumerate(snakes, 1):
            snake.body, snake.length, snake.heading, snake.turns = [(8, 20 * row)], 4, RIGHT, []


def test_two_pages_of_tag_see_each_other_run(tag: Pages) -> None:
    ann, bob = tag.join("Ann"), tag.join("Bob")
    tag.served.put("Ann", 100, 100)
    tag.served.put("Bob", 500, 500)
    for page in (ann, bob):
        eventually(lambda page=page: abs(tag.place(page, "Bob")[0] - 5 / 6) < 0.02, "Bob is shown at his place")
    ann.page.keyboard.down("ArrowRight")
    eventually(lambda: tag.place(bob, "Ann")[0] > 0.4, "Bob sees Ann run to the right")
    ann.page.keyboard.up("ArrowRight")
    bob.page.keyboard.down("KeyW")
    eventually(lambda: tag.place(ann, "Bob")[1] < 0.5, "Ann sees Bob run up")


def test_a_finger_leads_a_player_of_tag(tag: Pages, keep_picture: Callable[[Visitor, str], None]) -> None:
    ann = tag.join("Ann", viewport={"width": 390, "height": 844}, color_scheme="dark")
    tag.served.put("Ann", 100, 100)
    ann.page.mouse.move(300, 600)
    ann.page.mouse.down()
    # The field is 390 pixels wide, and lies in the middle of the window.
    finger = (300 / 390, (600 - (844 - 390) / 2) / 390)
    eventually(lambda: math.dist(tag.place(ann, "Ann"), finger) < 0.08, "Ann is below the finger")
    keep_picture(ann, "tag.png")
    ann.page.mouse.up()
    eventually(lambda: tag.served.player("Ann").angle is None, "Ann stands still")


def test_a_page_of_tag_says_who_is_it(tag: Pages) -> None:
    ann = tag.join("Ann")
    ann.until("message.textContent === 'You are it. Catch somebody!'", "Ann is told that she is it")
    bob = tag.join("Bob")
    bob.until("message.textContent === 'Ann is it. Run!'", "Bob is told that Ann is it")
    tag.served.put("Ann", 300, 300)
    tag.served.put("Bob", 305, 300)
    ann.until("message.textContent === 'Bob is it. Run!'", "Ann has touched Bob")


def test_two_pages_of_snake_see_each_other_turn(snake: Pages, keep_picture: Callable[[Visitor, str], None]) -> None:
    ann, bob = snake.join("Ann"), snake.join("Bob")
    lay_snakes(snake, "Ann", "Bob")
    eventually(lambda: abs(snake.place(bob, "Ann")[1] - 20 / 60) < 0.02, "Bob sees the snake of Ann")
    x = snake.place(bob, "Ann")[0]
    eventually(lambda: snake.place(bob, "Ann")[0] > x + 0.05, "Bob sees the snake of Ann move")
    keep_picture(bob, "snake.png")
    ann.page.keyboard.press("ArrowDown")
    eventually(lambda: snake.place(bob, "Ann")[1] > 24 / 60, "Bob sees the snake of Ann turn")
    lay_snakes(snake, "Ann", "Bob")
    bob.page.mouse.move(200, 200)
    bob.page.mouse.down()
    bob.page.mouse.move(200, 120, steps=5)
    eventually(lambda: snake.place(ann, "Bob")[1] < 36 / 60, "Ann sees the snake of Bob turn")


def test_a_page_of_snake_tells_of_the_pause_after_a_crash(snake: Pages) -> None:
    ann = snake.join("Ann")
    player, game = snake.served.player("Ann"), snake.served.room().game
    eventually(lambda: player.body, "the snake is born")
    with game.lock:
        player.body, player.heading, player.turns = [(59, 5)], RIGHT, []
    ann.until("message.textContent === 'Your snake comes back in a moment.'", "Ann is told")
    ann.until("message.textContent === ''", "the snake is back")


@pytest.mark.parametrize("example", ["tag", "snake"])
def test_a_reload_keeps_the_player_and_the_winner_is_named(example: str, request: pytest.FixtureRequest) -> None:
    pages = request.getfixturevalue(example)
    ann = pages.join("Ann")
    player_id = pages.served.player("Ann").id
    pages.place(ann, "Ann")
    ann.page.reload()
    assert ann.see("document.getElementById('join').hidden")
    pages.place(ann, "Ann")
    assert [player.id for player in pages.served.room().game.players.values()] == [player_id]
    pages.served.room().end_game()
    ann.until("message.textContent === 'Ann wins! The next round begins soon.'", "the winner is named")


@pytest.mark.parametrize("example", ["tag", "snake"])
def test_a_page_shows_the_scores(example: str, request: pytest.FixtureRequest) -> None:
    pages = request.getfixturevalue(example)
    ann = pages.join("Ann")
    player, game = pages.served.player("Ann"), pages.served.room().game
    with game.lock:
        game.scores[player.id] = 41
    ann.until("/^4\\d  Ann$/.test(scores.textContent)", "the points of Ann are shown")


def test_the_page_of_the_how_to_is_played(visit: Visit, tmp_path: Path) -> None:
    with loaded(str(write_how_to(tmp_path, 3))) as game_class, serve({}, {}, make_game=game_class) as served:
        add_pages(served.server, read_folder(str(tmp_path / "coins")))
        ann = visit(served.url, lambda page: page.on("dialog", lambda dialog: dialog.accept("Ann")))
        ann.until("scores.textContent === '0 Ann'", "Ann is in the game")
        served.put("Ann", 10, 6)
        ann.page.keyboard.press("ArrowLeft")
        eventually(lambda: served.player("Ann").x == 9, "the key moves Ann")
        find = FIND % (served.player("Ann").id, 50)
        eventually(lambda: math.dist(ann.see(find) or (0, 0), (9.5 / 20, 6.5 / 12)) < 0.01, "Ann is drawn in her cell")
