"""Close codes are ordinary integers, however they are printed or packed."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from Net.close_codes import CloseCode
from Net.errors import ConnectionClosed, ProtocolError
from Net.messages import is_valid_close_code
from Net.msgpack_codec import pack

ROOT = Path(__file__).parents[2]


def test_a_close_code_is_printed_as_its_number() -> None:
    code, as_in_logs = CloseCode.GOING_AWAY, "%s %d"
    assert [f"{code}", str(code), as_in_logs % (code, code), f"{code:5d}"] == ["1001", "1001", "1001 1001", " 1001"]


def test_an_error_names_the_number() -> None:
    assert "close code 1009" in str(ProtocolError(CloseCode.MESSAGE_TOO_BIG, "too long", "7.4.1"))
    assert str(ConnectionClosed(CloseCode.ABNORMAL)) == "connection closed with 1006"


def test_a_close_code_is_packed_as_its_number() -> None:
    code = CloseCode.POLICY_VIOLATION
    assert json.dumps([code, {code: code}]) == '[1008, {"1008": 1008}]'
    assert pack([code]) == pack([1008])
    assert code.to_bytes(2, "big") == b"\x03\xf0"


@pytest.mark.parametrize("code", CloseCode)
def test_four_codes_are_never_on_the_wire(code: CloseCode) -> None:
    assert is_valid_close_code(code) == (code not in (1004, 1005, 1006, 1015))


def test_no_close_code_is_written_as_a_bare_number() -> None:
    """1000 is left out: it is also a number of milliseconds."""
    files = [ROOT / "run_server.py", *(ROOT / "Net").rglob("*.py"), *(ROOT / "gameserver").rglob("*.py")]
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        if path.name != "close_codes.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) is int and 1000 < node.value <= 1015
    ]
    assert bare == []
