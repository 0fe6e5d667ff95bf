"""The documentation says what the code does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from gameserver.flags import make_parser
from gameserver.replication.flow_control import LOST_AFTER_S
from Net.dissect.command import main
from Net.frames import BINARY, serialize
from Net.PacketCodes import TO_SERVER, Packet

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


def test_the_page_of_flags_holds_the_table_of_the_parser() -> None:
    page = (ROOT / "docs" / "flags.md").read_text(encoding="utf-8")
    update = runpy.run_path(str(ROOT / "docs" / "update_flags.py"))
    assert update["updated"](page) == page, "run: python docs/update_flags.py"
    flags = set(re.findall(r"--[a-z][a-z-]+", make_parser().format_help())) - {"--help"}
    assert flags == set(re.findall(r"^\| `(--[a-z-]+)", page, flags=re.MULTILINE))


def test_the_protocol_page_shows_the_true_bytes_of_a_move() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    move = TO_SERVER.encode(Packet("MOVE", (0,)))
    assert isinstance(move, bytes)
    assert move.hex(" ") in page
    frame = serialize(BINARY, move, mask_key=bytes.fromhex("37fa213d"))
    shown = re.findall(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})  ", page, flags=re.MULTILINE)
    assert bytes.fromhex("".join(shown)) == frame


def test_the_page_for_a_class_shows_what_the_dissector_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "classroom.md").read_text(encoding="utf-8")
    arguments, shown = re.findall(r"-m Net\.dissect ([0-9a-f ]+)\n```\n\n```\n(.*?)```", page, re.DOTALL)[0]
    assert main(arguments.split()) == 0
    printed = capsys.readouterr().out.splitlines()
    assert set(shown.splitlines()) - {"     ...", "  ..."} <= set(printed)
    tried = re.findall(r"Try `([^`]+)`", page)[0]
    assert main(tried.split()) == 1


def test_the_commands_of_the_readme_can_be_read_by_the_checks() -> None:
    for name in ("run", "test"):
        assert re.search(rf"^<!-- ci: {name} -->\n```sh\n(.+)\n```$", README, flags=re.MULTILINE)


def test_the_readme_shows_pictures_that_exist() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_the_readme_names_files_that_exist() -> None:
    order = README.partition("## Read the code in this order")[2]
    names = re.findall(r"`((?:Net|gameserver)/[\w/]+\.py)`", order)
    assert len(names) > 10
    assert all((ROOT / name).is_file() for name in names)
