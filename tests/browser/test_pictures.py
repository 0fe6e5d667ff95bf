"""Takes pictures of every screen as artefacts (tests/browser/artefacts, ignored by git) for a person to look at."""

from __future__ import annotations

import math
import random
from typing import Any, Callable

import pytest

from gameserver.bots.crowd import Crowd
from gameserver.bots.fighter import Fighter
from tests.browser.conftest import Served, Visitor, eventually

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

BOTS = 20
# A map so small that all bots are in view, with some things of every kind.
CROWDED: dict[str, Any] = {
    "map_size": 2200.0,
    "trees_per_area": 4,
    "bushes_per_area": 3,
    "rocks": 150,
    "gold": 60,
    "animals": 150,
    # Low damage, so that no player is dead when the picture is taken.
    "melee_damage": 3.0,
    "projectile_damage": 3.0,
    "bite_damage": 2.0,
    "start_resources": (200, 50, 50, 50),
    "time_limit_s": 300.0,
}


@pytest.fixture
def crowded(start_server: Start) -> Any:
    """A server with a crowd of bots."""
    served = start_server(CROWDED)
    crowd = Crowd(f"ws://127.0.0.1:{served.port}", BOTS, Fighter)
    crowd.start()
    eventually(lambda: served.server.lobby.all_rooms() and len(served.room().roster.seats()) == BOTS, "all bots are in")
    yield served
    crowd.stop()


def test_pictures_of_joining_and_playing(crowded: Served, visit: Visit, keep_picture: Keep) -> None:
    ann = visit(crowded.url)
    ann.until("document.getElementById('rooms').innerText.includes('room-1')", "the room is listed")
    keep_picture(ann, "join.png")
    ann.join("Ann")
    scatter(crowded)
    ann.until(f"game.renderer.places.size > {BOTS * 3 // 4}", "most bots are in view")
    ann.page.keyboard.press("n")
    ann.aim_and_hold(200, -100)
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("who builds a wall with me?")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_timeout(1500)
    keep_picture(ann, "play.png")
    ann.page.keyboard.press("?")
    keep_picture(ann, "help.png")
    pictures = ann.see("document.getElementById('net-values').lastElementChild.textContent")
    print(f"{pictures} with {BOTS} bots in view, drawn without a graphics card")


@pytest.mark.parametrize(("width", "height"), [(780, 360), (390, 800)], ids=["lying", "upright"])
def test_pictures_on_a_phone(crowded: Served, visit: Visit, keep_picture: Keep, width: int, height: int) -> None:
    phone = {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}
    ann = visit(crowded.url, **phone, device_scale_factor=2)
    keep_picture(ann, f"phone-{width}-join.png")
    ann.join("Ann")
    scatter(crowded)
    ann.page.wait_for_timeout(1000)
    keep_picture(ann, f"phone-{width}-play.png")


def scatter(served: Served) -> None:
    """Moves all players into one view, and gives them all kinds of weapons."""
    game, rng = served.room().game, random.Random(1)
    places = [(300 + 250 * (i % 6), 700 + 190 * (i // 6)) for i in range(30)]
    places.sort(key=lambda place: math.dist(place, (1000, 1100)))
    with game.lock:
        for player in sorted(game.players.values(), key=lambda player: player.name != "Ann"):
            player.weapon = rng.randrange(8)
            free = (place for place in places if game.solid_grid.touching(*place, player.scale) is None)
            player.x, player.y = next(free)
            places.remove((player.x, player.y))
