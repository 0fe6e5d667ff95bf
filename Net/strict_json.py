"""Reads JSON from strangers: the one JSON reader for text packets and for the consoles.

In:  a message. Out: its value. The value holds no NaN, no infinity, no half of a surrogate pair and no huge number, so
     it can be written as JSON and as UTF-8 again.
Raises JsonError with a sentence about what is wrong (RFC 8259; RFC 7493 for strings and numbers).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

# A 64-bit integer has at most 20 digits. The time to read an integer grows with the square of the number of digits.
MOST_DIGITS = 20
MOST_DIGITS_OF_A_FRACTION = 100
# Far more than any packet or command has, and far less than Python's own limit of recursion.
MOST_DEPTH = 100
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonError(ValueError):
    """A message is not valid JSON; the text names the fault.

    value: the value as far as it could be read, with None for each wrong number; None if nothing could be read.
    """

    def __init__(self, problem: str, value: Any = None) -> None:
        super().__init__(problem)
        self.value = value


def parse(message: str | bytes) -> Any:
    """Returns the value in a message; bytes must be UTF-8. Raises JsonError."""
    text = message if isinstance(message, str) else _decoded(message)
    if text.count("[") + text.count("{") > MOST_DEPTH:
        _check_depth(text)
    numbers = _Numbers()
    try:
        value = json.loads(
            text, parse_int=numbers.integer, parse_float=numbers.fraction, parse_constant=numbers.constant
        )
    except RecursionError:  # the caller had used most of the stack
        raise JsonError("it is nested too deeply") from None
    except ValueError as error:
        raise JsonError(str(error)) from None
    if numbers.problem:
        raise JsonError(numbers.problem, value)
    if "\\u" in text and _has_surrogate(value):  # a message is UTF-8: only an escape can hold a surrogate
        raise JsonError("a text in it holds half of a surrogate pair", value)
    return value


class _Numbers:
    """Reads the numbers of one message. problem: the fault of the last wrong number, "" if all numbers are right."""

    def __init__(self) -> None:
        self.problem = ""

    def integer(self, digits: str) -> int | None:
        """Reads an integer."""
        if len(digits) <= MOST_DIGITS:
            return int(digits)
        self.problem = f"a number in it has more than {MOST_DIGITS} digits"
        return None

    def fraction(self, digits: str) -> float | None:
        """Reads a number with a fraction or an exponent."""
        number = float(digits) if len(digits) <= MOST_DIGITS_OF_A_FRACTION else math.inf
        if math.isfinite(number):
            return number
        self.problem = "a number in it is too long or too large"
        return None

    def constant(self, name: str) -> None:
        """Refuses NaN, Infinity and -Infinity: Python reads them, but JSON does not have them."""
        self.problem = f"{name} is not JSON"


def _decoded(message: bytes) -> str:
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8") from None


def _check_depth(text: str) -> None:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        symbol = found.group()
        if symbol in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise JsonError(f"it is nested more than {MOST_DEPTH} deep")
        elif symbol in "]}":
            depth -= 1


def _has_surrogate(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _SURROGATE.search(item):
            return True
        if isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False
