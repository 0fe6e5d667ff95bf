"""The STATE frames of one tick: no list, packet or frame is encoded twice.

In:  the changes of the tick, and the viewpoint cells of a view. Out: a frame, as bytes.
Two views share a list if both have its cell in view. They share a packet if they have the same viewpoint cells at the
last tick and now. They share a frame if they also have the same input number and the same wire format.
"""

from __future__ import annotations

from typing import Callable, Dict, Sequence, Tuple

from gameserver.replication.changes import Changes
from gameserver.replication.viewpoints import Cell, Cells
from Net.shared_packets import Elements, PrefixAndSuffix, encode_count, encode_elements, join_list, prefix_and_suffix
from Net.wire_format import WireFormat


class EncodedLists(Dict[Tuple[Cell, bool], Elements]):
    """Lists of numbers by cell and `as_text`; a list is encoded when a view first looks it up."""

    def __init__(self, numbers_of: Callable[[Cell], Sequence[int]]) -> None:
        super().__init__()
        self._numbers_of = numbers_of

    def __missing__(self, key: tuple[Cell, bool]) -> Elements:
        cell, as_text = key
        elements = self[key] = encode_elements(self._numbers_of(cell), as_text)
        return elements


class FrameCache:
    """The frames of one tick; each tick makes a new one. in_view: the cells in view from each viewpoint cell."""

    def __init__(self, tick: int, changes: Changes, in_view: dict[Cell, Cells]) -> None:
        self._tick = tick
        self._changes = changes
        self._in_view = in_view
        self._changed = EncodedLists(changes.changed_in)
        self._left = EncodedLists(changes.left_from)
        self._all = EncodedLists(changes.all_in)
        self._ids_before = EncodedLists(changes.ids_before_in)
        self._differences: dict[tuple[Cell, Cell, bool], PrefixAndSuffix] = {}
        self._frames: dict[tuple[object, ...], bytes] = {}

    def state(self, before: Cell | None, now: Cell, sequence: int | None, form: WireFormat) -> bytes:
        """Returns STATE for a view with these viewpoint cells.

        before: None for a client that has received nothing. sequence: the number of the client's last input.
        """
        key = (now, before, sequence, form)
        frame = self._frames.get(key)
        if frame is None:
            as_text = form.as_text
            around = self._full((), now, as_text) if before is None else self._difference(before, now, as_text)
            frame = self._frames[key] = _frame(around, sequence, form)
        return frame

    def full_state(self, stale_ids: Sequence[int], now: Cell, sequence: int | None, form: WireFormat) -> bytes:
        """Returns STATE for a client that has missed a STATE; it must forget `stale_ids`."""
        return _frame(self._full(stale_ids, now, form.as_text), sequence, form)

    def _difference(self, before: Cell, now: Cell, as_text: bool) -> PrefixAndSuffix:
        key = (before, now, as_text)
        around = self._differences.get(key)
        if around is None:
            around = self._differences[key] = self._compare(before, now, as_text)
        return around

    def _compare(self, before: Cell, now: Cell, as_text: bool) -> PrefixAndSuffix:
        """Returns STATE for a client that saw the cells of one viewpoint, and now sees those of another, or the same.

        Of a cell that stays in view it gets the changes, of a new cell everything. It forgets a cell that is left.
        """
        if before == now:
            cells, changes = self._in_view[now], self._changes
            moved = [self._changed[cell, as_text] for cell in cells if cell in changes.changed]
            gone = [self._left[cell, as_text] for cell in cells if cell in changes.left]
        else:
            cells_before, cells = self._in_view[before], self._in_view[now]
            moved = [(self._changed if cell in cells_before else self._all)[cell, as_text] for cell in cells]
            gone = [(self._left if cell in cells else self._ids_before)[cell, as_text] for cell in cells_before]
        return self._join(moved, gone, as_text)

    def _full(self, stale_ids: Sequence[int], now: Cell, as_text: bool) -> PrefixAndSuffix:
        moved = [self._all[cell, as_text] for cell in self._in_view[now]]
        return self._join(moved, [encode_elements(stale_ids, as_text)], as_text)

    def _join(self, moved: list[Elements], gone: list[Elements], as_text: bool) -> PrefixAndSuffix:
        """Returns STATE as prefix and suffix; the number of the client's last input belongs between them."""
        lists = [join_list(moved, as_text), join_list(gone, as_text)]
        return prefix_and_suffix("STATE", [encode_count(self._tick, as_text)], lists, as_text)


def _frame(around: PrefixAndSuffix, sequence: int | None, form: WireFormat) -> bytes:
    head, tail = around
    return form.frame(head + encode_count(sequence, form.as_text) + tail)
