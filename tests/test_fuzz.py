"""Tests of the fuzzer: it runs, it repeats its inputs, and it finds a fault."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from Net.frames import OPCODE_BINARY, RSV1
from tests.fuzz.__main__ import main
from tests.fuzz.engine import Fault, fuzz, inputs
from tests.fuzz.mutate import MUTATIONS, Mutation
from tests.fuzz.targets import LIMITS, TARGETS, Target, bare, check_same_however_fed
from tests.Net.support import client_frame

each_target = pytest.mark.parametrize("name", TARGETS)

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
_STREAM_ENDS = b"\x03\x00"  # an empty deflated block, the last of its stream

# Inputs with faults that were found and corrected. Each fault depended on the places where TCP cut the bytes.
FOUND = {
    "a head of the greatest length": ("http", _REQUEST.ljust(LIMITS.head_bytes, b"x") + b"\r\n\r\n"),
    "a bare line feed in a head too long": ("http", b"\n" + bytes(LIMITS.head_bytes)),
    "a control frame with neither FIN nor mask": ("messages", b"\x08\x00"),
    "a stream that ends too often": (
        "deflated-messages",
        client_frame(OPCODE_BINARY, _STREAM_ENDS * 20 + b"\x00", rsv=RSV1),
    ),
}


@pytest.mark.parametrize(("name", "data"), FOUND.values(), ids=FOUND)
def test_a_corrected_fault_does_not_come_back(name: str, data: bytes) -> None:
    with TARGETS[name].checking() as check:
        check(data)


@each_target
def test_a_target_stands_damaged_inputs(name: str) -> None:
    with TARGETS[name].checking() as check:
        for data in itertools.islice(inputs(TARGETS[name], "smoke"), 150):
            check(data)


@each_target
def test_the_same_seed_gives_the_same_inputs(name: str) -> None:
    first, second = (list(itertools.islice(inputs(TARGETS[name], "again"), 20)) for _ in range(2))
    assert first == second
    assert len(set(first)) > 10


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_mutation_can_damage_any_input(mutation: Mutation) -> None:
    random = Random(1)
    for data in (b"", b"a", b"some input"):
        assert isinstance(mutation(random, data, b"other", (b"token",)), bytes)
    assert any(mutation(random, b"some input", b"other", (b"token",)) != b"some input" for _ in range(20))


def test_a_fault_is_found_and_comes_with_its_input() -> None:
    def check(data: bytes) -> None:
        assert b"\x00" not in data

    with pytest.raises(Fault) as found:
        fuzz(Target(lambda random: b"\x00" * random.randrange(2), (b"\x00",), bare(check)), "seed", 5)
    assert b"\x00" in found.value.input


def test_a_reader_that_depends_on_how_it_is_fed_is_found() -> None:
    with pytest.raises(AssertionError, match="fed byte by byte"):
        check_same_however_fed(len, b"four")


def test_the_command_line_shows_the_way_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(data: bytes) -> None:
        raise ValueError("a bug")

    monkeypatch.setitem(TARGETS, "http", Target(lambda random: b"\xab\xcd", (b"",), bare(check)))
    monkeypatch.setattr("sys.argv", ["fuzz", "--seconds", "1", "--seed", "7", "--target", "http"])
    assert main() == 1
    said = capsys.readouterr().out
    assert "seed 7" in said
    assert "a bug" in said
    data = bytes.fromhex(said.rpartition("--input ")[2])
    monkeypatch.setattr("sys.argv", ["fuzz", "--target", "http", "--input", data.hex()])
    with pytest.raises(ValueError, match="a bug"):
        main()
