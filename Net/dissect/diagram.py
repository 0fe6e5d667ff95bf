"""Draws a frame for the terminal, in the layout of RFC 6455 section 5.2: 32 bits a row, with the bits of the frame.

In:  a dissected frame. Out: lines of text, 70 columns wide.
"""

from __future__ import annotations

from typing import NamedTuple

from Net.dissect.layout import fields_of
from Net.dissect.records import Field, Frame

ROW_BITS = 32
# A payload can be long, and the table of the unmasking shows its bytes better.
MOST_PAYLOAD_ROWS = 2
_MARGIN = "     "
_RULER = (
    _MARGIN + " " + "".join(f"{tens:<20}" for tens in range(4)).rstrip(),
    _MARGIN + " " + " ".join(str(bit % 10) for bit in range(ROW_BITS)),
)
# The lines of a label. A field of one bit has its letters below each other.
_LABEL_LINES = 4
# The RFC's own abbreviation: a longer label does not fit above seven bits.
_ABBREVIATIONS = {"payload length": "payload len"}


class Cell(NamedTuple):
    """The part of a field in one row. first: its first bit, counted from the start of the row. bits: their number."""

    label: str
    first: int
    bits: int

    @property
    def width(self) -> int:
        return 2 * self.bits - 1


def draw(frame: Frame) -> list[str]:
    """Returns the drawing's lines."""
    fields = fields_of(frame)
    payload_at = 8 * frame.header_size
    last_bit = min(8 * len(frame.wire), _row_start(payload_at) + MOST_PAYLOAD_ROWS * ROW_BITS)
    lines = list(_RULER)
    edges_above: set[int] = set()
    for start in range(0, last_bit, ROW_BITS):
        cells = _cells(fields, start)
        edges = {edge for cell in cells for edge in (cell.first, cell.first + cell.bits)}
        lines.append(_border(edges_above | edges))
        lines += _row(cells, frame.wire[start // 8 : start // 8 + ROW_BITS // 8])
        edges_above = edges
    lines.append(_border(edges_above))
    hidden = len(frame.wire) - (last_bit + 7) // 8
    if hidden > 0:
        lines.append(f"{_MARGIN} ... and {hidden} more of the payload's bytes")
    return lines


def _row_start(bit: int) -> int:
    return bit - bit % ROW_BITS


def _cells(fields: list[Field], start: int) -> list[Cell]:
    """Returns the fields, or parts of them, in the row that starts at bit `start`, as far as their bytes are there."""
    cells = []
    for field in fields:
        first = max(field.first_bit, start)
        here = field.bits if field.bits < 8 else 8 * len(field.wire)
        end = min(field.first_bit + here, start + ROW_BITS)
        if first < end:
            label = _ABBREVIATIONS.get(field.name, field.name)
            label += " continued" if first > field.first_bit else ""
            cells.append(Cell(label, first - start, end - first))
    return cells


def _border(edges: set[int]) -> str:
    last = max(edges)
    return _MARGIN + "".join("+-" if bit in edges else "--" for bit in range(last)) + "+"


def _row(cells: list[Cell], data: bytes) -> list[str]:
    """Returns the lines with the names, the bits and the hex digits of up to four bytes."""
    label_lines = _LABEL_LINES if any(cell.bits == 1 for cell in cells) else 1
    labels = [_MARGIN + "|" + "".join(_label(cell, line) + "|" for cell in cells) for line in range(label_lines)]
    ends = {cell.first + cell.bits - 1 for cell in cells}
    bits = "".join(f"{byte:08b}" for byte in data)
    bits_line = "".join(bit + ("|" if i in ends else " ") for i, bit in enumerate(bits))
    hex_line = "".join(f"{byte:02x}".center(15) + "|" for byte in data)
    return [*labels, f"{_MARGIN}|{bits_line}", f"{_MARGIN}|{hex_line}"]


def _label(cell: Cell, line: int) -> str:
    if cell.bits == 1:
        return cell.label[line : line + 1] or " "
    words = cell.label if line == 0 else ""
    if line == 1 and cell.bits < 8:
        words = f"({cell.bits})"
    if len(words) > cell.width:
        words = words.replace(" continued", " cont.")
    if len(words) > cell.width:
        words = words[: max(0, cell.width - 3)] + "..."[: cell.width]
    return words.center(cell.width)
