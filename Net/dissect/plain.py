"""Turns the records of a dissection into data for JSON. The teaching pages in the browser read this data.

Each record of `Net.dissect.records` becomes an object that has the record's fields under their own names. These rules
apply:

- Bytes become hex digits without spaces ("8185..."), cut after MOST_BYTES. A field named `size` has the true number.
- An integer that JavaScript cannot hold (beyond 2**53) and a float that JSON cannot hold (nan, inf) become strings.
- A value inside more than MOST_DEPTH lists and maps becomes "...".
- Every object has `"record"`: the name of its class, such as "Frame" or "Handshake".
- A `Frame` also has `"fields"` (a list of `Field`) and `"unmasking"` (a list of `MaskedByte`, the first MOST_ROWS).

An absent value is null.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from Net.dissect.layout import fields_of, unmasking
from Net.dissect.records import Frame

MOST_BYTES = 4096
MOST_ROWS = 256
MOST_DEPTH = 32
_EXACT_IN_JAVASCRIPT = 2**53


def as_plain(value: Any, _depth: int = 0) -> Any:
    """Returns a record, or any value inside a record, as data for JSON."""
    if isinstance(value, int):
        return value if -_EXACT_IN_JAVASCRIPT <= value <= _EXACT_IN_JAVASCRIPT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value[:MOST_BYTES].hex()
    if _depth > MOST_DEPTH:
        return "..."
    deeper = _depth + 1
    if isinstance(value, (list, tuple)):
        return [as_plain(item, deeper) for item in value]
    if isinstance(value, dict):
        return {str(key): as_plain(item, deeper) for key, item in value.items()}
    plain: dict[str, Any] = {"record": type(value).__name__}
    plain.update({field.name: as_plain(getattr(value, field.name), deeper) for field in fields(value)})
    if isinstance(value, Frame):
        plain["fields"] = as_plain(fields_of(value), deeper)
        plain["unmasking"] = as_plain(unmasking(value, MOST_ROWS), deeper)
    return plain
