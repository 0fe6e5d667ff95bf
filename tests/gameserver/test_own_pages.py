"""Tests of the pages of a game of one's own: the files of a folder that are served, and those that are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gameserver import own_pages
from gameserver.own_pages import add_pages, read_folder
from gameserver.server import GameServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page, and beside it a file that nobody may read."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>snake")
    (tmp_path / "secret.js").write_text("secret")
    return folder


def test_the_files_of_a_folder_are_pages_and_its_index_is_the_first(folder: Path) -> None:
    (folder / "pictures").mkdir()
    for name in ("snake.js", "pictures/apple.PNG", "my snake (1)&ä.css", "levels.json"):
        (folder / name).write_text(name)
    pages = read_folder(str(folder))
    assert {path: page.content_type for path, page in pages.items()} == {
        "/": "text/html; charset=utf-8",
        "/index.html": "text/html; charset=utf-8",
        "/levels.json": "application/json",
        "/my%20snake%20(1)&%C3%A4.css": "text/css; charset=utf-8",
        "/pictures/apple.PNG": "image/png",
        "/snake.js": "text/javascript; charset=utf-8",
    }
    assert pages["/"].body == b"<!doctype html>snake"


def test_other_kinds_of_files_and_hidden_files_are_not_served(folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in ("snake.py", "notes", ".hidden.js", ".git/config.json", "a.js.bak"):
        (folder / name).write_text(name)
    assert set(read_folder(str(folder))) == {"/", "/index.html"}


def test_a_change_of_the_folder_changes_nothing_later(folder: Path) -> None:
    pages = read_folder(str(folder))
    (folder / "index.html").write_text("changed")
    assert b"changed" not in pages["/"].body


@pytest.mark.parametrize("target", ["../secret.js", ".hidden.js", "/etc/hostname"])
def test_a_link_to_a_file_that_is_not_served_is_refused(folder: Path, target: str) -> None:
    (folder / ".hidden.js").write_text("hidden")
    try:
        (folder / "x.js").symlink_to(target)
    except OSError:
        pytest.skip("this system or user may make no links")
    if (folder / "x.js").exists():
        with pytest.raises(ValueError, match=r"--web: x\.js is a link to a file that is not served"):
            read_folder(str(folder))


def test_links_within_the_folder_are_served_and_linked_folders_are_not(folder: Path) -> None:
    (folder / "a.js").write_text("a")
    try:
        (folder / "b.js").symlink_to("a.js")
        (folder / "up").symlink_to("..", target_is_directory=True)
        (folder / "lost.js").symlink_to("nowhere.js")
    except OSError:
        pytest.skip("this system or user may make no links")
    assert set(read_folder(str(folder))) == {"/", "/index.html", "/a.js", "/b.js"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_page(folder: Path) -> None:
    os.mkfifo(folder / "pipe.js")
    assert "/pipe.js" not in read_folder(str(folder))


def test_a_folder_needs_an_index(folder: Path) -> None:
    (folder / "index.html").unlink()
    with pytest.raises(ValueError, match=r"--web: the folder .* has no file index\.html"):
        read_folder(str(folder))
    with pytest.raises(ValueError, match=r"--web: there is no folder .*none"):
        read_folder(str(folder / "none"))


def test_files_that_are_too_large_or_too_many_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pages, "FILE_BYTES", 2**20)
    monkeypatch.setattr(own_pages, "FOLDER_BYTES", 2 * 2**20)
    monkeypatch.setattr(own_pages, "MOST_FILES", 4)
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(bytes(2**20 - 100))
    assert "/b.png" in read_folder(str(folder))
    (folder / "c.png").write_bytes(bytes(2**20))
    with pytest.raises(ValueError, match="have more than 2 MiB"):
        read_folder(str(folder))
    (folder / "a.png").write_bytes(bytes(2**20 + 1))
    with pytest.raises(ValueError, match=r"--web: a\.png has more than 1 MiB"):
        read_folder(str(folder))
    (folder / "a.png").write_bytes(b"")
    (folder / "d.txt").touch()
    with pytest.raises(ValueError, match="has more than 4 files"):
        read_folder(str(folder))


@pytest.mark.parametrize("name", ["rooms.json", "packets.json", "web/main.js", "web/new.js"])
def test_a_path_of_the_server_is_refused(folder: Path, name: str) -> None:
    (folder / "web").mkdir()
    (folder / name).write_text("{}")
    server = GameServer()
    with pytest.raises(ValueError, match=f"--web: /{name} is the path of a page of the server"):
        add_pages(server, read_folder(str(folder)))
    assert not server.serves("/index.html")
