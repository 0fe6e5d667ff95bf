"""Settings of a game -> the text of a full settings file, with a comment for each value.

In:  an object of any settings class whose fields are made by `setting`. Out: INI text.
`reader.load` reads the same settings from it.
"""

from __future__ import annotations

from typing import Any, Iterator

from gameserver.settings_file.reader import GAME
from gameserver.settings_file.texts import NONE, to_text
from gameserver.world.differences import section_of
from gameserver.world.ranges import Cell, Range, Setting, described

_HEAD = """\
# The settings of a game, for: python run_server.py --settings FILE
# A line that you leave out has its default. A flag on the command line wins over this file.
# The running server looks at this file every second. A change with "at once" also applies to open rooms;
# a change with "new rooms" applies to rooms that open later.
"""
_WHEN = {True: "at once", False: "new rooms"}


def write(settings: Any) -> str:
    """Returns the text of a file that gives these settings."""
    lines = [*_HEAD.splitlines(), "", f"[{GAME}]"]
    known = described(settings)
    for name, about in known.items():
        if about.rows is None:
            lines += _setting_lines(name, getattr(settings, name), about, known)
    for name, about in known.items():
        if about.rows is not None:
            lines += _table_lines(getattr(settings, name), about)
    return "\n".join(lines) + "\n"


def _setting_lines(name: str, value: Any, about: Setting, known: dict[str, Setting]) -> Iterator[str]:
    allowed = _names_of(about.choices) or ("" if about.range is None else _numbers(about.range))
    if about.row_of:
        allowed = f"the name of a section [{known[about.row_of].row_word} NAME]"
    elif about.kind is bool:
        allowed = "yes or no"
    if about.is_optional:
        allowed += f", or {NONE}"
    yield ""
    yield f"# {about.help}"
    yield "# " + "; ".join(filter(None, [f"default: {to_text(about.default)}", allowed, _WHEN[about.is_changeable]]))
    yield f"{name} = {to_text(value)}".rstrip()


def _table_lines(rows: Any, about: Setting) -> Iterator[str]:
    cells = {column: cell for column, cell in about.cells.items() if column != "name"}
    yield ""
    yield ""
    yield f"# {about.help}: {_number_of_rows(about)}"
    for column, cell in cells.items():
        when = _WHEN[about.is_changeable and not cell.column.is_fixed]
        yield f"#   {column}: " + "; ".join(filter(None, [cell.column.help, _allowed(cell), when]))
    defaults = {row.name: row for row in about.default}
    for row in rows:
        yield ""
        yield section_of(about, row)
        for column in cells:
            line = f"{column} = {to_text(getattr(row, column))}"
            if row.name in defaults:
                line += f"  # default: {to_text(getattr(defaults[row.name], column)) or 'empty'}"
            yield line.rstrip()


def _number_of_rows(about: Setting) -> str:
    most = len(about.default) if about.rows is None else about.rows[1]
    if len(about.default) >= most:
        return "a section changes a row"
    return f"a section changes a row, or adds one with a new name and all columns; at most {most}"


def _allowed(cell: Cell) -> str:
    if cell.kind is bool:
        return "yes or no"
    if cell.kind is str:
        some = "some of " if cell.is_tuple else "one of "
        return some + ", ".join(cell.column.choices) if cell.column.choices else "text"
    return _numbers(cell.column.range)


def _names_of(choices: tuple[str, ...]) -> str:
    return f"one of {', '.join(choices)}" if choices else ""


def _numbers(allowed: Range) -> str:
    """Returns the allowed numbers in words, with their unit."""
    each = f"{_short(allowed.low)} to {_short(allowed.high)} {allowed.unit}".rstrip()
    if allowed.lengths is None:
        return each
    fewest, most = allowed.lengths
    return f"{fewest if fewest == most else f'{fewest} to {most}'} numbers with commas, each {each}"


def _short(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
