"""Tests of host names and origins as browsers send them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess

import pytest

from Net.port.host_names import canonical_host, canonical_name, canonical_origin, machine_name, machine_names

NAMES = {
    "localhost": "localhost",
    "Game.Example": "game.example",
    "game.example.": "game.example",
    "my_pc-7": "my_pc-7",
    "Bücher.example": "xn--bcher-kva.example",
    "bu\u0308cher.example": "xn--bcher-kva.example",  # the letter ü, written as two characters
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "straße.example": "xn--strae-oqa.example",  # Python's own codec changes the name to strasse
    "ΟΔΟΣ.example": "xn--pxavbq.example",
    "ℂafé.example": "xn--caf-dma.example",
    "日本。example": "xn--wgv71a.example",
    "ｇａｍｅ．example": "game.example",
    "نامه\u200cای.example": "xn--mgba3gch31f060k.example",
    "192.168.1.20": "192.168.1.20",
    "127.0.0.1.": "127.0.0.1",
}


@pytest.mark.parametrize(("typed", "sent"), NAMES.items())
def test_a_name_is_written_as_browsers_write_it(typed: str, sent: str) -> None:
    assert canonical_name(typed) == sent
    assert canonical_name(sent) == sent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which reads URLs as browsers do")
def test_the_names_are_those_of_a_program_that_reads_urls_as_browsers_do() -> None:
    script = "console.log(JSON.stringify(process.argv.slice(1).map(name => new URL(`http://${name}`).hostname)))"
    command = ["node", "-e", script, *NAMES]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=30)
    # A browser keeps the dot at the end of a name; the server drops it on both sides.
    assert [name.rstrip(".") for name in json.loads(done.stdout)] == list(NAMES.values())


NO_NAMES = [
    "",
    ".",
    "..",
    "a..b",
    "localhost..",
    ".example",
    " ",
    "a b",
    "-a",
    "a-",
    "a/b",
    "a:80",
    "http://a",
    "*.example",
    "a\0b",
    "a\nb",
    "\udcff",
    "a\u202eb",
    "\u200b",
    "a\u00adb",
    "a" * 64,
    "ü" * 63,
    ".".join(["a" * 60] * 5),
    "12",
    "1.2.3",
    "127.1",
    "1.2.3.256",
    "game.0x1f",
    "℀.example",  # becomes a/c
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_a_name_that_no_browser_sends_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name|octet"):
        canonical_name(text)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert canonical_host("[0:0:0:0:0:0:0:1]") == "[::1]"
    assert canonical_host("[FE80::1]") == "[fe80::1]"
    for wrong in ("[::1", "::1", "[game.example]", "[127.0.0.1]", "[]"):
        with pytest.raises(ValueError):  # noqa: PT011  # the words are those of `ipaddress`
            canonical_host(wrong)


ORIGINS = {
    "http://game.example": "http://game.example",
    "http://game.example:80": "http://game.example",
    "https://game.example:443/": "https://game.example",
    "http://game.example:": "http://game.example",
    "http://game.example:443": "http://game.example:443",
    "http://game.example:08080": "http://game.example:8080",
    "HTTPS://Game.Example.": "https://game.example",
    "http://bücher.example:8080": "http://xn--bcher-kva.example:8080",
    "http://[0::1]:3000": "http://[::1]:3000",
    "http://192.168.1.20": "http://192.168.1.20",
    "null": "null",
    "NULL": "null",
    "chrome-extension://abcdefghijklmnop": "chrome-extension://abcdefghijklmnop",
    "capacitor://localhost": "capacitor://localhost",
}


@pytest.mark.parametrize(("typed", "sent"), ORIGINS.items())
def test_an_origin_is_written_as_browsers_send_it(typed: str, sent: str) -> None:
    assert canonical_origin(typed) == sent
    assert canonical_origin(sent) == sent


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "://"),
        ("game.example", "://"),
        ("game.example:3000", "://"),
        ("//game.example", "://"),
        ("http:/game.example", "://"),
        ("file://", "null"),
        ("file:///home/ann/game.html", "null"),
        ("ws://game.example", "http instead of ws"),
        ("wss://game.example", "https instead of wss"),
        ("http://", "empty part"),
        ("http://game.example/play", "nothing else"),
        ("http://game.example?room=den", "nothing else"),
        ("http://game.example#top", "nothing else"),
        ("http://game.example:80x", "nothing else"),
        ("http://game.example:-1", "nothing else"),
        ("http://game.example\n", "has no"),
        ("http://ann@game.example", "nothing else"),
        ("http://ann:secret@game.example", "nothing else"),
        ("http://a http://b", "nothing else"),
        ("http://game.example:0", "1 to 65535"),
        ("http://game.example:70000", "1 to 65535"),
        ("http://game.example:" + "9" * 5000, "nothing else"),
        ("http://*.example", "'*'"),
        ("http://a..b", "empty part"),
        ("http://game.example..", "empty part"),
        ("http://\udcff", "has no"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_with_the_reason(typed: str, told: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        canonical_origin(typed)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("called", "names"),
    [
        ("Laptop", ["laptop", "laptop", "laptop.local"]),
        ("pc7.School.example", ["pc7.school.example", "pc7", "pc7.local"]),
        ("Anns-Mac.local", ["anns-mac.local", "anns-mac", "anns-mac.local"]),
        ("Büro", ["xn--bro-hoa", "xn--bro-hoa", "xn--bro-hoa.local"]),
        ("a..b", []),
        ("", []),
        ("." * 30, []),
        ("x" * 64, []),
        ("\udcff\udcfe", []),
        ("(none)", []),
    ],
)
def test_a_machine_whose_own_name_is_invalid_works_without_the_name(
    called: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: called)
    assert machine_names() == names
    assert machine_name() == (names[0] if names else None)
