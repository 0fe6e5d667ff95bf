"""The cells of the map, and the cells in view from each of them."""

from __future__ import annotations

from typing import Tuple

from gameserver.world.settings import GameSettings

Cell = int
Cells = Tuple[Cell, ...]


class Viewpoints:
    """The cells of a map. Cells with the same cells in view share one viewpoint cell, so they share their frames.

    in_view: the cells in view from each viewpoint cell that `of` has returned.
    """

    def __init__(self, settings: GameSettings) -> None:
        self.in_view: dict[Cell, Cells] = {}
        self.cell_size = settings.cell_size
        self.columns = int(settings.map_size // settings.cell_size) + 1
        self._reach = settings.view_cells
        self._viewpoints: dict[Cell, Cell] = {}

    def cell_at(self, x: float, y: float) -> Cell:
        """Returns the cell of a place. The cell follows from the rounded coordinates that go over the wire."""
        return round(y) // self.cell_size * self.columns + round(x) // self.cell_size

    def of(self, cell: Cell) -> Cell:
        """Returns the viewpoint cell of a cell. On a small map many cells share one viewpoint cell."""
        viewpoint = self._viewpoints.get(cell)
        if viewpoint is None:
            in_view = self._cells_round(cell)
            alike = (known for known, its_cells in self.in_view.items() if its_cells == in_view)
            viewpoint = self._viewpoints[cell] = next(alike, cell)
            self.in_view[viewpoint] = in_view
        return viewpoint

    def _cells_round(self, centre: Cell) -> Cells:
        row, column = divmod(centre, self.columns)
        across, down = self._reach
        last = self.columns - 1
        rows = range(max(0, row - down), min(last, row + down) + 1)
        columns = range(max(0, column - across), min(last, column + across) + 1)
        return tuple(r * self.columns + c for r in rows for c in columns)
