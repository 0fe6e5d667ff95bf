"""Compares settings: the differences between two sets of them, and the part of a change that a running match adopts.

In:  a settings class, and values of its settings by name. Out: differences by name; values that a match can adopt.
Raises SettingError for a change that a running match cannot adopt.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator, Mapping, NamedTuple

from gameserver.world.ranges import Setting, SettingError, described


class Difference(NamedTuple):
    """A setting with two values.

    name: `kill_score`, `damage of [weapon katana]`, or `[weapon katana]` for a row that only one of the two tables has;
    then the other value is None.
    """

    name: str
    value: Any
    other: Any


def values_of(settings: Any) -> dict[str, Any]:
    """Returns the values of a settings object by name."""
    return {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}


def defaults_of(settings: Any) -> dict[str, Any]:
    """Returns the defaults by name. settings: a settings class, or an object of it."""
    return {name: known.default for name, known in described(settings).items()}


def section_of(known: Setting, row: Any) -> str:
    """Returns the title of a table's row in a settings file, in its brackets."""
    return f"[{known.row_word} {row.name}]"


def differences(settings: Any, values: Mapping[str, Any], others: Mapping[str, Any]) -> list[Difference]:
    """Returns everything that differs, cell by cell in tables. settings: the class of both, or an object of it."""
    found: list[Difference] = []
    for name, known in described(settings).items():
        if known.rows is not None:
            found += _in_table(known, values[name], others[name])
        elif values[name] != others[name]:
            found.append(Difference(name, values[name], others[name]))
    return found


def _in_table(known: Setting, rows: Any, other_rows: Any) -> Iterator[Difference]:
    others = {row.name: row for row in other_rows}
    for row in rows:
        other = others.pop(row.name, None)
        if other is None:
            yield Difference(section_of(known, row), tuple(row), None)
            continue
        for column, value, before in zip(row._fields, row, other):
            if value != before:
                yield Difference(f"{column} of {section_of(known, row)}", value, before)
    for row in others.values():
        yield Difference(section_of(known, row), None, tuple(row))


def adoptable(known: Setting, value: Any, wanted: Any) -> Any:
    """Returns the part of `wanted` that a running match adopts, in which a setting has `value`.

    A match keeps all rows of its tables in their order, because its objects know the numbers of the rows. It also keeps
    the fixed columns of these rows.
    """
    if not known.is_changeable:
        return value
    if known.rows is None:
        return wanted
    fixed = [name for name, cell in known.cells.items() if cell.column.is_fixed]
    new = {row.name: row for row in wanted}
    kept = []
    for row in value:
        changed = new.pop(row.name, row)
        kept.append(changed._replace(**{column: getattr(row, column) for column in fixed}))
    return (*kept, *new.values())


def check_adoption(name: str, known: Setting, value: Any, wanted: Any) -> None:
    """Raises SettingError for a new value of a table that would remove or reorder rows, or change fixed columns."""
    if known.rows is not None and adoptable(known, value, wanted) != wanted:
        fixed = [name for name, cell in known.cells.items() if cell.column.is_fixed]
        kept = " and ".join(["its rows in their order", *fixed])
        raise SettingError(name, f"must keep {kept} during a match")
