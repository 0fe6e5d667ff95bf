"""A grid of static objects: it finds once which objects can be touched from a place, and remembers them.

Every walking mover asks in every tick, and mostly stands on open ground. There the remembered list is empty, so there
is nothing to measure.
"""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence, TypeVar

from gameserver.world.grid import Grid
from gameserver.world.objects import Body

T = TypeVar("T", bound=Body)

# Width and height of a square, in world units. For a larger square the grid remembers more objects that are out of
# reach. A smaller square means more squares to look up for the first time.
_SQUARE_SIZE = 200.0
# Movers have only a few sizes. In a game with movers that grow, the grid would remember every size on the way, and most
# of that memory would be wasted.
_MOST_RADII = 16


class StillGrid(Grid[T]):
    """A `Grid` with far more look-ups than changes."""

    def __init__(self, map_size: float, cell_size: float) -> None:
        super().__init__(map_size, cell_size)
        self._squares_a_side = int(map_size / _SQUARE_SIZE) + 1
        # By radius and square: the bodies that a circle of that radius could touch while its centre is in the square.
        # None: not known yet.
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
        """Returns all bodies that the circle could touch, in the order of `near`; its centre must lie on the map."""
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
            for body in self.near(middle_x, middle_y, radius + _SQUARE_SIZE)  # half a square's diagonal is less
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
