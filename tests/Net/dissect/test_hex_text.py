"""Tests of hex as people write it and programs print it: the reader returns the bytes that are meant, or refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from Net.dissect.command import main
from Net.dissect.hex_text import parse_hex_text
from tests.Net.hex_cases import CASES, HELLO, PAIRS


@pytest.mark.parametrize(("text", "data"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_text_is_read_right_or_refused(text: str, data: bytes | None) -> None:
    if data is not None:
        assert parse_hex_text(text) == data
        return
    with pytest.raises(ValueError, match=r"[a-z]") as refused:
        parse_hex_text(text)
    assert "\n" not in str(refused.value)


@given(st.binary(min_size=1, max_size=70), st.sampled_from([" ", ":", "-", ",", "\n", "", "\t", "\u3000"]))
def test_pairs_with_a_separator_are_the_bytes(data: bytes, separator: str) -> None:
    assert parse_hex_text(separator.join(f"{byte:02x}" for byte in data)) == data


@given(st.binary(min_size=1, max_size=70))
def test_bytes_printed_by_python_are_read(data: bytes) -> None:
    assert parse_hex_text(repr(data)) == data
    assert parse_hex_text("".join(f"\\x{byte:02X}" for byte in data)) == data


@given(st.text("0123456789abcdef:x\\ \n\t-,;*|.>'\"[]{}bzh\ufeff", max_size=60) | st.text(max_size=20))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        data = parse_hex_text(text)
    except ValueError as error:
        refused = str(error)
    else:
        refused = "" if data else "nothing"
    assert refused == "" or refused.isprintable()


RIGHT = ("xxd", "xxd -g 1", "xxd -c 7", "xxd -p", "xxd -i", "od -v -t x1", "od -v -A x -t x1z", "od -v -A d -t x1")
RIGHT += ("od -v -A n -t x1", "hexdump -v -C")
NEVER = ("xxd -e", "xxd -b", "od", "od -x", "od -A n -x", "od -t x4", "od -A n -t x8", "od -c", "hexdump", "hexdump -x")


@pytest.mark.parametrize("command", [*RIGHT, *NEVER])
def test_output_of_programs_is_read_right_or_refused(command: str) -> None:
    program, *options = command.split()
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} on this machine")
    for data in (HELLO, b"\x81\x1b" + b"abcabcabc cafe " * 4, bytes(range(40)), b"\x00\x80" + bytes(30), b"  a \x81 "):
        printed = subprocess.run([program, *options], input=data, stdout=subprocess.PIPE, check=True).stdout.decode(
            "latin-1"
        )
        try:
            read = parse_hex_text(printed)
        except ValueError:
            assert command in NEVER, printed
        else:
            assert read == data, printed


ENCODED = {
    "UTF-8 with a mark": b"\xef\xbb\xbf" + PAIRS.encode(),
    "UTF-16, as PowerShell writes it": b"\xff\xfe" + (PAIRS + "\r\n").encode("utf-16-le"),
    "UTF-16, the other way round": b"\xfe\xff" + PAIRS.encode("utf-16-be"),
    "UTF-16 without a mark": PAIRS.encode("utf-16-le"),
    "UTF-16 without a mark, the other way round": PAIRS.encode("utf-16-be"),
    "UTF-32": b"\xff\xfe\0\0" + PAIRS.encode("utf-32-le"),
    "a dump in UTF-16": b"\xff\xfe" + f"0000   {PAIRS}   ..7.!=..MQX\r\n".encode("utf-16-le"),
    "no-break spaces in UTF-8": PAIRS.replace(" ", "\u00a0").encode(),
    "the bytes themselves": HELLO,
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_a_file_may_be_in_any_encoding_of_editors(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "frame.txt"
    file.write_bytes(content)
    assert main(["--as", "lines", str(file)]) == 0
    assert "Hello" in capsys.readouterr().out


WRONG = {
    "UTF-16 that is cut": (b"\xff\xfe" + PAIRS.encode("utf-16-le"))[:-1],
    "a letter in UTF-16": b"\xff\xfe" + "Dear Sir".encode("utf-16-le"),
    "a letter": b"Dear Sir, the frame is 81 85",
    "words of the machine": b"0000000 8581 fa37 3d21\n",
    "a mark and nothing": b"\xef\xbb\xbf",
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_text_that_is_no_hex_ends_with_status_2(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "frame.txt"
    file.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main([str(file)])
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""
