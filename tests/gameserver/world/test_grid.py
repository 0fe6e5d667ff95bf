"""Tests of the grid: it finds the same bodies as a search over all of them."""

from __future__ import annotations

import random

from gameserver.world.grid import Grid
from gameserver.world.objects import Body

MAP_SIZE = 2000.0


def scattered_bodies(count: int) -> list[Body]:
    rng = random.Random(1)
    return [Body(i, rng.random() * MAP_SIZE, rng.random() * MAP_SIZE, 5 + rng.random() * 95) for i in range(count)]


def overlaps(body: Body, x: float, y: float, radius: float) -> bool:
    return (body.x - x) ** 2 + (body.y - y) ** 2 < (body.scale + radius) ** 2


def assert_finds_everything(grid: Grid[Body], bodies: list[Body]) -> None:
    rng = random.Random(2)
    for _ in range(300):
        x, y, radius = rng.random() * MAP_SIZE, rng.random() * MAP_SIZE, rng.random() * 400
        expected = {body.id for body in bodies if overlaps(body, x, y, radius)}
        found = [body.id for body in grid.near(x, y, radius)]
        assert expected <= set(found)
        assert len(found) == len(set(found))
        assert (grid.touching(x, y, radius) is not None) == bool(expected)


def test_near_finds_all_bodies_that_a_full_search_finds() -> None:
    bodies = scattered_bodies(200)
    grid: Grid[Body] = Grid(MAP_SIZE, 150)
    grid.rebuild(bodies)
    assert_finds_everything(grid, bodies)


def test_near_leaves_out_bodies_far_away() -> None:
    grid: Grid[Body] = Grid(MAP_SIZE, 150)
    grid.rebuild(scattered_bodies(200))
    assert len(grid.near(1000, 1000, 10)) < 50


def test_moved_bodies_are_found_where_they_are_now() -> None:
    bodies = scattered_bodies(200)
    grid: Grid[Body] = Grid(MAP_SIZE, 150)
    grid.rebuild(bodies)
    rng = random.Random(3)
    for body in bodies:
        grid.move(body, rng.random() * MAP_SIZE, rng.random() * MAP_SIZE)
    assert_finds_everything(grid, bodies)


def test_a_rebuilt_grid_holds_only_the_given_bodies() -> None:
    bodies = scattered_bodies(200)
    grid: Grid[Body] = Grid(MAP_SIZE, 150)
    grid.rebuild(bodies)
    for body in bodies:
        body.x, body.y = body.y, body.x
    grid.rebuild(bodies[:50])
    assert_finds_everything(grid, bodies[:50])
    assert len(grid.near(1000, 1000, MAP_SIZE)) == 50


def test_the_far_corner_of_the_map_has_a_cell() -> None:
    corner = Body(1, MAP_SIZE, MAP_SIZE, 10)
    grid: Grid[Body] = Grid(MAP_SIZE, 500)
    grid.insert(corner)
    assert grid.touching(MAP_SIZE, MAP_SIZE, 1) is corner


def test_a_body_is_not_in_its_own_way() -> None:
    body = Body(1, 500, 500, 10)
    grid: Grid[Body] = Grid(MAP_SIZE, 500)
    grid.insert(body)
    assert grid.touching(500, 500, 10, body) is None


def test_circles_that_only_meet_at_their_edges_do_not_overlap() -> None:
    grid: Grid[Body] = Grid(MAP_SIZE, 500)
    grid.insert(Body(1, 500, 500, 10))
    assert grid.touching(520, 500, 10) is None
    assert grid.touching(519.9, 500, 10) is not None
