"""A uniform grid: who could be near this point, without asking everyone.

The map is cut into square cells; a body is filed in the cell that its centre lies in. A look-up visits the few cells
that could hold something in reach, so its cost depends on how crowded the place is, not on how much is in the world.
"""

from __future__ import annotations

from typing import Generic, Iterable, Sequence, TypeVar

from gameserver.objects import Body

T = TypeVar("T", bound=Body)


class Grid(Generic[T]):
    """Bodies by place, in the order they came: look-ups give the same answers in the same order every time.

    map_size: width and height of the map. cell_size: width and height of a cell; about the size of a common
    look-up is best: larger cells hold more that is not meant, smaller ones make more cells to visit.
    """

    def __init__(self, map_size: float, cell_size: float) -> None:
        self._cell_size = cell_size
        self._columns = int(map_size / cell_size) + 1
        self._cells: list[list[T]] = [[] for _ in range(self._columns * self._columns)]
        self._filed: list[T] = []
        self._largest_scale = 0.0

    def rebuild(self, bodies: Iterable[T]) -> None:
        """Files these bodies, and only these, by their present places."""
        for body in self._filed:  # far fewer than there are cells
            self._cells[body.cell].clear()
        self._filed.clear()
        for body in bodies:
            self.insert(body)

    def bodies(self) -> list[T]:
        """All that is filed."""
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
        """Puts a filed body to another place on the map."""
        body.x = x
        body.y = y
        cell = int(y / self._cell_size) * self._columns + int(x / self._cell_size)
        if cell != body.cell:
            self._cells[body.cell].remove(body)
            self._cells[cell].append(body)
            body.cell = cell

    def near(self, x: float, y: float, radius: float) -> Sequence[T]:
        """All bodies that the circle could touch, and some that it does not: the caller measures.

        The list may be the grid's own: not to be changed, nor kept beyond the next change of the grid.
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

    # What `touching` has to measure.
    touchable = near

    def touching(self, x: float, y: float, radius: float, ignored: T | None = None) -> T | None:
        """The first body found that overlaps the circle, or None; `ignored` is the one that asks."""
        for body in self.touchable(x, y, radius):
            gap_x = body.x - x
            gap_y = body.y - y
            reach = body.scale + radius
            if gap_x * gap_x + gap_y * gap_y < reach * reach and body is not ignored:
                return body
        return None
