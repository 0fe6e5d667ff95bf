"""Tests of the QR code and the announcement in the local network, with and without the optional packages."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from gameserver.lan_announce import HOW_TO_INSTALL, NOBODY_ELSE, Announcement, qr_for_terminal, qr_page
from Net.errors import HandshakeError
from Net.port.lan import reachable_addresses

URL = "http://192.0.2.7:3000"


def test_the_code_for_the_terminal_is_square() -> None:
    pytest.importorskip("segno", reason="the extra lan is not installed")
    code = qr_for_terminal(URL)
    assert code is not None
    lines = code.rstrip("\n").splitlines()
    assert len(lines) > 10


def test_the_code_for_the_projector_is_a_picture_that_the_policy_allows() -> None:
    pytest.importorskip("segno", reason="the extra lan is not installed")
    page = qr_page(URL)
    assert page.content_type == "image/svg+xml"
    assert page.body.startswith(b"<svg")
    assert b"style" not in page.body


def test_without_segno_there_is_a_word_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    assert qr_for_terminal(URL) is None
    with pytest.raises(HandshakeError) as refused:
        qr_page(URL)
    assert refused.value.status == 404
    assert HOW_TO_INSTALL in str(refused.value)


def test_a_server_that_nobody_else_can_open_has_no_code() -> None:
    with pytest.raises(HandshakeError) as refused:
        qr_page(None)
    assert refused.value.status == 404
    assert NOBODY_ELSE in str(refused.value)


class FakeZeroconf:
    """A stand-in for the package, so that no test sends anything to a network."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.announced: list[Any] = []
        self.is_closed = False
        self.kind = ""
        self.interfaces: list[str] = []
        self.IPVersion = SimpleNamespace(V4Only="IPv4", V6Only="IPv6")

    def Zeroconf(self, interfaces: list[str], ip_version: str) -> FakeZeroconf:  # noqa: N802
        self.interfaces, self.kind = interfaces, ip_version
        return self

    def ServiceInfo(self, kind: str, name: str, **rest: Any) -> Any:  # noqa: N802
        return type("Info", (), {"kind": kind, "name": name, **rest})

    def register_service(self, info: Any, allow_name_change: bool) -> None:
        if self.problem:
            raise OSError(self.problem)
        self.announced.append(info)

    def close(self) -> None:
        self.is_closed = True


def announce(monkeypatch: pytest.MonkeyPatch, fake: FakeZeroconf | None, addresses: list[str]) -> None:
    monkeypatch.setitem(sys.modules, "zeroconf", fake)
    announcement = Announcement(addresses, 3000)
    announcement.start()
    announcement.stop()


def test_the_server_is_announced_as_a_web_page_and_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeZeroconf()
    announce(monkeypatch, fake, ["192.0.2.7"])
    (info,) = fake.announced
    assert info.kind == "_http._tcp.local."
    assert (info.port, info.parsed_addresses) == (3000, ["192.0.2.7"])
    assert fake.is_closed


def test_a_server_for_this_machine_only_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeZeroconf()
    announce(monkeypatch, fake, reachable_addresses("127.0.0.1"))
    assert fake.announced == []


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.7", "IPv4"), ("2001:db8::7", "IPv6")])
def test_the_announcement_goes_over_the_kind_of_network_that_the_server_is_on(
    address: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeZeroconf()
    announce(monkeypatch, fake, [address])
    assert (fake.interfaces, fake.kind) == ([address], kind)


@pytest.mark.parametrize(
    ("called", "label"),
    [("pc7.school.example", "pc7"), ("Büro", "xn--bro-hoa"), ("a..b", "game-server"), ("", "game-server")],
)
def test_a_machine_without_a_usable_name_is_announced_under_another(
    called: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: called)
    fake = FakeZeroconf()
    announce(monkeypatch, fake, ["192.0.2.7"])
    (info,) = fake.announced
    assert (info.name, info.server) == (f"{label}._http._tcp.local.", f"{label}.local.")


def test_a_missing_network_or_package_raises_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeZeroconf("no such device")
    announce(monkeypatch, fake, ["192.0.2.7"])
    assert fake.is_closed
    announce(monkeypatch, None, ["192.0.2.7"])
