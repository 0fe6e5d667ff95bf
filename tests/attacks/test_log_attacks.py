"""Tests of log forging: no bytes of a stranger write a second line into the log or move a terminal's cursor.

`assert_clean` checks the same after every other attack. The bytes here are made to forge entries.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from Net.client import connect
from Net.frames import OPCODE_CLOSE, OPCODE_TEXT
from tests.attacks.support import Log, answers, assert_clean, opening, under_attack
from tests.Net.support import client_frame, close_body, wait_until
from tests.support import Player
from tests.test_run_server import running

# A line feed, a return to the line's start, a terminal's escape, and what other readers take for the end of a line:
# NEL, line separator, vertical tab; a mark that turns the direction of writing round, and a NUL.
NASTY = ["\n", "\r", "\r\n", "\x1b[2J", "\x85", "\u2028", "\x0b", "\u202e", "\x00", "\xad"]
FORGED = "{}2026-01-01 00:00:00 CRITICAL the disk is full"

each_nasty = pytest.mark.parametrize("nasty", NASTY, ids=ascii)


@answers("CWE-117")
@each_nasty
def test_a_head_forges_no_log_entry(nasty: str) -> None:
    forged, word = FORGED.format(nasty).encode(), f"{nasty}CRITICAL".encode()
    heads = [
        opening().replace(b"/echo", b"/" + forged),
        opening().replace(b"GET", b"GET" + forged),
        opening().replace(b"HTTP/1.1", b"HTTP/1.1" + forged),
        opening().replace(b"127.0.0.1", b"evil.example" + word),
        opening().replace(b"127.0.0.1", forged + b":80"),
        opening("/", "Origin: @@").replace(b"@@", b"http://evil.example" + word),
        opening("/", "Origin: @@").replace(b"@@", forged),
        opening("/", "X@@: y").replace(b"@@", forged),
        opening("/", "X: y@@").replace(b"@@", forged),
        opening("/", "Sec-WebSocket-Extensions: @@").replace(b"@@", b"X" + forged),
    ]
    with under_attack() as target:
        for head in heads:
            attacker = target.call()
            attacker.send(head)
            is_refused = not attacker.read_head().startswith(b"HTTP/1.1 101 ")  # the byte is harmless in some headers
            attacker.vanish(with_reset=False)
            if is_refused:
                wait_until(lambda a=attacker: target.log.has(f"^{a.name} refused"), "it is logged")
        assert target.log.has("refused")


@answers("CWE-117")
@each_nasty
def test_frames_and_packets_forge_no_log_entry(nasty: str) -> None:
    forged = FORGED.format(nasty)
    as_json = forged.encode("unicode_escape").replace(b"\\x", b"\\u00")
    with under_attack() as target:
        attacker = target.open()
        attacker.send(client_frame(OPCODE_CLOSE, close_body(1000, forged)))
        attacker.read_to_the_end()
        wait_until(lambda: target.log.has(f"^{attacker.name}: .*the disk is full"), "the reason is logged")

        attacker = target.open("/")
        for packet in (b'["JOIN",["%s"]]', b'["JOIN",["x",{"room":"%s"}]]', b'["%s",[]]', b'["JOIN",["x",{"%s":1}]]'):
            attacker.send(client_frame(OPCODE_TEXT, packet % as_json))
        attacker.send(25 * client_frame(OPCODE_TEXT, b'["%s",[]]' % as_json))
        while attacker.read_frame().opcode != OPCODE_CLOSE:
            pass
        attacker.send(client_frame(OPCODE_CLOSE))
        attacker.read_to_the_end()
        assert target.log.has(f"^{attacker.name}: closed, too many bad packets")


@answers("CWE-117")
def test_bytes_that_are_no_http_cost_one_clean_line() -> None:
    tls_hello = bytes.fromhex("160301020001000001fc0303") + bytes(range(256)) + b"\r\n\r\n"
    with under_attack() as target:
        attacker = target.call()
        attacker.send(tls_hello)
        attacker.read_bytes_to_the_end()
        wait_until(lambda: target.log.has(f"^{attacker.name} refused"), "it is logged")
        assert len([line for line in target.log.lines if line.startswith(attacker.name)]) == 1


@answers("log flood")
def test_a_flood_of_dropped_connections_is_summed_up_and_other_addresses_still_logged(tmp_path: Path) -> None:
    drops, log = 600, tmp_path / "log"
    with running("--log-level", "debug", log=log) as server:
        player = Player(connect(server.url()))
        player.join("Bystander")
        for number in range(drops):
            with socket.create_connection(("127.0.0.1", server.port)) as sock:
                sock.sendall(HALVES[number % len(HALVES)])
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        with socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.0.2", 0)) as other:
            other.sendall(b"GET nowhere HTTP/1.1\r\n\r\n")
            wait_until(lambda: re.search(r"127\.0\.0\.2:\d+ refused", log.read_text()), "it is told at once")
        player.wait_for("STATE")
        # While too many connections are open, the server refuses some new ones without a line.
        wait_until(lambda: count_told(log.read_text()) > drops / 2, "the sum is told after the period")
        player.hang_up()
    text = log.read_text()
    assert re.search(r"\(and \d+ more in \d+ s\)", text)
    assert len(text.splitlines()) < drops / 5
    assert "Traceback" not in text


# The first bytes of connections that then vanish: a part of a head, and bytes that are no HTTP.
HALVES = [b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"\x16\x03\x01\r\n\r\n"]


def count_told(log: str) -> int:
    """The number of connections from 127.0.0.1 in the log: single lines and the numbers in its sums."""
    lines = re.findall(r"^.* 127\.0\.0\.1:\d+ (?:refused|vanished).*$", log, flags=re.MULTILINE)
    sums = (int(found[1]) for found in (re.search(r"and (\d+) more in", line) for line in lines) if found)
    return len(lines) + sum(sums)


def test_a_forged_entry_would_be_noticed() -> None:
    log = Log()
    log.lines = ["127.0.0.1:1: bye\n127.0.0.1:2: forged"]
    with pytest.raises(AssertionError):
        assert_clean(log)
