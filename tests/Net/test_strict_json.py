"""Tests of the reader of JSON from strangers: it refuses bad texts, and its values can be written as JSON again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from Net.strict_json import MOST_DEPTH, JsonError, parse

DEEP = 100_000

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "Expecting value"),
    "a word": ("hello", "Expecting value"),
    "NaN": ("[NaN]", "NaN is not JSON"),
    "Infinity": ("Infinity", "Infinity is not JSON"),
    "minus Infinity": ('{"a": -Infinity}', "-Infinity is not JSON"),
    "a number beyond a double": ("1e999", "too large"),
    "a fraction of many digits": ("0." + "1" * 60_000, "too long"),
    "an integer of 21 digits": ("1" * 21, "more than 20 digits"),
    "an integer of 60,000 digits": ("[" + "1" * 60_000 + "]", "more than 20 digits"),
    "the first half of a pair": (r'"\ud83d"', "surrogate"),
    "the second half of a pair": (r'["a\uDE00b"]', "surrogate"),
    "a half in a key": (r'{"\ud83d": 1}', "surrogate"),
    "a half deep inside": (r'[{"a": [{"b": "\ud83dx"}]}]', "surrogate"),
    "deep lists": ("[" * DEEP, "nested"),
    "deep lists that end": ("[" * DEEP + "]" * DEEP, "nested"),
    "deep objects": ('{"a":' * DEEP + "1" + "}" * DEEP, "nested"),
    "a level too much": ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "nested"),
    "bytes that are not UTF-8": (b'"\xff"', "byte 1 is not UTF-8"),
    "UTF-16": ("[1]".encode("utf-16"), "byte 0 is not UTF-8"),
    "a raw control character": ('"a\nb"', "control character"),
}


@pytest.mark.parametrize(("message", "why"), REFUSED.values(), ids=REFUSED)
def test_a_text_that_is_not_strictly_json_is_refused_with_a_sentence(message: str | bytes, why: str) -> None:
    with pytest.raises(JsonError, match=why) as refused:
        parse(message)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 100


TAKEN: list[tuple[str | bytes, Any]] = [
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("1.7976931348623157e308", 1.7976931348623157e308),
    ("0.1000000000000000055511151231257827", 0.1),
    (r'"\ud83d\ude00"', "\U0001f600"),
    (r'"\\ud83d"', r"\ud83d"),
    (b'{"a": ["\xc3\xa9"]}', {"a": ["é"]}),
    ("[" * MOST_DEPTH + "]" * MOST_DEPTH, None),
    ('["' + "[" * 5000 + r"\"" + '"]', ["[" * 5000 + '"']),
    ("[" + "[]," * 5000 + "[]]", [[]] * 5001),
]


@pytest.mark.parametrize(("message", "value"), TAKEN, ids=lambda value: ascii(value)[:30])
def test_json_is_read(message: str | bytes, value: Any) -> None:
    read = parse(message)
    assert value is None or read == value


def test_the_part_of_a_wrong_message_that_could_be_read_is_kept() -> None:
    for message in (
        r'{"id": 7, "room": "\ud800"}',
        '{"id": 7, "value": NaN}',
        '{"value": ' + "9" * 5000 + ', "id": 7}',
    ):
        with pytest.raises(JsonError) as refused:
            parse(message)
        assert refused.value.value["id"] == 7


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(blacklist_categories=()))
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_VALUES | st.text())
def test_every_value_that_is_read_can_be_written_as_json_and_as_utf_8(value: Any) -> None:
    for message in (json.dumps(value), value if isinstance(value, str) else "[]"):
        try:
            read = parse(message)
        except JsonError:
            continue
        json.dumps(read, ensure_ascii=False, allow_nan=False).encode("utf-8")
