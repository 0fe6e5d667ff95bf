"""Tests that the documentation agrees with the code."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from gameserver.flags import make_parser
from gameserver.replication.flow_control import LOST_AFTER_S
from gameserver.settings_file.reader import load
from gameserver.world.differences import defaults_of, differences, values_of
from gameserver.world.settings import GameSettings
from Net.dissect.command import main
from Net.frames import OPCODE_BINARY, serialize
from Net.PacketCodes import TO_SERVER, Packet

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "tests" / "README.md", *sorted(DOCS.rglob("*.md"))]


def links_of(page: Path) -> list[str]:
    """The relative links of a page. A link such as /lab leads to a page of the server, so it is left out."""
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [link for link in links if not re.match(r"[a-z]+:|/", link)]


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors_of(target), link


def test_a_link_that_leads_nowhere_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A heading, and more\n\n`[code](no-link)` [one](page.md#a-heading-and-more)\n[two\nlines](gone.md)\n"
    )
    assert links_of(page) == ["page.md#a-heading-and-more", "gone.md"]
    assert anchors_of(page) == {"a-heading-and-more"}


def test_the_index_lists_every_page_of_the_docs() -> None:
    """A page in a folder is listed in the folder's own README.md, and that file in the index."""
    for page in sorted(DOCS.rglob("*.md")):
        index = page.parent / "README.md" if page.name != "README.md" else DOCS / "README.md"
        if page != index:
            listed = {(index.parent / link.partition("#")[0]).resolve() for link in links_of(index)}
            assert page.resolve() in listed, f"{index.relative_to(ROOT)} does not list {page.relative_to(ROOT)}"


def test_the_pictures_are_those_of_the_script() -> None:
    script = runpy.run_path(str(DOCS / "pictures" / "draw.py"))
    drawn = {f"{name}.svg": script["draw"](name) for name in script["PICTURES"]}
    found = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "pictures").glob("*.svg")}
    assert found == drawn, "run: python docs/pictures/draw.py"
    shown = {Path(link).name for link in links_of(DOCS / "architecture.md") if link.endswith(".svg")}
    assert shown == set(drawn)


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


def test_the_page_of_the_settings_file_shows_a_file_that_can_be_read(tmp_path: Path) -> None:
    page = (DOCS / "settings-file.md").read_text(encoding="utf-8")
    file = tmp_path / "game.ini"
    file.write_text(re.findall(r"```ini\n(.*?)```", page, re.DOTALL)[0], encoding="utf-8")
    settings = load(str(file), GameSettings, {})
    names = [name for name, _, _ in differences(settings, values_of(settings), defaults_of(settings))]
    assert names == ["time_limit_s", "kill_score", "damage of [weapon katana]", "hunts of [animal wolf]"]


def test_the_protocol_page_shows_the_true_bytes_of_a_move() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    move = TO_SERVER.encode(Packet("MOVE", (0,)))
    assert isinstance(move, bytes)
    assert move.hex(" ") in page
    frame = serialize(OPCODE_BINARY, move, mask_key=bytes.fromhex("37fa213d"))
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


def test_the_pages_and_pictures_name_files_that_exist() -> None:
    pictures = sorted((DOCS / "pictures").glob("*.svg"))
    texts = [path.read_text(encoding="utf-8") for path in [*PAGES, *pictures]]
    names = {
        name for text in texts for name in re.findall(r"[`>]((?:Net|gameserver|tests)/[\w/]+\.(?:py|js))[`<]", text)
    }
    assert len(names) > 50
    assert sorted(name for name in names if not (ROOT / name).is_file()) == []
