"""Tests of the input of `python -m Net.dissect`: long hex, files, pipes, and more input than is allowed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from Net.dissect import typed_input
from Net.dissect.typed_input import parse_hex, read_input
from Net.frames import OPCODE_BINARY, serialize
from tests.Net.support import DEADLINE_S

ROOT = Path(__file__).parents[3]


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("size", [132, 5000])
def test_hex_digits_may_be_longer_than_the_name_of_a_file(size: int) -> None:
    wire = serialize(OPCODE_BINARY, bytes(size))
    for separator in ("", " "):
        assert read_input([separator.join(f"{byte:02x}" for byte in wire)]) == wire


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_is_read_like_a_file() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"81 00")
    os.close(writer)
    try:
        assert read_input([f"/dev/fd/{reader}"]) == b"\x81\x00"
    finally:
        os.close(reader)


def test_more_input_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_input, "MOST_BYTES", 10)
    give(monkeypatch, b"\x81" * 10)
    assert read_input([]) == b"\x81" * 10
    give(monkeypatch, b"\x81" * 11)
    with pytest.raises(ValueError, match="there may be 10 bytes to read"):
        read_input([])


def test_an_endless_stream_is_not_read_to_its_end() -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert size > 0
            return bytes(size)

    with pytest.raises(ValueError, match="and there are more"):
        typed_input.read_bounded(Endless())


def test_much_hex_takes_no_more_memory_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"81 05 " * 100_000
    give(monkeypatch, text)
    tracemalloc.start()
    try:
        assert len(read_input([])) == 200_000
        assert tracemalloc.get_traced_memory()[1] < 8 * len(text)
    finally:
        tracemalloc.stop()


def test_spaces_that_a_page_on_the_web_has_are_spaces() -> None:
    assert parse_hex("81\u00a000") == b"\x81\x00"


@pytest.mark.skipif(os.name == "nt", reason="Windows reports a pipe that is closed as something else")
def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.write_bytes(serialize(OPCODE_BINARY, b"\x00") * 5000)  # more lines than a pipe holds
    command = [sys.executable, "-m", "Net.dissect", str(many)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"Frame 1")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(DEADLINE_S) == 1
