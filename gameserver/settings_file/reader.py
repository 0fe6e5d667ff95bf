"""A settings file -> settings of a game. Any settings class whose fields are made by `setting` can be read.

In:  the path of an INI file. Section [game] has the settings. A section such as [weapon katana] has the columns of one
     row of a table.
Out: an object of the settings class. A setting or column that the file leaves out has its default.
Raises SettingsFileError, one sentence with the file, the line and the reason.
"""

from __future__ import annotations

import difflib
import os
from typing import Any, Collection, Iterable, Mapping, TypeVar

from gameserver.settings_file.ini import Entry, IniError, Section, parse
from gameserver.settings_file.texts import from_text
from gameserver.world.ranges import Cell, Setting, SettingError, check_cell, check_setting, described
from Net.text.characters import printable

T = TypeVar("T")

# The section of all settings that are no tables.
GAME = "game"
# A full file has some 15,000 characters.
_LONGEST = 1_000_000


class SettingsFileError(ValueError):
    """The file cannot be used; the text has the file, the line and the reason."""


def load(path: str, settings: type[T], given: Mapping[str, Any]) -> T:
    """Reads a file. given: values from the command line, by name; they win over the file."""
    try:
        read = _Reading(settings)
        for section in parse(_text_of(path)):
            read.add(section)
        made: T = read.made(given)
        return made
    except IniError as error:
        name = path if path.strip() else repr(path)
        where = name if error.line is None else f"{name}, line {error.line}"
        raise SettingsFileError(printable(f"{where}: {error}")) from None


def read_setting(settings: type[Any], name: str, text: str) -> Any:
    """Reads the value of a setting that is no table; raises ValueError for an unknown setting and for a wrong value."""
    settings_by_name = {name: known for name, known in described(settings).items() if known.rows is None}
    known = settings_by_name.get(name)
    if known is None:
        raise ValueError(f"there is no setting {name}{_did_you_mean(name, settings_by_name)}")
    value = from_text(name, text, known.kind, isinstance(known.default, tuple), known.is_optional)
    check_setting(name, value, known)
    return value


def _text_of(path: str) -> str:
    if os.path.exists(path) and not os.path.isfile(path):
        raise IniError("this is no file", None)
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise IniError(f"it cannot be read: {error.strerror}", None) from None
    except ValueError:  # also a path with a null character
        raise IniError("this is no text in UTF-8", None) from None
    if len(text) > _LONGEST:
        raise IniError(f"this is longer than {_LONGEST} characters", None)
    return text


class _Reading:
    """The values that the sections of a file give to a settings class, and the lines where they stand."""

    def __init__(self, settings: type[Any]) -> None:
        self._settings = settings
        self._known = described(settings)
        self._tables = {known.row_word: name for name, known in self._known.items() if known.rows is not None}
        self._values: dict[str, Any] = {}
        self._lines: dict[str, int] = {}
        self._has_sections = False

    def add(self, section: Section) -> None:
        """Adds the values of a section; raises IniError."""
        self._has_sections = True
        word, _, name = section.title.partition(" ")
        if section.title == GAME:
            for key, entry in section.entries.items():
                self._add_setting(key, entry)
        elif word in self._tables and name:
            self._add_row(self._tables[word], name, section)
        else:
            titles = [GAME, *(f"{word} NAME" for word in self._tables)]
            listed = ", ".join(f"[{title}]" for title in titles)
            raise IniError(f"there is no section [{section.title}]; there are {listed}", section.line)

    def made(self, given: Mapping[str, Any]) -> Any:
        """Returns the settings; raises IniError if values do not fit together."""
        if not self._has_sections:
            raise IniError("it has no section: it is empty, or only half of it has been written", None)
        try:
            return self._settings(**{**self._values, **given})
        except ValueError as error:
            raise IniError(str(error), self._line_to_blame(given)) from None

    def _line_to_blame(self, given: Mapping[str, Any]) -> int | None:
        """Returns the line of the first value without which the settings are valid; None if there is no such value."""
        for left_out in [name for name in self._values if name not in given]:
            rest = {name: value for name, value in self._values.items() if name != left_out}
            try:
                self._settings(**{**rest, **given})
            except ValueError:
                continue
            return self._lines[left_out]
        return None

    def _add_setting(self, name: str, entry: Entry) -> None:
        try:
            value = read_setting(self._settings, name, entry.text)
        except ValueError as error:
            raise IniError(str(error), entry.line) from None
        self._values[name], self._lines[name] = value, entry.line

    def _add_row(self, table: str, name: str, section: Section) -> None:
        """Changes a row of a table, or adds a row with a new name."""
        known = self._known[table]
        cells = {column: cell for column, cell in known.cells.items() if column != "name"}
        values = {column: _cell_value(column, entry, cells, section) for column, entry in section.entries.items()}
        rows = list(self._values.get(table, known.default))
        numbers = [number for number, row in enumerate(rows) if row.name == name]
        if numbers:
            rows[numbers[0]] = rows[numbers[0]]._replace(**values)
        else:
            _check_new_row(known, rows, name, cells.keys() - values.keys(), section.line)
            rows.append(type(rows[0])(name=name, **values))
        try:
            check_setting(table, tuple(rows), known)
        except SettingError as error:
            raise IniError(str(error), section.line) from None
        self._values[table], self._lines[table] = tuple(rows), section.line


def _cell_value(column: str, entry: Entry, cells: Mapping[str, Cell], section: Section) -> Any:
    cell = cells.get(column)
    if cell is None:
        raise IniError(f"[{section.title}] has no column {column}{_did_you_mean(column, cells)}", entry.line)
    name = f"{column} of [{section.title}]"
    try:
        value = from_text(name, entry.text, cell.kind, cell.is_tuple)
        check_cell(name, value, cell)
    except SettingError as error:
        raise IniError(str(error), entry.line) from None
    return value


def _check_new_row(known: Setting, rows: list[Any], name: str, missing: Collection[str], line: int) -> None:
    """Raises IniError unless a row with a new name has all columns and the table has room for it."""
    hint = _did_you_mean(name, (row.name for row in rows))
    most = 0 if known.rows is None else known.rows[1]
    if len(rows) >= most:
        raise IniError(f"there is no {known.row_word} {name}{hint}, and there can be no more than {most}", line)
    left_out = [column for column in rows[0]._fields if column in missing]
    if left_out:
        needs = f"a new one needs all columns, and these are missing: {', '.join(left_out)}"
        raise IniError(f"there is no {known.row_word} {name}{hint}; {needs}", line)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
