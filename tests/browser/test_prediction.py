"""Tests of prediction: own movement is shown at once and corrected without a visible jump; others are interpolated."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Iterator

import pytest

from gameserver.game import Game
from gameserver.world.settings import GameSettings
from tests.browser.conftest import QUIET, serve, visiting

pytestmark = pytest.mark.browser

SIMULATION = (Path(__file__).parent / "simulation.js").read_text(encoding="utf-8")
MOST_JUMP = 10  # world units in one picture that walking does not explain


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page of the server that can import its modules. No test leaves anything in it."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        yield visit(served.url).page


def simulate(page: Any, **line: Any) -> dict[str, float]:
    """Simulates two minutes of random walking over a line with these delays."""
    code = SIMULATION[SIMULATION.index("async (") :]
    found: dict[str, float] = page.evaluate(code, {"seconds": 120, "seed": 1, "trees": 0, **line})
    return found


def test_on_a_line_without_jitter_nothing_has_to_be_corrected(page: Any) -> None:
    found = simulate(page, upMs=50, downMs=50, jitterMs=0)
    assert found["corrected"] <= 2, found
    assert found["largestJump"] < MOST_JUMP, found


@pytest.mark.parametrize(("up_ms", "down_ms"), [(0, 0), (50, 50), (80, 20), (20, 80), (150, 150)])
@pytest.mark.parametrize("trees", [0, 60])
def test_with_jitter_there_is_no_jump(page: Any, up_ms: int, down_ms: int, trees: int) -> None:
    found = simulate(page, upMs=up_ms, downMs=down_ms, jitterMs=15, trees=trees, seed=7)
    assert found["largestJump"] < MOST_JUMP, found
    assert found["corrected"] < 0.1 * found["steps"], found
    assert found["distance"] < 120, found  # the last steps may still be on their way to the server


@pytest.mark.parametrize("y", [560.0, 1400.0], ids=["at the snow", "at the river"])
def test_the_page_walks_by_the_same_rule_as_the_server(page: Any, y: float) -> None:
    settings = GameSettings(map_size=3000.0, animals=0, seed=5, trees_per_area=20)
    game, rng = Game(settings), random.Random(3)
    ann = game.add_player(1, "Ann")
    ann.x, ann.y = 1500.0, y
    game.update(1 / 20)
    start = {"x": ann.x, "y": ann.y}
    directions: list[int | None] = []
    places = []
    for _ in range(150):
        direction = rng.choice([None, *range(8)])
        for _ in range(rng.randrange(1, 20)):
            game.process_input(1, ("MOVE", direction))
            game.update(1 / 20)
            directions.append(direction)
            places.append((ann.x, ann.y))
    circles = [{"id": o.id, "kind": 0, "x": o.x, "y": o.y, "scale": o.scale} for o in game.scenery.values()]
    code = """async ({ start, directions, settings, circles }) => {
        const { walk } = await import("/web/world/movement.js");
        const { Grid } = await import("/web/world/grid.js");
        const grid = new Grid();
        circles.forEach((circle) => grid.add(circle));
        const touching = (x, y, scale) => grid.touching(x, y, scale);
        let place = start;
        return directions.map((direction) => {
            place = walk(place, direction, settings.player_speed, settings, touching);
            return [place.x, place.y];
        });
    }"""
    told = game.client_settings()
    walked = page.evaluate(code, {"start": start, "directions": directions, "settings": told, "circles": circles})
    grounds = {game.biomes.ground_at(y) for _, y in places}
    assert len(grounds) > 1, "it leads over more than one kind of ground"
    for expected, found in zip(places, walked):
        assert found == pytest.approx(expected, abs=1e-6)


def test_others_are_drawn_between_snapshots_and_turn_the_short_way_round(page: Any) -> None:
    code = """async () => {
        const { Track } = await import("/web/world/interpolation.js");
        const { delayTicks } = await import("/web/lib/clock.js");
        const { mix } = await import("/web/lib/smoothing.js");
        const mixAngles = (from, to, share) => mix(from, to, share, 2 * Math.PI);
        const track = new Track();
        track.add(10, 100, 100, 6.2);
        track.add(11, 110, 100, 0.1);
        track.add(15, 130, 100, 0.1);
        const leap = new Track();
        leap.add(1, 0, 0, 0);
        leap.add(2, 5000, 0, 0);
        return {
            early: track.at(9), middle: track.at(10.5), still: track.at(13), moving: track.at(14.5), end: track.at(99),
            leap: leap.at(1.5), turn: [mixAngles(0.1, 6.2, 0.5), mixAngles(6.2, 0.1, 0.5), mixAngles(3, -3, 0.5)],
            delays: [delayTicks(0, 50), delayTicks(25, 50), delayTicks(1000, 50)],
        };
    }"""
    found = page.evaluate(code)
    assert found["early"] is None, "it was not there yet"
    assert found["middle"]["x"] == 105
    assert found["middle"]["angle"] == pytest.approx(6.2 + (0.1 + 2 * 3.141592653589793 - 6.2) / 2)
    assert found["still"]["x"] == 110, "what is not sent has not moved"
    assert found["moving"]["x"] == 120
    assert found["end"]["x"] == 130
    assert found["leap"] is None, "who was put elsewhere is not drawn on the way"
    assert found["turn"] == pytest.approx([0.1 - 0.0915927, 6.2 + 0.0915927, 3.1415927], abs=1e-6)
    assert found["delays"] == [1.5, 2.5, 4]


def test_an_id_in_gone_and_moved_is_alive(page: Any) -> None:
    code = """async () => {
        const { World } = await import("/web/world/world.js");
        const world = new World(1, { tick_rate: 20, map_size: 3000, player_scale: 35 });
        world.applyState(1, [5, 0, 100, 100, 0, 100, 0, 6, 0, 200, 200, 0, 100, 0], [], 1000);
        world.applyState(2, [5, 0, 110, 100, 0, 90, 3], [5, 6], 1050);
        world.applyState(3, [], [], 1100);
        world.advance(1400);
        return { ids: [...world.entities.keys()], x: world.entities.get(5).track.at(1.5).x };
    }"""
    assert page.evaluate(code) == {"ids": [5], "x": 105}


@pytest.mark.parametrize("wakes_at_ms", [5000, 5310, 5525, 5990])
@pytest.mark.parametrize(("up_ms", "down_ms"), [(1, 1), (30, 30), (80, 20), (150, 150)])
def test_the_first_step_in_a_dormant_room_shows_no_jump(page: Any, wakes_at_ms: int, up_ms: int, down_ms: int) -> None:
    code = (Path(__file__).parent / "rest.js").read_text(encoding="utf-8")
    line = {"wakesAtMs": wakes_at_ms, "upMs": up_ms, "downMs": down_ms}
    found = page.evaluate(code[code.index("async (") :], line)
    assert found["ownAtRest"] == 0, found
    assert found["ownJump"] < MOST_JUMP, found
    assert found["animalJump"] < MOST_JUMP, found
    assert found["walked"] > 600, found  # walking goes on as usual
    assert found["seenAfterMs"] <= up_ms + down_ms + 1, found  # by the very next STATE
