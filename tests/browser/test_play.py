"""Tests of playing in real pages: one person sees the actions of another."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any, Callable, Iterator

import pytest

from gameserver import lobby
from tests.browser.conftest import QUIET, Served, Visitor, empty_again, eventually, serve, two_pages

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

# One large tree on an empty meadow gives enough wood.
WITH_A_TREE = {**QUIET, "trees_per_area": 1, "tree_scales": (100.0,)}


Two = "tuple[Served, Visitor, Visitor]"


def both_join(served: Served, ann: Visitor, ben: Visitor) -> None:
    """Brings Ann and Ben into one room, side by side: Ben to the right of Ann."""
    ann.join("Ann")
    ben.join("Ben")
    served.put("Ann", 1200, 1000)
    served.put("Ben", 1400, 1000)
    for visitor in (ann, ben):
        visitor.until("game.room.world.entities.size === 2", "both are in view")


@pytest.fixture(scope="module")
def pages(browser: Any) -> Iterator[Two]:
    """A server with two pages, for the tests of this file that need no other settings."""
    with serve(QUIET, {"results_s": 1.5}) as served, two_pages(served, browser) as visitors:
        yield (served, *visitors)


@pytest.fixture
def strangers(pages: Two) -> Iterator[Two]:
    """The two pages at the join screen; after the test, both leave their room."""
    yield pages
    empty_again(pages[0], pages[1:])


@pytest.fixture
def players(strangers: Two) -> Two:
    """Ann and Ben in a new room, side by side: Ben to the right of Ann."""
    both_join(*strangers)
    return strangers


def test_two_pages_see_each_other_and_one_sees_the_other_walk(players: Two) -> None:
    served, ann, ben = players
    ann_id = served.player("Ann").id
    start = ben.place(ann_id)
    ann.page.keyboard.down("w")
    ben.until(f"game.renderer.places.get({ann_id})?.y < {start['y'] - 150}", "Ben sees Ann walk up")
    ann.page.keyboard.up("w")
    eventually(lambda: served.player("Ann").direction is None, "Ann stands still")
    seen, own, true = ben.place(ann_id), ann.place(ann_id), served.player("Ann")
    ben.until(f"Math.abs(game.renderer.places.get({ann_id})?.y - {true.y}) < 1", f"{seen} becomes {true.y}")
    ann.until(f"Math.abs(game.renderer.places.get({ann_id})?.y - {true.y}) < 1", f"{own} becomes {true.y}")
    assert "Ben" in ann.page.inner_text("#scoreboard")


# This script delays every packet of the page, and records the jumps in each picture that walking does not explain.
SLOW_LINE = """(delayMs) => {
    const { connection, meter, renderer } = game;
    const send = connection.send.bind(connection);
    connection.send = (...packet) => setTimeout(() => send(...packet), delayMs);
    meter.trips.length = 0;
    window.jumps = [];
    let last = null;
    const draw = renderer.draw.bind(renderer);
    renderer.draw = (world, camera, self, saying, nowMs) => {
        draw(world, camera, self, saying, nowMs);
        if (last && self) {
            const way = (world.settings.player_speed * (nowMs - last.atMs)) / 1000;
            window.jumps.push(Math.hypot(self.x - last.x, self.y - last.y) - way);
        }
        last = self && { x: self.x, y: self.y, atMs: nowMs };
    };
}"""


@pytest.mark.alone
def test_own_steps_do_not_wait_for_the_server_and_do_not_jump(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)
    ann, ben = (visit(served.url, every_picture=True) for _ in range(2))
    both_join(served, ann, ben)
    ann.page.evaluate(SLOW_LINE, 300)
    ann.until("game.meter.roundTripMs > 250", "the page has noticed")
    player = served.player("Ann")
    y = player.y
    ann.page.keyboard.down("s")
    ann.until(f"game.renderer.places.get({player.id})?.y > {y + 20}", "Ann is drawn walking")
    assert player.y - y < 60, "long before the server has heard of it"
    for key in "wdaswdas":
        ann.page.keyboard.down(key)
        ann.page.wait_for_timeout(170)
        ann.page.keyboard.up(key)
    ann.page.wait_for_timeout(600)
    assert ann.see("Math.max(...window.jumps)") < 10
    place = ann.place(player.id)
    assert math.dist((place["x"], place["y"]), (player.x, player.y)) < 2, "in the end both agree"


def test_swinging_at_a_tree_brings_wood(start_server: Start, visit: Visit) -> None:
    served = start_server(WITH_A_TREE)
    ann = visit(served.url)
    ann.join("Ann")
    tree = next(iter(served.room().game.scenery.values()))
    served.put("Ann", tree.x - tree.scale - 40, tree.y)
    before = served.player("Ann").resources[0]
    ann.aim_and_hold(200, 0)
    ann.until(f"game.room.hud.resources[0] > {before + 1}", "the wood is shown")
    ann.page.mouse.up()
    eventually(lambda: not served.player("Ann").attacking, "Ann stops swinging")
    assert int(ann.page.inner_text("#resources dd >> nth=0")) > before + 1


def test_a_wall_is_built_seen_by_others_and_broken(players: Two) -> None:
    served, ann, ben = players
    ann.page.mouse.move(640, 100)
    ann.page.keyboard.press("1")
    for visitor in (ann, ben):
        visitor.until("[...game.room.world.scenery.values()].some(({ kind }) => kind === 4)", "the wall is seen")
    (wall,) = served.room().game.buildings.values()
    assert wall.y < 1000, "it stands where Ann looks"
    wall.health = 1.0
    ann.aim_and_hold(0, -300)
    for visitor in (ann, ben):
        visitor.until("game.room.world.scenery.size === 0", "the wall is gone")


def test_shooting_kills_and_the_dead_come_back(players: Two, keep_picture: Keep) -> None:
    served, ann, ben = players
    served.room().change_setting("respawn_after_s", 1.5)
    served.player("Ann").resources = [90, 0, 0, 0]
    served.player("Ben").health = 30.0
    ann.page.mouse.move(1100, 360)
    ann.page.keyboard.down(" ")
    ann.until("[...game.room.world.entities.values()].some(({ kind }) => kind === 1)", "the arrow is seen")
    ben.until("!document.getElementById('dead').hidden", "Ben sees that he is dead")
    ann.page.keyboard.up(" ")
    assert "Ann killed you" in ben.page.inner_text("#dead")
    assert "Ann killed Ben" in ann.page.inner_text("#feed")
    keep_picture(ben, "dead.png")
    ben.until("document.getElementById('dead').hidden && game.room.world.self()", "Ben is back")
    assert served.player("Ann").kills == 1
    ann.until("document.getElementById('scores').innerText.includes('100')", "the score is shown")


def test_a_chat_message_is_shown_to_all(players: Two) -> None:
    served, ann, ben = players
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("hello wasd")
    ann.page.keyboard.press("Enter")
    ben.until("document.getElementById('feed').innerText.includes('Ann: hello wasd')", "Ben reads it")
    assert ben.see(f"game.feed.sayingOf({served.player('Ann').id}, performance.now())") == "hello wasd"
    assert served.player("Ann").direction is None, "typing does not walk"


def test_a_hostile_name_is_only_text(strangers: Two) -> None:
    _, mallory, ben = strangers
    name = "<img onerror=x>"
    mallory.join(name)
    ben.join("Ben")
    mallory.page.keyboard.press("Enter")
    mallory.page.keyboard.type("<script>alert(1)</script><b>hi")
    mallory.page.keyboard.press("Enter")
    ben.until("document.getElementById('feed').innerText.includes('<script>')", "the text is shown as it is")
    assert name in ben.page.inner_text("#scoreboard")
    assert ben.see("document.querySelectorAll('#game img, #game script, #game b').length") == 0


def test_a_better_weapon_is_offered_and_taken(players: Two) -> None:
    served, ann, ben = players
    served.player("Ann").age = 2
    ann.page.wait_for_selector("#choices button")
    assert "hand axe" in ann.page.inner_text("#choices")
    ann.page.keyboard.press("z")
    ann.page.wait_for_selector("#choices", state="hidden")
    assert served.player("Ann").weapon == 1
    ben.until(f"game.room.world.entities.get({served.player('Ann').id}).weapon === 1", "Ben sees the axe")


def test_eating_heals(players: Two) -> None:
    served, ann, _ = players
    served.player("Ann").resources = [0, 50, 0, 0]
    served.player("Ann").health = 50.0
    ann.until("game.room.world.self().health === 50", "the wound is seen")
    ann.page.keyboard.press("q")
    ann.until("game.room.world.self().health > 50", "the meal has helped")


def test_a_match_ends_with_results_and_another_begins(players: Two, keep_picture: Keep) -> None:
    served, ann, ben = players
    served.room().change_setting("score_limit", 100)
    served.player("Ann").score = 100
    for visitor in (ann, ben):
        visitor.page.wait_for_selector("#results", state="visible")
    assert "You have won!" in ann.page.inner_text("#results")
    assert "Ann has won" in ben.page.inner_text("#results")
    keep_picture(ben, "results.png")
    ben.page.wait_for_selector("#results", state="hidden")
    ann.page.keyboard.down("d")
    ann.until("game.room.world.clock.lastTick < 200 && game.room.world.self()", "the next round is on")
    x = served.player("Ann").x
    eventually(lambda: served.player("Ann").x > x + 60, "Ann walks in it")


def test_keys_held_over_the_end_of_a_round_still_walk(players: Two) -> None:
    served, ann, _ = players
    served.room().change_setting("score_limit", 100)
    ann.page.keyboard.down("d")
    eventually(lambda: served.player("Ann").direction == 0, "Ann walks")
    served.player("Ann").score = 100
    eventually(lambda: served.player("Ann").score == 0, "the next round is on")
    eventually(lambda: served.player("Ann").direction == 0, "Ann walks again")


def test_the_join_screen_lists_rooms_and_a_link_carries_one(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET, max_players=1)
    ann = visit(f"{served.url}/?room=den")
    ann.join("Ann")
    assert served.room().id == "den"
    ben = visit(served.url)
    ben.until("document.getElementById('rooms').innerText.includes('1 of 1')", "Ben sees the room")
    ben.page.check("input[value=den]")
    ben.page.fill("#name", "Ben")
    ben.page.keyboard.press("Enter")
    ben.until("document.getElementById('join-message').innerText.includes('none is free')", "Ben reads that it is full")
    ben.page.fill("#new-room", "attic")
    ben.page.click("#play")
    ben.until("globalThis.game?.room?.world.self()", "Ben plays in a room of his own")
    assert ben.page.url.endswith("/?room=attic")


def test_teams_are_chosen_coloured_and_scored(start_server: Start, visit: Visit, keep_picture: Keep) -> None:
    served = start_server({**QUIET, "teams": 2})
    ann, ben = visit(served.url), visit(served.url)
    ann.join("Ann")
    other = 1 - served.player("Ann").team
    ben.page.wait_for_selector("#team", state="visible")
    ben.page.select_option("#team", str(other))
    ben.join("Ben")
    assert served.player("Ben").team == other
    served.put("Ann", 1200, 1000)
    served.put("Ben", 1400, 1000)
    ben.until("game.room.world.entities.size === 2", "both are in view")
    assert "Red 0" in ben.page.inner_text("#team-scores")
    keep_picture(ben, "teams.png")


def test_leaving_gives_the_seat_back(players: Two) -> None:
    served, ann, ben = players
    ann.page.click("#leave")
    ann.page.wait_for_selector("#join")
    ben.until("document.getElementById('feed').innerText.includes('Ann has left')", "Ben reads it")
    assert len(served.room().roster.seats()) == 1


def test_overlays_open_and_close_by_key(players: Two) -> None:
    _, ann, _ = players
    ann.page.keyboard.press("?")
    ann.page.wait_for_selector("#help", state="visible")
    ann.page.keyboard.press("Escape")
    ann.page.wait_for_selector("#help", state="hidden")
    ann.page.keyboard.press("n")
    ann.until("document.getElementById('net-values').innerText.includes('ms')", "the net panel shows numbers")


def test_a_phone_walks_and_swings_by_touch(start_server: Start, visit: Visit, keep_picture: Keep) -> None:
    served = start_server(WITH_A_TREE)
    phone = {"viewport": {"width": 740, "height": 360}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    ann = visit(served.url, **phone)
    ann.join("Ann")
    touch = ann.page.context.new_cdp_session(ann.page)

    def fingers(kind: str, *points: tuple[int, int]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    fingers("touchStart", (150, 220))
    fingers("touchMove", (210, 220))
    eventually(lambda: served.player("Ann").direction == 0, "Ann walks to the right")
    keep_picture(ann, "phone.png")
    fingers("touchEnd")
    eventually(lambda: served.player("Ann").direction is None, "Ann stands")
    fingers("touchStart", (600, 200))
    fingers("touchMove", (600, 260))
    eventually(lambda: served.player("Ann").attacking, "Ann swings")
    eventually(lambda: abs(served.player("Ann").angle_rad - 1.57) < 0.05, "Ann aims down")
    fingers("touchEnd")
    eventually(lambda: not served.player("Ann").attacking, "Ann rests")


def test_the_page_plays_on_when_server_and_round_have_run_for_years(
    start_server: Start, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = start_server(QUIET)
    ann, ben = visit(served.url), visit(served.url)
    both_join(served, ann, ben)
    game, years_s = served.room().game, 10 * 366 * 86_400
    monkeypatch.setattr(lobby, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + years_s))
    with game.lock:
        game.tick, game.last_id = 2**33, -(2**34)
    ann.until(f"game.room.world.clock.lastTick > {2**33}", "the page follows")
    trips = ann.see("(game.meter.trips.length = 0, game.meter.pings)")
    ann.until(f"game.meter.pings > {trips} && game.meter.trips.length", "a PONG is read")
    y = served.player("Ann").y
    ann.page.keyboard.down("s")
    ben.until(f"game.renderer.places.get({served.player('Ann').id})?.y > {y + 60}", "Ben sees Ann walk")
    ann.page.keyboard.up("s")
    ann.page.keyboard.press("1")
    for visitor in (ann, ben):
        visitor.until("[...game.room.world.scenery.keys()].some((id) => id < -(2 ** 34))", "the wall is seen")
