"""The face of Net: the few names that most programs need, and no price for those that do not need them."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import Net

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_that_of_its_module() -> None:
    from Net import CloseCode, ConnectionClosed, Limits, ProtocolError, WebSocket, connect

    named = (CloseCode, ConnectionClosed, Limits, ProtocolError, WebSocket, connect)
    assert [thing.__name__ for thing in named] == Net.__all__
    assert {thing.__module__ for thing in named} == {
        "Net.close_codes",
        "Net.errors",
        "Net.limits",
        "Net.websocket",
        "Net.client",
    }


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Net' has no attribute 'nothing'"):
        Net.nothing  # noqa: B018


def test_every_module_of_the_docstring_is_there() -> None:
    assert Net.__doc__ is not None
    names = re.findall(r"^    ([\w.]+)  ", Net.__doc__, re.MULTILINE)
    assert len(names) > 10
    for name in names:
        importlib.import_module(f"Net.{name}")


def test_a_module_without_sockets_loads_none() -> None:
    look = "import sys, Net.frames; print([name for name in sys.modules if name in ('socket', 'Net.websocket')])"
    shown = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["Net", "gameserver"])
def test_the_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert re.search(rf"^{package} = py\.typed", (ROOT / "setup.cfg").read_text(encoding="utf-8"), re.MULTILINE)
