"""Tests of `python -m Net.dissect`: its diagrams and explanations, its answers to mistakes, its exit status."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable, Tuple

import pytest

from Net.dissect.command import main
from Net.dissect.typed_input import parse_hex
from Net.frames import OPCODE_BINARY, OPCODE_TEXT, serialize
from Net.handshake import switching_protocols, upgrade_request
from tests.Net.support import client_frame

RunOn = Callable[..., Tuple[int, str]]
ROOT = Path(__file__).parents[3]
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58"

# RFC 6455 section 5.2 draws the first row like this, without the bits.
DRAWING = """\
      0                   1                   2                   3
      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     +-+-+-+-+-------+-+-------------+-------------------------------+
     |F|R|R|R| opcode|M| payload len |          masking key          |
     |I|S|S|S|  (4)  |A|     (7)     |                               |
     |N|V|V|V|       |S|             |                               |
     | |1|2|3|       |K|             |                               |
     |1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|
     |       81      |       85      |       37      |       fa      |
     +-+-+-+-+-------+-+-------------+-------------------------------+
     |     masking key continued     |            payload            |
     |0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1|0 1 1 1 1 1 1 1 1 0 0 1 1 1 1 1|
     |       21      |       3d      |       7f      |       9f      |
     +-------------------------------+---------------+---------------+
     |               payload continued               |
     |0 1 0 0 1 1 0 1 0 1 0 1 0 0 0 1 0 1 0 1 1 0 0 0|
     |       4d      |       51      |       58      |
     +-----------------------------------------------+
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(arguments)
    return status, capsys.readouterr().out


@pytest.fixture
def run_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs the command on a file with these bytes."""

    def run_file(content: bytes, *flags: str) -> tuple[int, str]:
        file = tmp_path / "bytes"
        file.write_bytes(content)
        return run(capsys, *flags, str(file))

    return run_file


def test_a_frame_is_drawn_as_the_rfc_draws_it() -> None:
    command = [sys.executable, "-m", "Net.dissect", *HELLO.split()]
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=30)
    assert (process.returncode, process.stderr) == (0, "")
    assert DRAWING in process.stdout


def test_a_frame_is_explained_bit_by_bit_and_byte_by_byte(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = run(capsys, *HELLO.split())
    assert status == 0
    assert re.search(r"^  0 +FIN = 1 +5\.2 +the last frame of its message", shown, re.MULTILINE)
    assert re.search(r"^  9-15 +payload length = 5 ", shown, re.MULTILINE)
    assert "i = 4   58 01011000  XOR  key[0] 37 00110111  =  6f 01101111  o" in shown
    assert "text: Hello" in shown


def test_a_packet_is_shown_with_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown = run(capsys, client_frame(OPCODE_BINARY, bytes.fromhex("92029103")).hex())
    assert "packet MOVE, code 2" in shown
    assert re.search(r"^    03 +direction = 3 \(nil or an integer from 0 to 7\)$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [
        HELLO.split(),
        [HELLO],
        [HELLO.replace(" ", "")],
        [HELLO.replace(" ", ":")],
        ["0x81,0x85,0x37,0xFA,0x21,0x3D,0x7F,0x9F,0x4D,0x51,0x58"],
    ],
)
def test_hex_may_be_written_in_many_ways(arguments: list[str]) -> None:
    assert parse_hex(" ".join(arguments)) == bytes.fromhex(HELLO)


def test_bytes_come_from_a_file_or_from_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wanted = run(capsys, HELLO)
    for name, content in (("hex.txt", HELLO.encode() + b"\n"), ("raw.bin", bytes.fromhex(HELLO))):
        file = tmp_path / name
        file.write_bytes(content)
        assert run(capsys, str(file)) == (0, wanted)
        for arguments in ((), ("-",)):
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
            assert run(capsys, *arguments) == (0, wanted)


# Sides and status ----------------------------------------------------------------------------------------------


def test_the_mask_tells_the_sender_unless_an_option_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    plain = "81 05 48 65 6c 6c 6f"
    for arguments, sender, status in (
        ([HELLO], "client", 0),
        ([HELLO, "--client"], "client", 0),
        ([HELLO, "--server"], "server", 1),
        ([plain], "server", 0),
        ([plain, "--client"], "client", 1),
        (["--server", plain], "server", 0),
    ):
        ended, shown = run(capsys, *arguments)
        assert (ended, f"from the {sender}" in shown) == (status, True), arguments


def test_a_violation_is_shown_with_rule_answer_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = run(capsys, "--client", "81 05 48 65 6c 6c 6f")
    assert status == 1
    assert "VIOLATION: a client must mask every frame" in shown
    assert "RFC 6455 section 5.1" in shown
    assert "close frame with code 1002" in shown
    assert "check_first_bytes, Net/frames.py line " in shown
    assert re.search(r"^  > +\d+ +raise ProtocolError\(", shown, re.MULTILINE)


def test_an_incomplete_frame_is_reported_and_ends_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = run(capsys, "81 85 37 fa")
    assert status == 1
    assert "7 bytes more" in shown


def test_bytes_behind_a_close_are_ignored_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["88 00 81 05"]) == 0
    assert "ignored behind the end: 2 bytes (RFC 6455 section 1.4)" in capsys.readouterr().err
    assert main(["83 00 81 05"]) == 1
    assert "ignored behind the end: 2 bytes (RFC 6455 section 7.1.7)" in capsys.readouterr().err


def test_compressed_frames_are_inflated_with_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "c1 07 f2 48 cd c9 c9 07 00")[0] == 1
    status, shown = run(capsys, "--compressed", "c1 07 f2 48 cd c9 c9 07 00")
    assert status == 0
    assert "5 bytes, inflated from 7 bytes" in shown
    assert "text: Hello" in shown


def test_one_line_for_each_frame(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown = run(capsys, "--as", "lines", "01 03 48 65 6c 89 00 80 02 6c 6f 88 02 03 e8")
    assert shown.splitlines() == [
        "TEXT 3 bytes, first fragment of message 1",
        "FIN PING 0 bytes",
        "FIN CONTINUATION 2 bytes, last fragment of message 1: Hello",
        "FIN CLOSE 2 bytes: 1000",
    ]


def test_json_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown = run(capsys, "--as", "json", HELLO)
    assert json.loads(shown)["message"]["text"] == "Hello"


# Handshakes ----------------------------------------------------------------------------------------------------


def test_a_handshake_is_explained_with_the_frames_behind_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "opening"
    file.write_bytes(upgrade_request("localhost", "/echo", KEY) + client_frame(OPCODE_TEXT, b"Hello"))
    status, shown = run(capsys, str(file))
    assert status == 0
    # The steps of RFC 6455 section 1.3.
    for step in (
        KEY,
        f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
        "b3 7a 4f 2c c0 62",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ):
        assert step in shown
    assert "text: Hello" in shown


def test_a_servers_half_is_followed_by_a_servers_frames(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "answer"
    file.write_bytes(switching_protocols(KEY) + serialize(OPCODE_TEXT, b"Hello"))
    status, shown = run(capsys, str(file))
    assert status == 0
    assert "Frame 1 from the server" in shown


def test_a_broken_handshake_is_refused_with_its_http_status(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "opening"
    file.write_bytes(upgrade_request("localhost", "/", KEY).replace(b"Version: 13", b"Version: 8"))
    status, shown = run(capsys, str(file))
    assert status == 1
    assert "VIOLATION: Sec-WebSocket-Version must be 13" in shown
    assert "HTTP 426" in shown


def test_a_request_that_is_cut_off_is_incomplete_and_not_broken(run_on: RunOn) -> None:
    status, shown = run_on(b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgr")
    assert status == 1
    assert "Incomplete: the empty line that ends the head is missing" in shown
    assert "VIOLATION" not in shown
    assert run_on(b"GET /chat HTTP/1.1\r\nHost: x", "--as", "lines")[1].endswith(
        "incomplete: its empty line is missing\n"
    )


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nhello", 1, "VIOLATION: there must be exactly one Host"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\nno\n", 0, "no frames follow"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nhello", 0, "Plain HTTP request, after which no frames follow"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nhello", 1, "VIOLATION: the method must be GET or HEAD"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00", 1, "VIOLATION: the answer must have Upgrade"),
    ],
)
def test_no_frames_are_read_behind_a_handshake_that_opens_nothing(
    head: bytes, status: int, words: str, run_on: RunOn
) -> None:
    ended, shown = run_on(head)
    assert (ended, shown.count("VIOLATION")) == (status, status)
    assert words in shown
    assert "Frame 1" not in shown


def test_unread_bytes_behind_a_refused_request_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(b"GET / HTTP/1.1\r\n\r\nhello")
    main([str(file)])
    assert "not read: 5 bytes" in capsys.readouterr().err


def test_an_answer_says_whether_its_frames_are_compressed(run_on: RunOn) -> None:
    answer = switching_protocols(KEY, [("Sec-WebSocket-Extensions", "permessage-deflate")])
    status, shown = run_on(answer + bytes.fromhex("c107f248cdc9c90700"))
    assert status == 0
    assert "text: Hello" in shown


def test_an_answer_without_its_request_is_not_reported_as_a_proof(run_on: RunOn) -> None:
    _, shown = run_on(switching_protocols(KEY))
    assert "cannot be checked without the request's key" in shown
    assert "proves" not in shown


def test_a_request_and_its_answer_are_read_together(run_on: RunOn) -> None:
    request = upgrade_request("localhost", "/", KEY)
    status, shown = run_on(request + switching_protocols(KEY) + serialize(OPCODE_TEXT, b"Hello"))
    assert status == 0
    assert "Frame 1 from the server" in shown
    assert "cannot be checked" not in shown
    status, shown = run_on(request + switching_protocols("AAAAAAAAAAAAAAAAAAAAAA==") + serialize(OPCODE_TEXT, b"Hello"))
    assert status == 1
    assert "does not belong to our key" in shown


def test_interim_answers_between_them_are_shown(run_on: RunOn) -> None:
    request = upgrade_request("localhost", "/", KEY)
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
    for data in (
        request + interim + switching_protocols(KEY) + serialize(OPCODE_TEXT, b"Hello"),
        interim + switching_protocols(KEY) + serialize(OPCODE_TEXT, b"Hello"),
    ):
        status, shown = run_on(data)
        assert status == 0
        assert shown.count("an interim answer") == 2
        assert "Frame 1 from the server" in shown
    _, shown = run_on(interim)
    assert "Frame" not in shown


# The report on a frame -----------------------------------------------------------------------------------------


def test_a_cut_off_header_says_that_at_least_so_many_bytes_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    for wire, words in (("81", "at least 1 byte more"), ("82 fe 01", "at least 5 bytes more"), ("81 05", "s 5 bytes")):
        assert words in run(capsys, wire)[1]
    assert (
        run(capsys, "--as", "lines", "82 fe 01")[1] == "FIN BINARY ? bytes, incomplete: at least 5 bytes more to come\n"
    )


def test_a_label_that_does_not_fit_shows_that_it_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    for wire, label in (
        ("81 03 61 62 63", "| payload cont. |"),
        ("82 fe 01", "|extended pay...|"),
        ("82 7f 00 00 00 00 00 01 00 00", "| extended payload length cont. |"),
    ):
        assert label in run(capsys, wire)[1].replace("payload|", "payload |"), wire


def test_bytes_that_are_no_packet_say_why_and_plain_text_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no packet of the game: this is not MessagePack" in run(capsys, "82 02 dc ff")[1]
    assert "no packet of the game" in run(capsys, serialize(OPCODE_TEXT, b'["MOVE",').hex())[1]
    assert "no packet" not in run(capsys, serialize(OPCODE_TEXT, b"Hello").hex())[1]


def test_a_close_code_is_shown_with_its_bytes_and_its_section(capsys: pytest.CaptureFixture[str]) -> None:
    shown = run(capsys, "88 02 03 e8")[1]
    assert "(RFC 6455 section 7.4.1)" in shown
    assert "code: 03 e8, the first two bytes of the payload (RFC 6455 section 5.5.1)" in shown
    assert "first two bytes" not in run(capsys, "88 00")[1]


def test_a_clients_frames_are_held_to_the_limits_of_the_server_unless_others_are_given(run_on: RunOn) -> None:
    long = client_frame(OPCODE_BINARY, bytes(70000))
    assert "may have 65536 bytes" in run_on(long)[1]
    assert run_on(long, "--max-message", "70000")[0] == 0
    assert run_on(serialize(OPCODE_BINARY, bytes(70000)))[0] == 0  # these limits do not apply to a server
    parts = client_frame(OPCODE_TEXT, fin=False) + client_frame(0x0, fin=False) * 64
    assert "fragments" in run_on(parts, "--as", "lines")[1]
    assert "BROKEN" not in run_on(parts, "--as", "lines", "--max-fragments", "65")[1]


# Mistakes and tricks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["81", "8"], "odd number"),
        (["hello"], "'h' in 'hello' is not a hex digit, and there is no file of that name"),
        (["81", "0g"], "'g'"),
        (["0x"], "no bytes"),
        (["--client", "--server", "81"], "not allowed with"),
        (["--max-message", "0", "81"], "must be greater than 0"),
    ],
)
def test_a_mistake_is_reported_clearly_with_exit_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_missing_input_is_reported(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(SystemExit):
        main([])
    assert "there are no bytes" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["full", "lines"])
def test_no_message_can_play_tricks_with_the_terminal(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x07\r\x9b\u202e".encode()
    frames = client_frame(OPCODE_TEXT, evil) + client_frame(OPCODE_TEXT, b'["CHAT",["' + evil[-3:] + b'"]]')
    frames += client_frame(0x8, b"\x03\xe8" + evil)
    _, shown = run(capsys, "--as", form, frames.hex())
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "\\x1b[2J" in shown
