"""The changes on the grid in one tick: which entities are new or changed in each cell, and which have left it.

In:  the rows of all entities now, and the changes of the tick before. Out: lists of numbers and of ids, by cell.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, Iterable, List

from gameserver.replication.entities import Row
from gameserver.replication.viewpoints import Cell, Viewpoints

Lists = Dict[Cell, List[int]]


class Changes:
    """The changes from one tick to the next; each tick makes a new one.

    rows, cells: the row and the cell of each entity, by id. changed: for each cell, the numbers of the rows in it that
    are new or different. left: for each cell, the ids of the entities that have left it.
    """

    def __init__(self, rows: Iterable[Row], viewpoints: Viewpoints, before: Changes | None) -> None:
        rows_before: dict[int, Row] = {} if before is None else before.rows
        cells_before: dict[int, Cell] = {} if before is None else before.cells
        self.rows: dict[int, Row] = {}
        self.cells: dict[int, Cell] = {}
        self._cells_before = cells_before
        self.changed: Lists = defaultdict(list)
        self.left: Lists = defaultdict(list)
        self._ids_now: Lists | None = None
        self._ids_before: Lists | None = None
        self._compare(rows, viewpoints, rows_before)

    def _compare(self, rows: Iterable[Row], viewpoints: Viewpoints, rows_before: dict[int, Row]) -> None:
        now, cells, cells_before = self.rows, self.cells, self._cells_before
        changed, left = self.changed, self.left
        size, columns = viewpoints.cell_size, viewpoints.columns
        for row in rows:
            entity_id = row[0]
            now[entity_id] = row
            cell = cells[entity_id] = row[3] // size * columns + row[2] // size
            if rows_before.get(entity_id) != row:
                changed[cell].extend(row)
                cell_before = cells_before.get(entity_id, cell)
                if cell_before != cell:
                    left[cell_before].append(entity_id)
        for entity_id in rows_before.keys() - now.keys():
            left[cells_before[entity_id]].append(entity_id)

    def changed_in(self, cell: Cell) -> list[int]:
        """Returns the numbers of the entities that are new or changed in a cell."""
        return self.changed.get(cell, [])

    def left_from(self, cell: Cell) -> list[int]:
        """Returns the ids of the entities that have left a cell, or the world from there."""
        return self.left.get(cell, [])

    def all_in(self, cell: Cell) -> list[int]:
        """Returns the numbers of all entities in a cell."""
        if self._ids_now is None:
            self._ids_now = _by_cell(self.cells)
        return [number for entity_id in self._ids_now.get(cell, []) for number in self.rows[entity_id]]

    def ids_before_in(self, cell: Cell) -> list[int]:
        """Returns the ids of all entities that were in a cell at the tick before."""
        if self._ids_before is None:
            self._ids_before = _by_cell(self._cells_before)
        return self._ids_before.get(cell, [])


def _by_cell(cells: dict[int, Cell]) -> Lists:
    ids: Lists = defaultdict(list)
    for entity_id, cell in cells.items():
        ids[cell].append(entity_id)
    return ids
