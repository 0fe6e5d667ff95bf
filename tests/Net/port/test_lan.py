"""Tests of the addresses on which a server listens, and of those where others can open it.

tests/test_printed_addresses.py opens the addresses.
"""

from __future__ import annotations

import ipaddress
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from Net.port import lan
from Net.port.lan import NAMES_S, address_to_listen_on, client_address, local_address, reachable_addresses, url

SLACK_S = 5.0


# The interfaces -----------------------------------------------------------------------------------------------


def test_the_loopback_interface_is_found() -> None:
    interfaces = pytest.importorskip("Net.port.interfaces", reason="this Python has no ctypes")
    assert "127.0.0.1" in interfaces.interface_addresses()


@pytest.mark.skipif(shutil.which("ip") is None, reason="needs the command ip of Linux")
def test_the_addresses_are_those_of_all_interfaces_that_are_up() -> None:
    interfaces = pytest.importorskip("Net.port.interfaces", reason="this Python has no ctypes")
    shown = subprocess.run(["ip", "-json", "address", "show", "up"], capture_output=True, check=True, timeout=30)
    expected = {
        address["local"] for interface in json.loads(shown.stdout) for address in interface.get("addr_info", ())
    }
    assert set(interfaces.interface_addresses()) == expected


@pytest.mark.parametrize("missing", ["Net.port.interfaces", "ctypes"])
def test_a_python_that_cannot_list_interfaces_still_knows_the_way_to_the_world(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("Net.port.interfaces", missing):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    for address in reachable_addresses("0.0.0.0"):
        ipaddress.IPv4Address(address)


# Addresses that others can open -------------------------------------------------------------------------------


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with many addresses, of which the second interface leads to the world."""
    addresses = [
        "127.0.0.1",
        "169.254.7.7",
        "10.0.0.5",
        "192.168.1.20",
        "::1",
        "fe80::1",
        "fd00::5",
        "2001:db8::20",
    ]
    ways = {socket.AF_INET: ["192.168.1.20"], socket.AF_INET6: ["2001:db8::20"]}
    interfaces = pytest.importorskip("Net.port.interfaces", reason="this Python has no ctypes")
    monkeypatch.setattr(interfaces, "interface_addresses", lambda: addresses)
    monkeypatch.setattr(lan, "source_addresses", lambda family: ways[family])


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        # The best address comes first; an address that a machine has given itself comes last.
        ("0.0.0.0", ["192.168.1.20", "10.0.0.5", "169.254.7.7"]),
        # A port of "::" takes no IPv4. Browsers cannot open a link-local address of IPv6.
        ("::", ["2001:db8::20", "fd00::5"]),
        ("10.0.0.5", ["10.0.0.5"]),
        ("fd00::5", ["fd00::5"]),
        ("127.0.0.1", []),
        ("127.0.0.2", []),
        ("::1", []),
        ("fe80::1%eth0", []),
    ],
)
def test_others_are_told_the_addresses_that_the_server_listens_on(host: str, addresses: list[str]) -> None:
    assert reachable_addresses(host) == addresses


@pytest.mark.parametrize(
    ("host", "here"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.2", "127.0.0.2"), ("192.168.1.20", "192.168.1.20")],
)
def test_this_machine_opens_it_where_it_listens(host: str, here: str) -> None:
    assert local_address(host) == here


def test_an_ipv6_address_stands_in_brackets_in_a_url() -> None:
    assert url("http", "192.168.1.20", 3000) == "http://192.168.1.20:3000"
    assert url("http", "fd00::5", 3000) == "http://[fd00::5]:3000"


# The option --host --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "0.0.0.0"),
        ("0", "0.0.0.0"),
        ("0.0.0.0", "0.0.0.0"),
        ("::ffff:0.0.0.0", "0.0.0.0"),
        ("127.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("LocalHost.", "127.0.0.1"),
        ("::", "::"),
        ("[::]", "::"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_a_host_may_be_written_in_any_notation(host: str, address: str) -> None:
    assert address_to_listen_on(host) == address


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("fe80::1", "link-local"),
        ("fe80::1%lo", "link-local"),
        ("224.0.0.1", "many machines"),
        ("ff02::1", "many machines"),
        ("[]", "neither an address nor a name"),
        (" ", "neither an address nor a name"),
        ("*", "neither an address nor a name"),
        ("a..b", "neither an address nor a name"),
        ("a" * 300, "neither an address nor a name"),
        (".".join(["a" * 60] * 5), "neither an address nor a name"),
        ("\udcff\udcfe", "neither an address nor a name"),
        ("http://localhost", "neither an address nor a name"),
        ("localhost:3000", "neither an address nor a name"),
        ("1.2.3.4.5", "neither an address nor a name"),
        ("192.168.1.0/24", "neither an address nor a name"),
    ],
)
def test_a_host_on_which_nobody_could_open_the_server_is_refused_with_the_reason(host: str, told: str) -> None:
    with pytest.raises(OSError) as refused:  # noqa: PT011  # each has words of its own
        address_to_listen_on(host)
    assert told in refused.value.strerror


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says so")
def test_the_broadcast_address_is_refused() -> None:
    with pytest.raises(OSError, match="many machines"):
        address_to_listen_on("255.255.255.255")


def test_a_name_service_that_does_not_answer_costs_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    ask = socket.getaddrinfo

    def never(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "server.example":
            is_over.wait(60)
            return []
        return ask(host, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", never)
        started_s = time.monotonic()
        with pytest.raises(OSError, match="use an address"):
            address_to_listen_on("Server.Example")
        assert NAMES_S * 0.9 < time.monotonic() - started_s < NAMES_S + SLACK_S
        is_over.set()
        for thread in threading.enumerate():
            if thread.name == "resolver":
                thread.join()


def test_a_name_with_both_kinds_of_addresses_means_the_ipv4_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[Any, ...]] = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fd00::5", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.5", 0)),
    ]

    def answer(_host: str, *_: Any, flags: int = 0, **__: Any) -> list[tuple[Any, ...]]:
        return [] if flags & socket.AI_NUMERICHOST else found

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert address_to_listen_on("both.example") == "127.0.0.5"


# Addresses of clients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("FE80::1%eth0", "fe80::1%eth0"), ("0::1", "::1")],
)
def test_a_client_is_known_by_its_address_in_any_notation(text: str, address: str) -> None:
    assert client_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "localhost", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "10.0.0.0/8", "\udcff", "1.2.3"]
)
def test_an_address_that_no_client_can_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|comes from"):
        client_address(text)
