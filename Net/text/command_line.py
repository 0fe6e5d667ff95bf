"""Reads the arguments of the project's commands. A wrong argument gives one sentence and exit status 2.

In:  arguments as a shell passes them, with any characters. Out: checked values, or SystemExit with status 2.
"""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn, Sequence

from Net.text.characters import printable

EXIT_USAGE = 2
_SHOWN = 80  # characters of a wrong value


class ArgumentParser(argparse.ArgumentParser):
    """A parser that says in one sentence what is wrong, without the whole usage before it."""

    def read(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """Reads the arguments (None: the arguments of this process)."""
        given = sys.argv[1:] if arguments is None else list(arguments)
        for argument in given:
            if argument.startswith("--") and argument.endswith("=--"):  # argparse turns this value into an empty list
                self.error(f"argument {argument[:-3]}: expected a value, not --")
        return self.parse_args(given)

    def error(self, message: str) -> NoReturn:
        """Prints the message, and ends the process with status 2."""
        name = self.prog.replace(".py", "")
        self.exit(EXIT_USAGE, f"{name}: {printable(message)}; see {self.prog} --help\n")


def whole_number(text: str) -> int:
    """Reads an argument that must be a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text[:_SHOWN]!r}") from None


def any_number(text: str) -> float:
    """Reads an argument that must be a number; the caller checks its range, and refuses NaN."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text[:_SHOWN]!r}") from None
