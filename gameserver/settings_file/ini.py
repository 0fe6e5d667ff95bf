"""INI text -> sections whose entries know their lines.

In:  the text of a file. Out: its sections, in order. The values are texts.
Raises IniError with the line and the reason.

`configparser` reads the text and finds all errors of form. It forgets the lines, so this module looks them up.
"""

from __future__ import annotations

import configparser
import io
from typing import NamedTuple

_COMMENTS = ("#", ";")


class IniError(ValueError):
    """The text cannot be used; line: where, counted from 1; None: the text as a whole."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.line = line


class Entry(NamedTuple):
    """The text of a value, and the line of its name."""

    text: str
    line: int


class Section(NamedTuple):
    """A section. title: without brackets, words separated by one space."""

    title: str
    line: int
    entries: dict[str, Entry]


def parse(text: str) -> list[Section]:
    """Returns the sections of a text; names are as they are written, capital letters too."""
    parser = configparser.RawConfigParser(
        delimiters=("=",),
        comment_prefixes=_COMMENTS,
        inline_comment_prefixes=_COMMENTS,
        default_section="",  # no section has this title, so none gives its values to all others
        empty_lines_in_values=False,
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise _described(error) from None
    lines = _lines(text, parser)
    return [
        Section(
            " ".join(title.split()),
            lines[title, ""],
            {name: Entry(value, lines[title, name]) for name, value in parser[title].items()},
        )
        for title in parser.sections()
    ]


def _described(error: configparser.Error) -> IniError:
    if isinstance(error, configparser.MissingSectionHeaderError):
        return IniError("a line such as [game] must come first", error.lineno)
    if isinstance(error, configparser.DuplicateSectionError):
        return IniError(f"section [{error.section}] is in the file already", error.lineno)
    if isinstance(error, configparser.DuplicateOptionError):
        return IniError(f"{error.option} is in section [{error.section}] already", error.lineno)
    if isinstance(error, configparser.ParsingError) and error.errors:
        return IniError("this is no line of the form NAME = VALUE", error.errors[0][0])
    return IniError(error.message.splitlines()[0], None)


def _lines(text: str, parser: configparser.RawConfigParser) -> dict[tuple[str, str], int]:
    """Returns the line of each section, with the name "", and of each entry."""
    found: dict[tuple[str, str], int] = {}
    title = ""
    for number, line in enumerate(io.StringIO(text), 1):
        line = line.strip()
        header = parser.SECTCRE.match(line)
        if header is not None:
            title = header["header"]
            found.setdefault((title, ""), number)
        elif not line.startswith(_COMMENTS):
            found.setdefault((title, line.partition("=")[0].strip()), number)
    return found
