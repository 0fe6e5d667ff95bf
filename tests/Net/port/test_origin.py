"""Tests of the policy for browsers: which Host and Origin are allowed, RFC 6455 section 10.2."""

from __future__ import annotations

import socket

import pytest

from Net.errors import HandshakeError
from Net.handshake import Request
from Net.port.origin import OriginPolicy, make_policy, split_host


def request(host: str, *origins: str) -> Request:
    return Request("GET", "/", "", [("host", host), *(("origin", origin) for origin in origins)])


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> OriginPolicy:
    """The policy of a machine called `Laptop`, with --host-name game.example."""
    monkeypatch.setattr(socket, "gethostname", lambda: "Laptop")
    return make_policy(host_names=["Game.Example"])


GOOD_HOSTS = [
    "127.0.0.1",
    "127.0.0.1:3000",
    "192.168.1.20:3000",
    "[::1]",
    "[::1]:3000",
    "[fe80::1]:3000",
    "localhost",
    "LOCALHOST:3000",
    "localhost:",
    "localhost.",
    "LOCALHOST.:3000",
    "127.0.0.1.:3000",
    "laptop.",
    "laptop.local.:3000",
    "game.example.",
    "laptop",
    "Laptop:3000",
    "laptop.local",
    "laptop.local:3000",
    "game.example",
    "GAME.example:8080",
]


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_this_machine_answers_to_its_addresses_and_names(policy: OriginPolicy, host: str) -> None:
    policy.check_host(request(host))


FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "laptop.evil.example",
    "other.local",
    "game.example.evil",
    "xgame.example",
    "evil.example.",
    "0x7f.1",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_name_is_refused(policy: OriginPolicy, host: str) -> None:
    with pytest.raises(HandshakeError, match="--host-name") as refused:
        policy.check_host(request(host))
    assert refused.value.status == 421


MALFORMED_HOSTS = [
    "",
    ":3000",
    "localhost:port",
    "localhost:99999",
    "localhost:-1",
    "localhost..",
    "localhost..:3000",
    ".",
    "..",
    "localhost/",
    "localhost?x",
    "localhost#x",
    "localhost\\x",
    "user@localhost",
    "evil.example@localhost",
    "[::1",
    "::1",
    "a b",
    "localhost,evil.example",
]


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
def test_a_malformed_host_is_refused(policy: OriginPolicy, host: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        policy.check_host(request(host))
    assert refused.value.status in (400, 421)


@pytest.mark.parametrize("host", ["localhost..", "localhost..:3000", "127.0.0.1..", ".", ".."])
def test_two_dots_at_the_end_are_no_name(policy: OriginPolicy, host: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        policy.check_host(request(host))
    assert refused.value.status == 400


def test_a_machine_with_a_domain_is_known_by_its_long_and_short_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "pc7.School.example")
    policy = make_policy()
    for host in ("pc7", "pc7.local", "pc7.school.example", "localhost"):
        policy.check_host(request(host))
    with pytest.raises(HandshakeError):
        policy.check_host(request("school.example"))


GOOD_ORIGINS = [
    ("localhost:3000", "http://localhost:3000"),
    ("LOCALHOST:3000", "http://localhost:3000"),
    ("192.168.1.20:3000", "http://192.168.1.20:3000"),
    ("[::1]:3000", "http://[::1]:3000"),
    ("localhost.:3000", "http://localhost.:3000"),
    ("localhost.", "http://localhost."),
    ("localhost:3000", "http://localhost.:3000"),
    # A browser leaves out the default port.
    ("game.example", "http://game.example"),
    ("game.example:80", "http://game.example"),
    ("game.example", "http://game.example:80"),
    # A proxy in front that speaks TLS and passes Host on.
    ("game.example", "https://game.example"),
    ("game.example:443", "https://game.example"),
    ("game.example", "https://game.example:443"),
    ("game.example:8443", "https://game.example:8443"),
]


@pytest.mark.parametrize(("host", "origin"), GOOD_ORIGINS)
def test_our_own_pages_may_connect(policy: OriginPolicy, host: str, origin: str) -> None:
    policy.check_origin(request(host, origin))


FOREIGN_ORIGINS = [
    ("localhost:3000", "http://evil.example"),
    ("localhost:3000", "http://localhost:3001"),
    ("localhost:3000", "http://localhost"),
    ("localhost:3000", "https://localhost"),
    ("game.example:443", "http://game.example"),
    ("game.example:80", "https://game.example"),
    ("localhost:3000", "http://127.0.0.1:3000"),
    ("localhost:3000", "http://localhost.evil.example:3000"),
    ("localhost:3000", "http://evil-localhost:3000"),
    ("localhost:3000", "http://localhost:3000.evil.example"),
    ("localhost:3000", "http://localhost:3000@evil.example"),
    ("localhost:3000", "http://evil.example/localhost:3000"),
    ("localhost:3000", "http://localhost..:3000"),
    ("localhost:3000", "null"),
    ("null", "null"),
    ("localhost:3000", ""),
    ("localhost:3000", "localhost:3000"),
    ("localhost:3000", "//localhost:3000"),
    ("localhost:3000", "http://"),
    ("localhost:3000", "file://"),
    ("localhost:3000", "ftp://localhost:3000"),
    ("localhost:3000", "chrome-extension://localhost:3000"),
    ("localhost:3000", "http://localhost:3000 http://evil.example"),
]


@pytest.mark.parametrize(("host", "origin"), FOREIGN_ORIGINS)
def test_pages_of_others_may_not_connect(policy: OriginPolicy, host: str, origin: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        policy.check_origin(request(host, origin))
    assert refused.value.status in (400, 403)


def test_a_refused_page_is_told_how_it_could_be_allowed(policy: OriginPolicy) -> None:
    with pytest.raises(HandshakeError, match="--allow-origin") as refused:
        policy.check_origin(request("localhost:3000", "http://evil.example"))
    assert refused.value.status == 403


def test_two_origins_are_refused_even_if_both_are_ours(policy: OriginPolicy) -> None:
    with pytest.raises(HandshakeError):
        policy.check_origin(request("localhost:3000", "http://localhost:3000", "http://localhost:3000"))


def test_a_program_without_origin_may_connect(policy: OriginPolicy) -> None:
    policy.check_origin(request("localhost:3000"))


@pytest.mark.parametrize(
    "given",
    [
        "https://school.example",
        "https://school.example/",
        "HTTPS://School.Example",
        "https://school.example:443",
        "https://school.example.",
    ],
)
def test_an_allowed_site_may_connect(given: str) -> None:
    policy = make_policy(origins=[given])
    policy.check_origin(request("localhost:3000", "https://school.example"))
    policy.check_origin(request("localhost:3000", "http://localhost:3000"))
    for foreign in ("http://school.example", "https://school.example:8443", "https://x.school.example", "null"):
        with pytest.raises(HandshakeError):
            policy.check_origin(request("localhost:3000", foreign))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("http://bücher.example", "http://xn--bcher-kva.example"),
        ("http://school.example", "http://school.example:80"),
        ("http://school.example", "http://school.example."),
        ("http://[0::1]", "http://[::1]"),
        ("null", "null"),
        ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
    ],
)
def test_an_allowed_site_is_known_in_any_notation(given: str, sent: str) -> None:
    policy = make_policy(origins=[given])
    policy.check_origin(request("localhost:3000", sent))
    with pytest.raises(HandshakeError):
        policy.check_origin(request("localhost:3000", f"{sent}.evil.example"))


@pytest.mark.parametrize("origin", ["file://", "game.example", "http://game.example/play", "*.example", ""])
def test_an_origin_that_can_never_match_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="can never match"):
        make_policy(origins=[origin])


@pytest.mark.parametrize("given", ["Bücher.Example", "xn--bcher-kva.example.", "XN--BCHER-KVA.EXAMPLE"])
def test_a_further_host_name_is_known_in_any_notation(given: str) -> None:
    make_policy(host_names=[given]).check_host(request("xn--bcher-kva.example:3000"))


@pytest.mark.parametrize(
    "name", ["http://game.example", "game.example:3000", "game.example/", "game..example", "*", ""]
)
def test_a_host_name_that_can_never_match_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ValueError, match="can never match"):
        make_policy(host_names=[name])


def test_a_machine_without_a_usable_name_answers_to_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a..b")
    policy = make_policy()
    policy.check_host(request("localhost:3000"))
    policy.check_host(request("192.168.1.20:3000"))
    for host in ("a", "a.local", "a..b"):
        with pytest.raises(HandshakeError):
            policy.check_host(request(host))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "nonsense"])
def test_a_star_allows_all_sites(origin: str) -> None:
    make_policy(origins=["*"]).check_origin(request("localhost:3000", origin))


def test_a_star_does_not_allow_foreign_host_names() -> None:
    with pytest.raises(HandshakeError):
        make_policy(origins=["*"]).check_host(request("evil.example"))


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("Name", ("name", None)),
        ("name:80", ("name", 80)),
        ("[::1]:80", ("::1", 80)),
        ("1.2.3.4:0", ("1.2.3.4", 0)),
        ("a.b.:1", ("a.b", 1)),
    ],
)
def test_a_host_is_split_into_name_and_port(value: str, parts: tuple[str, int | None]) -> None:
    assert split_host(value) == parts
