"""The changes on the grid from one tick to the next, without a game."""

from __future__ import annotations

from gameserver.replication.changes import Changes
from gameserver.replication.entities import Row
from gameserver.replication.viewpoints import Viewpoints
from gameserver.world.settings import GameSettings

# Cells 0, 1, 2, ... in the first row of the map.
VIEWPOINTS = Viewpoints(GameSettings(map_size=1200.0, cell_size=100, view_cells=(1, 1)))
ANN, BOB, WOLF = 1, 2, -1


def row(entity_id: int, x: int) -> Row:
    return (entity_id, 0, x, 50, 0, 100, 0)


def ticks(*rows: list[Row]) -> Changes:
    """The changes of the last of these ticks."""
    changes: Changes | None = None
    for now in rows:
        changes = Changes(now, VIEWPOINTS, changes)
    assert changes is not None
    return changes


def test_everything_is_new_in_the_first_tick() -> None:
    changes = ticks([row(ANN, 50), row(BOB, 250)])
    assert changes.changed == {0: list(row(ANN, 50)), 2: list(row(BOB, 250))}
    assert changes.left == {}


def test_an_entity_that_does_not_change_is_no_change() -> None:
    changes = ticks([row(ANN, 50)], [row(ANN, 50)])
    assert (changes.changed, changes.left) == ({}, {})
    assert changes.all_in(0) == list(row(ANN, 50))


def test_an_entity_that_walks_into_another_cell_has_left_the_first() -> None:
    changes = ticks([row(ANN, 50), row(WOLF, 150)], [row(ANN, 50), row(WOLF, 250)])
    assert changes.changed_in(2) == list(row(WOLF, 250))
    assert changes.left_from(1) == [WOLF]
    assert changes.changed_in(1) == changes.left_from(2) == []
    assert (changes.ids_before_in(1), changes.ids_before_in(2)) == ([WOLF], [])
    assert (changes.all_in(1), changes.all_in(2)) == ([], list(row(WOLF, 250)))


def test_an_entity_that_is_gone_has_left_its_last_cell() -> None:
    changes = ticks([row(ANN, 50), row(BOB, 60)], [row(ANN, 50)])
    assert changes.left_from(0) == [BOB]
    assert changes.changed == {}
    assert sorted(changes.ids_before_in(0)) == [ANN, BOB]


def test_cells_with_the_same_cells_in_view_share_a_viewpoint() -> None:
    small = Viewpoints(GameSettings(map_size=1200.0, cell_size=600, view_cells=(2, 2)))
    assert {small.of(cell) for cell in range(9)} == {0}
    assert small.in_view[0] == tuple(range(9))
