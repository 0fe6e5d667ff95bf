"""A check of the kata, and the sentence that a student reads when it fails."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from tests.kata.implementation import Implementation, Refused

# Stage -> the function that the student writes for it; in the order of the lessons.
STAGES = {
    "accept_key": "accept_key",
    "apply_mask": "apply_mask",
    "encode_frame": "encode_frame",
    "decode_frame": "decode_frame",
    "fragments": "assemble",
    "close": "answer_close",
    "echo_server": "serve",
}
_SHOWN_BYTES = 24


class Failure(Exception):
    """A check failed; the text says what the RFC asks for, and what came instead."""


class AnyOf(NamedTuple):
    """More than one result is right."""

    values: tuple[Any, ...]


class MustRefuse(NamedTuple):
    """The function must raise ValueError."""


class Check(NamedTuple):
    """One question to a student's file. run: asks it; raises Failure or Trouble."""

    stage: str
    title: str
    run: Callable[[Implementation], None]


class Call(NamedTuple):
    """A call and its expected result. rule: in the words of the RFC, or close to them."""

    title: str
    args: tuple[Any, ...]
    expected: Any
    rule: str
    section: str
    kwargs: tuple[tuple[str, Any], ...] = ()


def call_check(stage: str, row: Call) -> Check:
    """Returns the check of a row."""
    function = STAGES[stage]

    def run(implementation: Implementation) -> None:
        got = implementation.call(function, *row.args, **dict(row.kwargs))
        problem = _problem(got, row.expected)
        if problem:
            given = ", ".join([*map(show, row.args), *(f"{name}={show(value)}" for name, value in row.kwargs)])
            asked = f"{row.section}: {row.rule}\n  {function}({given})"
            raise Failure(f"{asked}\n  expected: {show(row.expected)}\n  got:      {problem}")

    return Check(stage, row.title, run)


def _problem(got: Any, expected: Any) -> str:
    """Returns a wrong result as a person reads it; "" if the result is right."""
    if isinstance(expected, MustRefuse):
        is_right = isinstance(got, Refused) and "ValueError" in got.names
    elif isinstance(got, Refused):
        is_right = False
    else:
        values = expected.values if isinstance(expected, AnyOf) else (expected,)
        is_right = any(_is_same(got, value) for value in values)
    return "" if is_right else show(got)


def _is_same(got: Any, expected: Any) -> bool:
    """Whether they are equal; a list may stand for a tuple, and 1 for True."""
    if isinstance(expected, (tuple, list)):
        return (
            isinstance(got, (tuple, list))
            and len(got) == len(expected)
            and all(_is_same(mine, value) for mine, value in zip(got, expected))
        )
    if isinstance(expected, bool):
        return isinstance(got, int) and got == expected
    return type(got) is type(expected) and bool(got == expected)


def show(value: Any) -> str:
    """The value as a person reads it: bytes in hex."""
    if isinstance(value, bytes):
        text = value[:_SHOWN_BYTES].hex(" ") or "(no bytes)"
        return f"[{text}{f' ... {len(value)} bytes in all' if len(value) > _SHOWN_BYTES else ''}]"
    if isinstance(value, MustRefuse):
        return "a ValueError"
    if isinstance(value, AnyOf):
        return " or ".join(map(show, value.values))
    if isinstance(value, Refused):
        return f"the exception {value.text}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(show, value))})"
    if isinstance(value, dict):
        return " ".join(f"{key} {text}" for key, text in value.items())
    return repr(value)
