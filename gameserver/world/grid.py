"""A uniform grid: finds the bodies near a point without measuring the distance to every body.

The map is cut into square cells. The grid files a body in the cell that holds the body's centre. A look-up visits only
the few cells that can hold a body in reach. So its cost depends on how crowded the place is, not on how many bodies the
world has.
"""

from __future__ import annotations

from typing import Generic, Iterable, Sequence, TypeVar

from gameserver.world.objects import Body

T = TypeVar("T", bound=Body)


class Grid(Generic[T]):
    """Bodies by place, in insertion order, so look-ups always give the same answers in the same order.

    map_size: width and height of the map. cell_size: width and height of a cell; best is about the size of a common
    look-up. Larger cells hold more bodies out of reach; smaller cells mean more cells to visit.
    """

    def __init__(self, map_size: float, cell_size: float) -> None:
        self._cell_size = cell_size
        self._columns = int(map_size / cell_size) + 1
        self._cells: list[list[T]] = [[] for _ in range(self._columns * self._columns)]
        self._filed: list[T] = []
        self._largest_scale = 0.0

    def rebuild(self, bodies: Iterable[T]) -> None:
        """Files these bodies, and only these, by their present places."""
        for body in self._filed:  # far fewer bodies than cells
            self._cells[body.cell].clear()
        self._filed.clear()
        for body in bodies:
            self.insert(body)

    def bodies(self) -> list[T]:
        """Returns all filed bodies."""
        return list(self._filed)

    def insert(self, body: T) -> None:
        """Files one more body; its centre must lie on the map."""
        body.cell = int(body.y / self._cell_size) * self._columns + int(body.x / self._cell_size)
        self._cells[body.cell].append(body)
        self._filed.append(body)
        if body.scale > self._largest_scale:
            self._largest_scale = body.scale

    def remove(self, body: T) -> None:
        """Forgets a filed body."""
        self._cells[body.cell].remove(body)
        self._filed.remove(body)

    def move(self, body: T, x: float, y: float) -> None:
        """Moves a filed body to another place on the map."""
        body.x = x
        body.y = y
        cell = int(y / self._cell_size) * self._columns + int(x / self._cell_size)
        if cell != body.cell:
            self._cells[body.cell].remove(body)
            self._cells[cell].append(body)
            body.cell = cell

    def near(self, x: float, y: float, radius: float) -> Sequence[T]:
        """Returns all bodies that the circle could touch, and some that it does not; the caller measures.

        The list may be the grid's own. The caller does not change it, and does not use it after the grid has changed.
        """
        reach = radius + self._largest_scale
        size = self._cell_size
        columns = self._columns
        left = int((x - reach) / size) if x > reach else 0
        top = int((y - reach) / size) if y > reach else 0
        right = int((x + reach) / size)
        if right >= columns:
            right = columns - 1
        bottom = int((y + reach) / size)
        if bottom >= columns:
            bottom = columns - 1
        if left == right and top == bottom:
            return self._cells[top * columns + left]
        found: list[T] = []
        for row_start in range(top * columns, bottom * columns + 1, columns):
            for cell in self._cells[row_start + left : row_start + right + 1]:
                found += cell
        return found

    # The look-up that `touching` uses.
    touchable = near

    def touching(self, x: float, y: float, radius: float, ignored: T | None = None) -> T | None:
        """Returns the first body found that overlaps the circle, or None. ignored: the body that moves, if any."""
        for body in self.touchable(x, y, radius):
            gap_x = body.x - x
            gap_y = body.y - y
            reach = body.scale + radius
            if gap_x * gap_x + gap_y * gap_y < reach * reach and body is not ignored:
                return body
        return None
