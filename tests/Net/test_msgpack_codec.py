from __future__ import annotations

import re
import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import given, strategies as st

from Net.msgpack_codec import pack, unpack

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_packed_bytes_are_those_of_the_library_and_are_read_back(value: Any) -> None:
    packed = pack(value)
    assert packed == msgpack.packb(value)
    assert unpack(packed, max_items=100) == value


@pytest.mark.parametrize("value", [7, (34, (1, 99999)), list(range(10_000))], ids=["a number", "a PONG", "a long list"])
def test_packing_allocates_little_more_than_it_needs(value: Any) -> None:
    pack(value)
    tracemalloc.start()
    try:
        packed = pack(value)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2048 + 4 * len(packed)


@pytest.mark.parametrize(
    ("packed", "says"),
    [
        (b"", "incomplete"),
        (b"\x07\x07", "extra data"),
        (b"\xc1", "FormatError"),
        (b"\x94\x01\x02\x03\x04", "max_array_len(3)"),
        (b"\x84", "max_map_len(3)"),
        (b"\xd4\x05\x00", "max_ext_len(0)"),
        (b"\xc7\x00\x05", "extension type 5 is not used here"),
        (b"\x81\x91\x01\x02", "list"),  # a list as a key
    ],
)
def test_bytes_that_are_no_value_within_bounds_are_refused_with_the_reason(packed: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        unpack(packed, max_items=3)


def test_numbers_are_keys_only_where_the_caller_takes_them() -> None:
    packed = pack({3: {"x": 1}, -1: 2})
    assert unpack(packed, max_items=3, takes_number_keys=True) == {3: {"x": 1}, -1: 2}
    with pytest.raises(ValueError, match="strict_map_key"):
        unpack(packed, max_items=3)
