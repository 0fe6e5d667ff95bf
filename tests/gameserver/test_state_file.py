"""The file that keeps the rooms: whole or not at all, and refused when it is anything else."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import msgpack
import pytest

from gameserver import state_file
from gameserver.state_file import StateError

PARTS = [{"id": "den", "numbers": [1, 2.5, None, True]}, {"id": "höhle"}]


def with_checksum(version: int, body: bytes) -> bytes:
    return f"gameserver-state {version} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def test_what_was_written_is_read(tmp_path: Path) -> None:
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


def test_a_file_with_any_bit_turned_over_is_refused() -> None:
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
