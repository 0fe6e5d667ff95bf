"""Static objects -> packets: scenery and buildings, which are sent to each client once, cell by cell.

When a cell first comes into a client's view, the client receives all static objects in the cell. The cell is a known
cell of the client from then on. The client receives each building that is built or falls in a known cell in the same
tick, even if the cell is no longer in view.
In:  the game, whose lock the caller holds, and the views. Out: OBJECTS and OBJECTS_GONE for each view, as bytes.
"""

from __future__ import annotations

from typing import Callable, Iterable, Tuple

from gameserver.game import Game
from gameserver.world.objects import GameObject
from Net.shared_packets import Part, encode_part, join_list, join_packet
from Net.wire_format import Form

Cell = int
Numbers = Tuple[int, ...]  # id, kind, x, y, scale


class Knowledge:
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


class Standing:
    """Follows the static objects of a game. cell_at: returns the cell of a place."""

    def __init__(self, game: Game, cell_at: Callable[[float, float], Cell]) -> None:
        self._game = game
        self._cell_at = cell_at
        self._changes_seen = game.building_changes
        self._in_cell: dict[Cell, dict[int, Numbers]] = {}
        self._building_cells: dict[int, Cell] = {}
        for piece in game.scenery.values():
            self._note(piece)
        for building in game.buildings.values():
            self._building_cells[building.id] = self._note(building)
        self._whole_parts: dict[tuple[Cell, bool], Part] = {}
        # Changes since the last tick, by cell.
        self._built: dict[Cell, dict[int, Numbers]] = {}
        self._fallen: dict[Cell, list[int]] = {}
        self.has_news = False
        self._news_parts: dict[tuple[str, Cell, bool], Part] = {}

    def compare(self) -> None:
        """Finds the buildings that have been built and those that have fallen since the last call."""
        self._built, self._fallen, self._news_parts = {}, {}, {}
        self.has_news = self._changes_seen != self._game.building_changes
        if not self.has_news:
            return
        self._changes_seen = self._game.building_changes
        buildings = self._game.buildings
        for building_id in [known for known in self._building_cells if known not in buildings]:
            cell = self._building_cells.pop(building_id)
            del self._in_cell[cell][building_id]
            self._fallen.setdefault(cell, []).append(building_id)
        for building in [building for building in buildings.values() if building.id not in self._building_cells]:
            cell = self._building_cells[building.id] = self._note(building)
            self._built.setdefault(cell, {})[building.id] = self._in_cell[cell][building.id]
        for cell in (*self._fallen, *self._built):
            for as_text in (False, True):
                self._whole_parts.pop((cell, as_text), None)

    def frames(self, knowledge: Knowledge, cells: Iterable[Cell], form: Form) -> bytes:
        """Returns the frames that bring a client with these cells in view up to date; mostly there are none."""
        new_cells = [cell for cell in cells if cell not in knowledge.cells]
        has_missed = knowledge.has_missed()
        if not (new_cells or self.has_news or has_missed):
            return b""
        as_text = form.as_text
        if has_missed:
            self.miss(knowledge)  # a building that the client missed may have fallen in this tick
            gone = [encode_part(knowledge.unsaid_gone, as_text)]
            come = [encode_part(_flat(knowledge.unsaid), as_text)]
            knowledge.unsaid, knowledge.unsaid_gone = {}, []
        else:
            gone = [self._fallen_part(cell, as_text) for cell in self._fallen if cell in knowledge.cells]
            come = [self._built_part(cell, as_text) for cell in self._built if cell in knowledge.cells]
        come += [self._whole_part(cell, as_text) for cell in new_cells]
        knowledge.cells.update(new_cells)
        packets = (("OBJECTS_GONE", gone), ("OBJECTS", come))
        return b"".join(
            form.frame(join_packet(packet_id, [join_list(parts, as_text)], as_text))
            for packet_id, parts in packets
            if any(part.length for part in parts)
        )

    def miss(self, knowledge: Knowledge) -> None:
        """Keeps the changes of this tick for a client that cannot take packets now."""
        for cell in self._fallen:
            if cell in knowledge.cells:
                for building_id in self._fallen[cell]:
                    if knowledge.unsaid.pop(building_id, None) is None:
                        knowledge.unsaid_gone.append(building_id)
        for cell in self._built:
            if cell in knowledge.cells:
                knowledge.unsaid.update(self._built[cell])

    def _note(self, thing: GameObject) -> Cell:
        cell = self._cell_at(thing.x, thing.y)
        numbers = (thing.id, thing.kind, round(thing.x), round(thing.y), round(thing.scale))
        self._in_cell.setdefault(cell, {})[thing.id] = numbers
        return cell

    # A list of numbers is encoded when the first client needs it.

    def _whole_part(self, cell: Cell, as_text: bool) -> Part:
        part = self._whole_parts.get((cell, as_text))
        if part is None:
            part = self._whole_parts[cell, as_text] = encode_part(_flat(self._in_cell.get(cell, {})), as_text)
        return part

    def _built_part(self, cell: Cell, as_text: bool) -> Part:
        key = ("built", cell, as_text)
        if key not in self._news_parts:
            self._news_parts[key] = encode_part(_flat(self._built[cell]), as_text)
        return self._news_parts[key]

    def _fallen_part(self, cell: Cell, as_text: bool) -> Part:
        key = ("fallen", cell, as_text)
        if key not in self._news_parts:
            self._news_parts[key] = encode_part(self._fallen[cell], as_text)
        return self._news_parts[key]


def _flat(things: dict[int, Numbers]) -> list[int]:
    return [number for numbers in things.values() for number in numbers]
