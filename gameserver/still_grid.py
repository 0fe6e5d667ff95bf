"""A grid of what stands still: what could be touched from a place is found once, and remembered.

Everybody who walks asks in every tick, and mostly about open ground: then there is nothing to measure.
"""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence, TypeVar

from gameserver.grid import Grid
from gameserver.objects import Body

T = TypeVar("T", bound=Body)

# Width and height of a square, in world units: in larger ones more is remembered that is not meant, smaller ones are
# entered more often for the first time.
_SQUARE_SIZE = 200.0
# There are a few sizes of walkers. In a game in which they grew, each size on the way would be remembered for nothing.
_MOST_RADII = 16


class StillGrid(Grid[T]):
    """A `Grid` that is asked far more often than it is changed."""

    def __init__(self, map_size: float, cell_size: float) -> None:
        super().__init__(map_size, cell_size)
        self._squares_a_side = int(map_size / _SQUARE_SIZE) + 1
        # By radius and square: what a circle of that radius could touch, its centre in the square. None: not known.
        self._remembered: dict[float, list[Sequence[T] | None]] = {}

    def rebuild(self, bodies: Iterable[T]) -> None:
        """Files these bodies, and only these, by their present places."""
        self._remembered.clear()
        super().rebuild(bodies)

    def insert(self, body: T) -> None:
        """Files one more body; its centre must lie on the map."""
        super().insert(body)
        self._forget_round(body)

    def remove(self, body: T) -> None:
        """Forgets a filed body."""
        super().remove(body)
        self._forget_round(body)

    def touchable(self, x: float, y: float, radius: float) -> Sequence[T]:
        """All bodies that the circle could touch, in the order of `near`; its centre must lie on the map."""
        squares = self._remembered.get(radius)
        if squares is None:
            if len(self._remembered) == _MOST_RADII:
                self._remembered.clear()
            squares = self._remembered[radius] = [None] * (self._squares_a_side * self._squares_a_side)
        square = int(y / _SQUARE_SIZE) * self._squares_a_side + int(x / _SQUARE_SIZE)
        bodies = squares[square]
        if bodies is None:
            bodies = squares[square] = self._touchable_from(square, radius)
        return bodies

    def _touchable_from(self, square: int, radius: float) -> Sequence[T]:
        row, column = divmod(square, self._squares_a_side)
        half = _SQUARE_SIZE / 2
        middle_x, middle_y = column * _SQUARE_SIZE + half, row * _SQUARE_SIZE + half
        return tuple(
            body
            for body in self.near(middle_x, middle_y, radius + _SQUARE_SIZE)  # half a diagonal is less
            if max(abs(body.x - middle_x), abs(body.y - middle_y)) < half + radius + body.scale
        )

    def _forget_round(self, body: T) -> None:
        """Forgets all squares from which the body can be touched."""
        for radius, squares in self._remembered.items():
            for square in self._squares_round(body.x, body.y, body.scale + radius):
                squares[square] = None

    def _squares_round(self, x: float, y: float, reach: float) -> Iterator[int]:
        last = self._squares_a_side - 1
        left, right = max(0, int((x - reach) / _SQUARE_SIZE)), min(last, int((x + reach) / _SQUARE_SIZE))
        top, bottom = max(0, int((y - reach) / _SQUARE_SIZE)), min(last, int((y + reach) / _SQUARE_SIZE))
        for row in range(top, bottom + 1):
            yield from range(row * self._squares_a_side + left, row * self._squares_a_side + right + 1)
