"""The documentation says what the code does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from gameserver.replication.flow_control import LOST_AFTER_S
from Net.dissect.command import main
from Net.frames import OPCODE_BINARY, serialize
from Net.PacketCodes import TO_SERVER, Packet
from run_server import make_parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_protocol_page_holds_the_tables_of_the_registry() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    update = runpy.run_path(str(ROOT / "docs" / "update_protocol.py"))
    assert update["updated"](page) == page, "run: python docs/update_protocol.py"


@pytest.mark.parametrize("name", ["protocol.md", "reliability.md"])
def test_the_pages_say_when_a_client_that_answers_no_ping_is_closed(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert re.search(rf"\b{LOST_AFTER_S:g} s\b[^.|]*\b1008\b", page)


def test_the_readme_names_every_flag() -> None:
    flags = {flag for action in make_parser()._actions for flag in action.option_strings if flag.startswith("--")}
    assert flags - {"--help"} <= set(re.findall(r"`(--[a-z-]+)`", README))


def test_the_readme_shows_the_true_bytes_of_a_move() -> None:
    move = TO_SERVER.encode(Packet("MOVE", (0,)))
    assert isinstance(move, bytes)
    assert move.hex(" ") in README
    frame = serialize(OPCODE_BINARY, move, mask_key=bytes.fromhex("37fa213d"))
    shown = re.findall(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})  ", README, flags=re.MULTILINE)
    assert bytes.fromhex("".join(shown)) == frame


def test_the_readme_shows_what_the_dissector_prints(capsys: pytest.CaptureFixture[str]) -> None:
    arguments, shown = re.findall(r"-m Net\.dissect ([0-9a-f ]+)\n```\n\n```\n(.*?)```", README, re.DOTALL)[0]
    assert main(arguments.split()) == 0
    printed = capsys.readouterr().out.splitlines()
    assert set(shown.splitlines()) - {"     ...", "  ..."} <= set(printed)
    tried = re.findall(r"Try `([^`]+)`", README)[0]
    assert main(tried.split()) == 1


def test_the_readme_names_files_that_exist() -> None:
    order = README.partition("## Read the code in this order")[2]
    names = re.findall(r"`((?:Net|gameserver)/\w+\.py)`", order)
    assert len(names) > 5
    assert all((ROOT / name).is_file() for name in names)
