"""Tests of the grid with a cache: it gives the same answers as the plain grid."""

from __future__ import annotations

import random
import tracemalloc

from gameserver.world.grid import Grid
from gameserver.world.objects import Body
from gameserver.world.static_grid import StillGrid

MAP_SIZE = 2000.0
RADII = (10.0, 35.0, 260.0)


def assert_alike(still: StillGrid[Body], plain: Grid[Body], rng: random.Random) -> None:
    for _ in range(400):
        x, y, radius = rng.random() * MAP_SIZE, rng.random() * MAP_SIZE, rng.choice(RADII)
        assert still.touching(x, y, radius) is plain.touching(x, y, radius)


def test_it_finds_the_same_as_a_plain_grid_while_bodies_come_and_go() -> None:
    rng = random.Random(1)
    still: StillGrid[Body] = StillGrid(MAP_SIZE, 600)
    plain: Grid[Body] = Grid(MAP_SIZE, 600)
    bodies: list[Body] = []
    for number in range(120):
        if bodies and rng.random() < 0.4:
            gone = bodies.pop(rng.randrange(len(bodies)))
            still.remove(gone)
            plain.remove(gone)
        else:
            bodies.append(Body(number, rng.random() * MAP_SIZE, rng.random() * MAP_SIZE, 5 + rng.random() * 150))
            still.insert(bodies[-1])
            plain.insert(bodies[-1])
        assert_alike(still, plain, rng)
    still.rebuild(bodies[:5])
    plain.rebuild(bodies[:5])
    assert_alike(still, plain, rng)


def test_it_finds_the_bodies_in_the_corners_of_the_map() -> None:
    still: StillGrid[Body] = StillGrid(MAP_SIZE, 600)
    corners = [(x, y) for x in (0.0, MAP_SIZE) for y in (0.0, MAP_SIZE)]
    assert all(still.touching(x, y, 10) is None for x, y in corners)
    for number, (x, y) in enumerate(corners):
        still.insert(Body(number, x, y, 20))
    assert [still.touching(x, y, 10) is not None for x, y in corners] == [True] * 4


def test_a_square_is_searched_once_and_open_ground_has_no_bodies_to_check() -> None:
    still: StillGrid[Body] = StillGrid(MAP_SIZE, 600)
    still.insert(Body(1, 1000, 1000, 50))
    found = still.touchable(1010, 1010, 35)
    assert len(found) == 1
    assert still.touchable(1190, 1090, 35) is found
    assert not still.touchable(300, 300, 35)


def test_walkers_that_grow_do_not_fill_the_memory() -> None:
    still: StillGrid[Body] = StillGrid(MAP_SIZE, 600)
    body = Body(1, 1000, 1000, 50)
    still.insert(body)
    tracemalloc.start()
    try:
        for step in range(2000):
            assert still.touching(1060, 1000, 20 + step / 100) is body
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < 100_000
