"""Tests of the page's MessagePack against the Python package: every type, and every form of its length."""

from __future__ import annotations

import json
import math
from typing import Any, Iterator

import msgpack
import pytest

from tests.browser.conftest import QUIET, serve, visiting

pytestmark = pytest.mark.browser

EDGES = [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFFFF, 0x100000000, 2**53 - 1, 2**53, 2**64 - 1]
NEGATIVE = [-1, -0x20, -0x21, -0x80, -0x81, -0x8000, -0x8001, -0x80000000, -0x80000001, -(2**53) + 1, -(2**63)]
LENGTHS = [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536]
VALUES: list[Any] = [
    *(None, True, False, 0.5, -0.25, 1e300, math.inf, -math.inf),
    *EDGES,
    *NEGATIVE,
    *("x" * length for length in LENGTHS),
    *(bytes(length) for length in LENGTHS),
    *([7] * length for length in LENGTHS),
    *({f"k{i}": i for i in range(length)} for length in LENGTHS),
    *("grüße", "日本", "🙂", "\0", [[], {"a": [1, {"b": None}]}], {"__proto__": 1, "constructor": 2}),
]
EXTENSION_LENGTHS = [0, 1, 2, 3, 4, 8, 16, 17, 255, 256, 65536]

# A value that JSON cannot express becomes a text that describes it.
MARKED = """(value) => JSON.stringify(value, (key, found) =>
    typeof found === "bigint" ? `big ${found}`
    : found instanceof Uint8Array ? `bytes ${found.length}`
    : typeof found === "number" && !Number.isFinite(found) ? `number ${found}`
    : found)"""


def marked(value: Any) -> Any:
    """Returns the same description in Python."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    if isinstance(value, bytes):
        return f"bytes {len(value)}"
    if isinstance(value, int) and abs(value) > 2**53 - 1:
        return f"big {value}"
    if isinstance(value, float) and math.isinf(value):
        return "number Infinity" if value > 0 else "number -Infinity"
    return value


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page of the server that can import its modules."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        yield visit(served.url).page


def decode_all(page: Any, messages: list[bytes]) -> list[Any]:
    """Returns the result of the page's decoder for each message: the value, or the text of its error."""
    code = f"""async (messages) => {{
        const {{ decode }} = await import("/web/lib/msgpack.js");
        return messages.map((text) => {{
            const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
            try {{ return ({MARKED})(decode(bytes)); }}
            catch (error) {{ return JSON.stringify(`${{error.name}}: ${{error.message}}`); }}
        }});
    }}"""
    return [json.loads(text) for text in page.evaluate(code, [message.hex() for message in messages])]


def test_every_type_and_length_that_python_writes_is_read(page: Any) -> None:
    decoded = decode_all(page, [msgpack.packb(value) for value in VALUES])
    for value, found in zip(VALUES, decoded):
        assert found == marked(value), repr(value)[:80]


def test_single_floats_and_extensions_are_read(page: Any) -> None:
    single = msgpack.packb(0.5, use_single_float=True)
    extensions = [msgpack.packb(msgpack.ExtType(5, bytes(length))) for length in EXTENSION_LENGTHS]
    found = decode_all(page, [single, msgpack.packb(math.nan), *extensions])
    assert found[:2] == [0.5, "number NaN"]
    assert found[2:] == [{"type": 5, "data": f"bytes {length}"} for length in EXTENSION_LENGTHS]


def test_bytes_that_are_cut_off_too_long_or_unknown_are_refused(page: Any) -> None:
    whole = msgpack.packb([1, "text", {"k": 2.5}, bytes(300)])
    cut = [whole[:length] for length in range(len(whole))]
    for found in decode_all(page, cut):
        assert "ends inside" in found
    assert "goes on" in decode_all(page, [whole + b"\0"])[0]
    assert "no type 0xc1" in decode_all(page, [b"\xc1"])[0]
    assert "TypeError" in decode_all(page, [b"\xa1\xff"])[0]


def test_the_page_writes_the_same_shortest_bytes_as_python(page: Any) -> None:
    # JavaScript's numbers are doubles, so a whole number that no double holds exactly cannot come from the page.
    exact = [value for value in VALUES if not isinstance(value, (bytes, int)) or value in (True, False)]
    exact += [value for value in EDGES + NEGATIVE if abs(value) <= 2**53 - 1]
    exact = [value for value in exact if not isinstance(value, float) or math.isfinite(value)]
    # An object that came from JSON.parse has its own "__proto__"; one that the page makes has none.
    code = """async (values) => {
        const { encode } = await import("/web/lib/msgpack.js");
        const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        return values.map((text) => hex(encode(JSON.parse(text))));
    }"""
    written = page.evaluate(code, [json.dumps(value) for value in exact])
    for value, text in zip(exact, written):
        assert bytes.fromhex(text) == msgpack.packb(value), repr(value)[:80]
