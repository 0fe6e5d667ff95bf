"""Tests of the state file: it is written completely or not at all, and any other file is refused."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import msgpack
import pytest

from gameserver.checkpoint import state_file
from gameserver.checkpoint.state_file import StateError

PARTS = [{"id": "den", "numbers": [1, 2.5, None, True]}, {"id": "höhle"}]


def with_checksum(version: int, body: bytes) -> bytes:
    return f"gameserver-state {version} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def test_the_written_rooms_are_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "rooms.state")
    assert state_file.read(path) is None
    for parts in (PARTS, [], PARTS[:1]):
        state_file.write(path, parts)
        assert state_file.read(path) == parts
    assert os.listdir(tmp_path) == ["rooms.state"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_may_read_the_tokens_in_it(tmp_path: Path) -> None:
    state_file.write(str(tmp_path / "rooms.state"), PARTS)
    assert stat.S_IMODE((tmp_path / "rooms.state").stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "rooms.state")
    state_file.write(path, PARTS)
    os.mkdir(f"{path}.new")
    with pytest.raises(OSError, match=r"rooms\.state\.new"):
        state_file.write(path, [])
    assert state_file.read(path) == PARTS


def test_a_file_cut_off_anywhere_is_refused() -> None:
    whole = state_file.encode(PARTS)
    for length in range(len(whole)):
        with pytest.raises(StateError):
            state_file.decode(whole[:length])


def test_a_file_with_any_bit_flipped_is_refused() -> None:
    whole = state_file.encode(PARTS)
    for at in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[at] ^= 1 << bit
            with pytest.raises(StateError):
                state_file.decode(bytes(damaged))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no state file"),
        (b"\n", "no state file"),
        (b"Dear Ann,\nthis is a letter.", "no state file"),
        (b"SQLite format 3\0" * 1000, "no state file"),
        (with_checksum(2, msgpack.packb([])), "version '2', and this program knows only 1"),
        (with_checksum(1, b""), "no MessagePack"),
        (with_checksum(1, b"\xc1"), "no MessagePack"),
        (with_checksum(1, msgpack.packb([b"\xc1"])), "no MessagePack"),
        (with_checksum(1, msgpack.packb([]) + b"more"), "no MessagePack"),
        (with_checksum(1, msgpack.packb(7)), "no MessagePack"),
        (state_file.encode(PARTS) + b"more", "damaged"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(StateError, match=said) as refused:
        state_file.decode(data)
    assert "\n" not in str(refused.value)


def test_a_file_set_aside_keeps_its_contents_under_a_telling_name(tmp_path: Path) -> None:
    (tmp_path / "rooms.state").write_bytes(b"damaged")
    name = state_file.set_aside(str(tmp_path / "rooms.state"))
    assert os.path.basename(name).startswith("rooms.state.damaged-")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"damaged"]


links = pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="Windows makes links for administrators only")


@links
@pytest.mark.parametrize("is_dangling", [True, False])
def test_a_link_in_place_of_the_new_file_is_not_followed(tmp_path: Path, is_dangling: bool) -> None:
    path, victim = tmp_path / "rooms.state", tmp_path / "victim"
    if not is_dangling:
        victim.write_text("precious")
    (tmp_path / "rooms.state.new").symlink_to(victim)
    state_file.write(str(path), [{"id": "den"}])
    assert state_file.read(str(path)) == [{"id": "den"}]
    assert not path.is_symlink()
    assert victim.exists() is not is_dangling
    assert is_dangling or victim.read_text() == "precious"


@links
def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    path, other = tmp_path / "rooms.state", tmp_path / "other"
    state_file.write(str(other), [{"id": "den"}])
    path.symlink_to(other)
    with pytest.raises(StateError, match="it is a link"):
        state_file.read(str(path))
    aside = state_file.set_aside(str(path))
    assert Path(aside).is_symlink()
    state_file.write(str(path), [])
    assert state_file.read(str(other)) == [{"id": "den"}]


def test_the_rest_of_an_interrupted_write_is_replaced_by_a_private_file(tmp_path: Path) -> None:
    path, left = tmp_path / "rooms.state", tmp_path / "rooms.state.new"
    left.write_bytes(b"half a file")
    left.chmod(0o666)
    state_file.write(str(path), [1])
    assert state_file.read(str(path)) == [1]
    assert not left.exists()
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_in_place_of_the_new_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "rooms.state.new").mkdir()
    with pytest.raises(OSError, match="rooms"):
        state_file.write(str(tmp_path / "rooms.state"), [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rooms.state")
    with pytest.raises(StateError, match="a pipe"):
        state_file.read(str(tmp_path / "rooms.state"))


def test_a_file_that_is_nested_without_end_is_refused() -> None:
    for body in (b"\x91" * 100_000, msgpack.packb([b"\x91" * 100_000]), msgpack.packb(7), msgpack.packb([7])):
        with pytest.raises(StateError, match="MessagePack"):
            state_file.decode(with_checksum(state_file.VERSION, body))
