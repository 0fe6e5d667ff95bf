"""Tests of attacks with the head of a request: smuggling, floods of headers, patterns that make a parser backtrack."""

from __future__ import annotations

import contextlib
import gc
import time
from typing import Callable, NamedTuple

import pytest

from Net.address import Address
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.handshake import END_OF_HEAD, Request, check_upgrade, find_end_of_head, parse_request
from Net.limits import Limits
from Net.port.http import html_page, respond
from Net.port.origin import make_policy, split_host
from Net.port.proxy import identify
from Net.target import parse_target
from tests.attacks.support import answered_by, answers, opening, under_attack
from tests.Net.support import wait_until

HEAD_BYTES = Limits().head_bytes
SECOND_REQUEST = b"GET /packets.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
A_BODY_IS_NOT_ALLOWED = "a body is not allowed here"


def changed(old: str, new: str) -> bytes:
    """A good opening handshake with one text replaced."""
    head = opening()
    assert head.count(old.encode()) == 1
    return head.replace(old.encode(), new.encode())


class HandshakeAttack(NamedTuple):
    """advisories: the software that it has hurt. sent: the bytes. status, sentence: of the only response."""

    advisories: tuple[str, ...]
    sent: bytes
    status: int
    sentence: str


ATTACKS = {
    # Smuggling ---------------------------------------------------------------------------------------------------
    "two hosts": HandshakeAttack(
        ("aiohttp CVE-2026-34525",),
        opening("/echo", "Host: evil.example"),
        400,
        "exactly one Host",
    ),
    "the same host twice": HandshakeAttack(
        ("aiohttp CVE-2026-34525",), opening("/echo", "Host: 127.0.0.1"), 400, "exactly one Host"
    ),
    "a whole URL of another host": HandshakeAttack(
        ("aiohttp CVE-2026-34525",),
        changed("GET /echo", "GET http://evil.example/echo"),
        400,
        "the target's host must be the one in Host",
    ),
    "a request in the body of an upgrade": HandshakeAttack(
        ("aiohttp CVE-2026-69243",),
        opening("/echo", f"Content-Length: {len(SECOND_REQUEST)}") + SECOND_REQUEST,
        400,
        A_BODY_IS_NOT_ALLOWED,
    ),
    "a request in the chunks of an upgrade": HandshakeAttack(
        ("aiohttp CVE-2026-69243",),
        opening("/echo", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + SECOND_REQUEST,
        400,
        A_BODY_IS_NOT_ALLOWED,
    ),
    "a request behind a refused upgrade": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), changed("Version: 13", "Version: 12") + SECOND_REQUEST, 426, "must be 13"
    ),
    "a request behind a request": HandshakeAttack(("aiohttp CVE-2026-69243",), 2 * SECOND_REQUEST, 200, '"protocol":1'),
    "a request behind a request and an empty line": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), 2 * (b"\r\n" + SECOND_REQUEST), 200, '"protocol":1'
    ),
    "two lengths of the body": HandshakeAttack(
        ("aiohttp CVE-2026-69243",),
        opening("/echo", "Content-Length: 0", f"Content-Length: {len(SECOND_REQUEST)}") + SECOND_REQUEST,
        400,
        A_BODY_IS_NOT_ALLOWED,
    ),
    "a length that is no plain number": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), opening("/echo", "Content-Length: +0"), 400, A_BODY_IS_NOT_ALLOWED
    ),
    "a header folded over two lines": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), opening("/echo", "X: a", " Transfer-Encoding: chunked"), 400, "folded"
    ),
    "a space before the colon": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), opening("/echo", "Transfer-Encoding : chunked"), 400, "token characters"
    ),
    "a bare line feed": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), opening("/echo", "X: a\nTransfer-Encoding: chunked"), 400, "CR LF"
    ),
    "a bare carriage return": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), opening("/echo", "X: a\rTransfer-Encoding: chunked"), 400, "control characters"
    ),
    "a request with an older version": HandshakeAttack(
        ("aiohttp CVE-2026-69243",), changed("HTTP/1.1", "HTTP/1.0") + SECOND_REQUEST, 505, "HTTP/1.1"
    ),
    # Too much ----------------------------------------------------------------------------------------------------
    "65 headers": HandshakeAttack(
        ("ws CVE-2024-37890",), opening("/echo", *(60 * ["X: y"])), 431, "the head may have 64 fields"
    ),
    "2000 headers": HandshakeAttack(
        ("ws CVE-2024-37890",), opening("/echo", *(1950 * ["a:"])), 431, "the head may have 64 fields"
    ),
    "a head without end": HandshakeAttack(
        ("ws CVE-2024-37890",), opening()[:-2] + 20_000 * b"a: b\r\n", 431, f"the head may have {HEAD_BYTES} bytes"
    ),
    "a header of 1 MiB": HandshakeAttack(
        ("tungstenite CVE-2023-43669",),
        opening("/echo", "X: " + 2**20 * "a"),
        431,
        f"the head may have {HEAD_BYTES} bytes",
    ),
    "a header name of 8 KiB": HandshakeAttack(
        ("tungstenite CVE-2023-43669",), opening("/echo", 8192 * "a" + ": b"), 431, "the head may have"
    ),
    "empty lines without end": HandshakeAttack(
        ("tungstenite CVE-2023-43669",), 20_000 * b"\r\n", 431, f"the head may have {HEAD_BYTES} bytes"
    ),
    "a path of 8 KiB": HandshakeAttack(
        ("tungstenite CVE-2023-43669",), opening("/" + 8192 * "a"), 431, "the head may have"
    ),
    "a line without end": HandshakeAttack(
        ("tungstenite CVE-2023-43669",), 20_000 * b"a", 431, f"the head may have {HEAD_BYTES} bytes"
    ),
    # Backtracking ------------------------------------------------------------------------------------------------
    "a quoted string that never ends": HandshakeAttack(
        ("websocket-extensions CVE-2020-7662",),
        opening("/echo", 'Sec-WebSocket-Extensions: a;b="' + 3500 * "\\c"),
        400,
        "Sec-WebSocket-Extensions does not follow its grammar",
    ),
    "spaces in the extensions": HandshakeAttack(
        ("websocket-extensions CVE-2020-7662",),
        opening("/echo", "Sec-WebSocket-Extensions: a;b" + 7000 * " " + "c"),
        400,
        "Sec-WebSocket-Extensions does not follow its grammar",
    ),
}

for row in ATTACKS.values():
    answered_by(__name__, row.advisories)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_handshake_attack_gets_one_response_and_then_silence(attack: HandshakeAttack) -> None:
    with under_attack() as target:
        attacker = target.call()
        attacker.send(attack.sent)
        response = attacker.read_bytes_to_the_end()
        assert response.startswith(f"HTTP/1.1 {attack.status} ".encode())
        assert attack.sentence in response.decode()
        assert b"Connection: close" in response or attack.status == 426
        assert response.count(b"HTTP/1.1 ") - response.count(b"must be HTTP/1.1") == 1
        if attack.status != 200:
            wait_until(lambda: target.log.has(f"^{attacker.name} refused: .*{attack.status}"), "it is logged")


@answers("aiohttp CVE-2026-69243")
def test_a_request_behind_an_upgrade_is_read_as_a_frame() -> None:
    with under_attack() as target:
        attacker = target.call()
        attacker.send(opening() + SECOND_REQUEST)
        assert attacker.read_head().startswith(b"HTTP/1.1 101 ")
        (close,) = attacker.read_to_the_end()
        assert close.payload[:2] == (1002).to_bytes(2, "big")


@answers("ws CVE-2021-32640")
@pytest.mark.parametrize("name", ["Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "Connection", "Upgrade", "Origin"])
def test_a_list_of_spaces_is_answered_at_once(name: str) -> None:
    with under_attack() as target:
        for value in ("b" + 7000 * " " + "x", 3500 * " ,", 7000 * ","):
            assert target.ask(opening("/nothing", f"{name}: {value}")).startswith(b"HTTP/1.1 4")


# Linear time ---------------------------------------------------------------------------------------------------

WIDE = Limits(head_bytes=2**30, head_fields=2**30)


def head_with(value: str) -> bytes:
    return opening("/", f"X: {value}")


def items_of(value: str) -> object:
    return Request("GET", "/", "", [("connection", value)]).items("connection")


def upgrade_with(*fields: tuple[str, str]) -> object:
    good = [("connection", "upgrade"), ("sec-websocket-version", "13")]
    return check_upgrade(Request("GET", "/", "", [*good, *fields]))


def tags_of(value: str) -> object:
    return respond(Request("GET", "/", "", [("if-none-match", value)]), {"/": html_page("")})


def forwarded_by(value: str) -> object:
    return identify(Request("GET", "/", "", [("forwarded", value)]), Address("192.0.2.1", 7), {"192.0.2.1"})


def origin_of(value: str) -> object:
    return make_policy().check_origin(Request("GET", "/", "", [("host", "127.0.0.1"), ("origin", value)]))


# The functions that read bytes of strangers, each with hostile values. The text in braces is repeated.
READERS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "extensions": (
        lambda value: parse_extensions([value]),
        ('a;b="{\\c}', "a{ }x", "a;b{ }x", "a;b={ }x", "{ }", "{,}", "{, }x;", "a{;b}", 'a;b="{b}', "{a}!{ }", "{\t}="),
    ),
    "lists": (items_of, ("b{ }x", "{ ,}", "{,}", "{\t}", "{a,}")),
    "host": (split_host, ("{a}", "{[}", "{:}", "{]}", "[{:}]", "{@}", "a:{1}", "{a.}")),
    "origin": (origin_of, ("http://{a}", "{:}//", "{http://}", "http://{:}")),
    "target": (
        lambda value: parse_target("GET", value),
        ("/{a}", "/{?}", "http://{a}", "http://{/}", "{http://}", "http://{:}/", "{:}1", "http://{@}/"),
    ),
    "tags": (tags_of, ('{"}', '"{a}', '{"a",}', '{W/}"', '{W/"}', "{,}", '"{W/}')),
    "forwarded": (
        forwarded_by,
        ('for="{\\c}', 'for="{\\c}"', "{;}", "{=}", "{,}", "for={[}", "for=[{:}", "for={1}", "for=1:{-}", "for=::%{%}"),
    ),
    "key": (lambda value: upgrade_with(("sec-websocket-key", value)), ("{A}", "{=}", "{ }")),
    "head": (
        lambda value: parse_request(head_with(value), WIDE),
        ("{a}", "{ }", "{\t}", "{ \t}x", "{:}", "a{\r\nb: c}", "{\r\n c}"),
    ),
    "end of head": (
        lambda value: find_end_of_head(value.encode(), WIDE),
        ("{a}", "{\r\n}", "{\r}", "{\r\n\r}", "{\r\n\r\r}"),
    ),
}
LINEAR = {
    f"{reader}: {pattern!r}": (read, pattern) for reader, (read, patterns) in READERS.items() for pattern in patterns
}


def filled(pattern: str, length: int) -> str:
    """The pattern, with the text in braces repeated up to this length."""
    start, _, rest = pattern.partition("{")
    repeated, _, end = rest.partition("}")
    return start + repeated * (length // len(repeated)) + end


def cpu_s(read: Callable[[str], object], value: str, times: int) -> float:
    """The CPU time of this thread alone, so that a busy machine does not count; the best of three.

    The garbage collector rests meanwhile: in a process that has run thousands of tests it takes longer than `read`.
    """

    def once() -> float:
        start_s = time.thread_time()
        for _ in range(times):
            with contextlib.suppress(HandshakeError):
                read(value)
        return time.thread_time() - start_s

    gc.disable()
    try:
        return min(once() for _ in range(3))
    finally:
        gc.enable()


@answers(
    "ws CVE-2021-32640",
    "websocket-extensions CVE-2020-7662",
    "tungstenite CVE-2023-43669",
    "websocket-extensions for Ruby CVE-2020-7663",
)
@pytest.mark.parametrize(("read", "pattern"), LINEAR.values(), ids=LINEAR)
def test_four_times_as_long_a_value_takes_no_more_than_about_four_times_as_long(
    read: Callable[[str], object], pattern: str
) -> None:
    # The lengths grow in steps, so that the test fails and does not hang: short values show exponential time, longer
    # values show cubic and then quadratic time.
    for length in range(8, 100, 4):
        assert cpu_s(read, filled(pattern, length), 1) < 0.1
    for length in (250, 5_000):
        short, long = filled(pattern, length), filled(pattern, 4 * length)
        times = 1
        while cpu_s(read, short, times) < 0.002 and times < 2**12:
            times *= 4
        # Linear: at most 4. Quadratic: 16.
        assert cpu_s(read, long, times) < 9 * cpu_s(read, short, times) + 0.002


@answers("tungstenite CVE-2023-43669")
def test_a_head_that_drips_in_costs_less_cpu_than_its_reading() -> None:
    head = opening("/echo", "X: " + (HEAD_BYTES - 300) * "a")
    limits = Limits()

    def read_byte_by_byte(value: str) -> None:
        data = value.encode()
        for size in range(1, len(data)):
            assert find_end_of_head(data[:size], limits) == -1

    assert head.endswith(END_OF_HEAD)
    assert len(head) > 7_900
    assert cpu_s(read_byte_by_byte, head.decode(), 1) < 0.5
