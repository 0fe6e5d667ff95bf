"""Static objects -> packets: scenery and buildings, which are sent to each client once, cell by cell.

When a cell first comes into a client's view, the client receives all static objects in the cell. The cell is a known
cell of the client from then on. The client receives each building that is built or falls in a known cell in the same
tick, even if the cell is no longer in view.
In:  the scenery and the buildings of each game state, and the views. Out: OBJECTS and OBJECTS_GONE, as bytes.
"""

from __future__ import annotations

from typing import Callable, Iterable, Tuple

from gameserver.replication.frame_cache import EncodedLists
from gameserver.replication.viewpoints import Cell
from gameserver.world.shown import Fields
from Net.shared_packets import encode_elements, join_list, join_packet
from Net.wire_format import WireFormat

Numbers = Tuple[int, ...]  # id, kind, x, y, scale


class KnownCells:
    """The known cells of one client, and the changes in them that it has not received."""

    __slots__ = ("cells", "unsaid", "unsaid_gone")

    def __init__(self) -> None:
        self.cells: set[Cell] = set()
        # The buildings that were built and that fell in the known cells while the client could not take packets.
        self.unsaid: dict[int, Numbers] = {}
        self.unsaid_gone: list[int] = []

    def has_missed(self) -> bool:
        """Whether there are changes that were not sent to the client."""
        return bool(self.unsaid or self.unsaid_gone)


class StaticObjects:
    """Follows the static objects of a game. cell_at: returns the cell of a place."""

    def __init__(self, cell_at: Callable[[float, float], Cell]) -> None:
        self._cell_at = cell_at
        self._buildings: dict[int, Fields] | None = None  # None: no state has come yet
        self._in_cell: dict[Cell, dict[int, Numbers]] = {}
        self._building_cells: dict[int, Cell] = {}
        self._whole_lists = EncodedLists(lambda cell: _flat(self._in_cell.get(cell, {})))
        # Changes since the last tick, by cell.
        self._built: dict[Cell, dict[int, Numbers]] = {}
        self._fallen: dict[Cell, list[int]] = {}
        self.has_news = False
        self._built_lists = EncodedLists(lambda cell: _flat(self._built[cell]))
        self._fallen_lists = EncodedLists(lambda cell: self._fallen[cell])

    def compare(self, scenery: dict[int, Fields], buildings: dict[int, Fields]) -> None:
        """Finds the buildings that have been built and those that have fallen since the last call.

        scenery: never changes. buildings: the same object as in the last call means that nothing has changed.
        """
        if self._buildings is None:
            for piece_id, fields in scenery.items():
                self._note(piece_id, fields)
            for building_id, fields in buildings.items():
                self._building_cells[building_id] = self._note(building_id, fields)
            self._buildings = buildings
            return
        if self.has_news:
            self._built, self._fallen = {}, {}
            self._built_lists.clear()
            self._fallen_lists.clear()
        self.has_news = self._buildings is not buildings
        if self.has_news:
            self._buildings = buildings
            self._find_news(buildings)

    def _find_news(self, buildings: dict[int, Fields]) -> None:
        for building_id in [old for old in self._building_cells if old not in buildings]:
            cell = self._building_cells.pop(building_id)
            del self._in_cell[cell][building_id]
            self._fallen.setdefault(cell, []).append(building_id)
        for building_id in [new for new in buildings if new not in self._building_cells]:
            cell = self._building_cells[building_id] = self._note(building_id, buildings[building_id])
            self._built.setdefault(cell, {})[building_id] = self._in_cell[cell][building_id]
        for cell in (*self._fallen, *self._built):
            for as_text in (False, True):
                self._whole_lists.pop((cell, as_text), None)

    def frames(self, known: KnownCells, cells: Iterable[Cell], form: WireFormat) -> bytes:
        """Returns the frames that bring a client with these cells in view up to date; mostly there are none."""
        new_cells = [cell for cell in cells if cell not in known.cells]
        has_missed = known.has_missed()
        if not (new_cells or self.has_news or has_missed):
            return b""
        as_text = form.as_text
        if has_missed:
            self.miss(known)  # a building that the client missed may have fallen in this tick
            gone = [encode_elements(known.unsaid_gone, as_text)]
            come = [encode_elements(_flat(known.unsaid), as_text)]
            known.unsaid, known.unsaid_gone = {}, []
        else:
            gone = [self._fallen_lists[cell, as_text] for cell in self._fallen if cell in known.cells]
            come = [self._built_lists[cell, as_text] for cell in self._built if cell in known.cells]
        come += [self._whole_lists[cell, as_text] for cell in new_cells]
        known.cells.update(new_cells)
        packets = (("OBJECTS_GONE", gone), ("OBJECTS", come))
        return b"".join(
            form.frame(join_packet(packet_id, [join_list(parts, as_text)], as_text))
            for packet_id, parts in packets
            if any(part.length for part in parts)
        )

    def miss(self, known: KnownCells) -> None:
        """Keeps the changes of this tick for a client that cannot take packets now."""
        for cell in self._fallen:
            if cell in known.cells:
                for building_id in self._fallen[cell]:
                    if known.unsaid.pop(building_id, None) is None:
                        known.unsaid_gone.append(building_id)
        for cell in self._built:
            if cell in known.cells:
                known.unsaid.update(self._built[cell])

    def _note(self, thing_id: int, fields: Fields) -> Cell:
        cell = self._cell_at(fields["x"], fields["y"])
        self._in_cell.setdefault(cell, {})[thing_id] = (thing_id, *fields.values())
        return cell


def _flat(things: dict[int, Numbers]) -> list[int]:
    return [number for numbers in things.values() for number in numbers]
