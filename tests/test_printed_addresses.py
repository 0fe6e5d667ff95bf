"""Tests of the printed addresses: they are those that answer, and the start never waits for a name service.

Each test uses two network namespaces: one is the server's machine with its interfaces, the other one has the clients.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Iterator, Sequence

import pytest

from gameserver.lan_announce import qr_page
from Net.port.lan import url
from tests import namespaces
from tests.namespaces import Cable, inside, network
from tests.Net.support import DEADLINE_S
from tests.test_run_server import SCRIPT, Running, run, running

_REASON = namespaces.why_not()
needs_namespaces = pytest.mark.skipif(bool(_REASON), reason=_REASON)

MACHINES = {
    "several interfaces": (
        Cable(("10.213.7.1/24", "fd00:213:7::1/64"), ("10.213.7.2/24", "fd00:213:7::2/64")),
        Cable(("192.168.213.1/24", "192.168.213.9/24"), ("192.168.213.2/24",)),
        Cable(("10.213.8.1/24",), ("10.213.8.2/24",), is_up=False),
    ),
    "IPv4 only": (Cable(("10.213.7.1/24",), ("10.213.7.2/24",)),),
    "IPv6 only": (Cable(("fd00:213:7::1/64", "fd00:213:9::1/64"), ("fd00:213:7::2/64", "fd00:213:9::2/64")),),
    "loopback only": (),
}
# Machine, --host, and the addresses that the server must print for others, in any order.
CASES = [
    ("several interfaces", "0.0.0.0", ["10.213.7.1", "192.168.213.1", "192.168.213.9"]),
    ("several interfaces", "::", ["fd00:213:7::1"]),
    ("several interfaces", "192.168.213.9", ["192.168.213.9"]),
    ("several interfaces", "fd00:213:7::1", ["fd00:213:7::1"]),
    ("several interfaces", "127.0.0.1", []),
    ("several interfaces", "::1", []),
    ("IPv4 only", "::", []),
    ("IPv6 only", "::", ["fd00:213:7::1", "fd00:213:9::1"]),
    ("IPv6 only", "0.0.0.0", []),
    ("loopback only", "0.0.0.0", []),
    ("loopback only", "::", []),
    ("loopback only", "127.0.0.2", []),
]


def told_to_others(printed: str) -> list[str]:
    return re.findall(r"on other machines: (\S+)", printed)


def told_to_this_machine(printed: str) -> str:
    (told,) = re.findall(r"Open it on this machine: (\S+)", printed)
    return str(told)


@contextlib.contextmanager
def started(command: Sequence[str], *flags: str) -> Iterator[Running]:
    """Runs the server through a command that changes its network or the name of its machine."""
    server = [sys.executable, str(SCRIPT), "--port", "0", "--database", ":memory:", "--log-level", "warning", *flags]
    process = subprocess.Popen([*command, *server], stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def addresses_of(machine: str) -> list[str]:
    """Returns all addresses of the interfaces of a machine, including interfaces that are down."""
    return [address.partition("/")[0] for cable in MACHINES[machine] for address in cable.ours]


@needs_namespaces
@pytest.mark.parametrize(("machine", "host", "expected"), CASES, ids=[f"{name}, {host}" for name, host, _ in CASES])
def test_what_is_printed_answers_and_what_answers_is_printed(machine: str, host: str, expected: list[str]) -> None:
    with network(MACHINES[machine]) as net, started(inside(net.ours), "--host", host) as server:
        told = told_to_others(server.printed)
        assert sorted(told) == sorted(url("http", address, server.port) for address in expected)
        all_urls = [url("http", address, server.port) for address in addresses_of(machine)]
        answers = net.statuses(net.theirs, all_urls)
        assert [address for address, status in answers.items() if status == "200"] == [
            address for address in all_urls if address in told
        ], answers
        here = told_to_this_machine(server.printed)
        assert net.statuses(net.ours, [here]) == {here: "200"}


@needs_namespaces
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.213.9", "127.0.0.1"])
def test_the_qr_code_leads_to_the_first_printed_address(host: str, tmp_path: Path) -> None:
    pytest.importorskip("segno", reason="the extra lan is not installed")
    with network(MACHINES["several interfaces"]) as net, started(inside(net.ours), "--host", host) as server:
        told = told_to_others(server.printed)
        assert ("█" in server.printed) == bool(told)
        page = f"{told_to_this_machine(server.printed)}/qr.svg"
        if told:
            saved = tmp_path / "code.svg"
            fetch = "import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])"
            subprocess.run([*inside(net.ours), sys.executable, "-c", fetch, page, str(saved)], check=True, timeout=30)
            assert saved.read_bytes() == qr_page(told[0]).body
        else:
            assert "404" in net.statuses(net.ours, [page])[page]


# Prints the services that the other machine finds on the network: the address and port of each.
BROWSE = """
import sys, threading, zeroconf
browsing = zeroconf.Zeroconf(interfaces=sys.argv[1:2])
found = threading.Event()
def add(zeroconf, service_type, name, state_change):
    print(*sorted(zeroconf.get_service_info(service_type, name).parsed_addresses()), flush=True)
    found.set()
zeroconf.ServiceBrowser(browsing, "_http._tcp.local.", handlers=[add])
found.wait(float(sys.argv[2]))
browsing.close()
"""


@needs_namespaces
@pytest.mark.parametrize("host", ["0.0.0.0", "10.213.7.1"])
def test_the_addresses_that_are_announced_are_those_that_are_printed(host: str) -> None:
    pytest.importorskip("zeroconf", reason="the extra lan is not installed")
    with network(MACHINES["several interfaces"]) as net, started(inside(net.ours), "--host", host) as server:
        command = [*inside(net.theirs), sys.executable, "-c", BROWSE, "10.213.7.2", str(DEADLINE_S)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3 * DEADLINE_S)
        announced = [url("http", address, server.port) for address in done.stdout.split()]
        assert sorted(announced) == sorted(told_to_others(server.printed))


@needs_namespaces
@pytest.mark.parametrize(
    ("machine", "host", "flag"), [("IPv6 only", "0.0.0.0", "--host ::"), ("IPv4 only", "::", "--host 0.0.0.0")]
)
def test_a_machine_on_the_other_kind_of_network_is_told_what_to_do(machine: str, host: str, flag: str) -> None:
    with network(MACHINES[machine]) as net, started(inside(net.ours), "--host", host) as server:
        assert flag in server.printed


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0", "127.1", "[::1]", "::ffff:127.0.0.1"])
def test_the_address_for_this_machine_answers_and_others_are_told_none(host: str) -> None:
    with running("--host", host) as server:
        with urllib.request.urlopen(f"{told_to_this_machine(server.printed)}/rooms.json", timeout=DEADLINE_S) as page:
            assert page.status == 200
        if host != "0":
            assert told_to_others(server.printed) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_bots_come_in_wherever_the_server_listens(host: str) -> None:
    with running("--host", host, "--bots", "1", "--map-size", "2000") as server:
        rooms = f"{told_to_this_machine(server.printed)}/rooms.json"
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            with urllib.request.urlopen(rooms, timeout=DEADLINE_S) as page:
                if [room["players"] for room in json.load(page)["rooms"]] == [1]:
                    return
            assert time.monotonic() < deadline_s, "no bot came in"
            time.sleep(0.1)


# Names --------------------------------------------------------------------------------------------------------

# The time that the resolver of the machine below waits for an answer that never comes.
RESOLVER_S = 60
START_S = 20.0


@contextlib.contextmanager
def machine_without_name_service() -> Iterator[str]:
    """Yields a namespace with an address, in which every question to the name service is lost."""
    with network(MACHINES["IPv4 only"]) as net:
        settings = Path("/etc/netns") / net.ours
        settings.mkdir(parents=True)
        try:
            # The other machine silently drops every packet for further networks.
            (settings / "resolv.conf").write_text(
                f"nameserver 198.51.100.1\noptions timeout:{RESOLVER_S // 2} attempts:2\n"
            )
            route = ["ip", "route", "add", "default", "via", "10.213.7.2"]
            subprocess.run([*inside(net.ours), *route], check=True, timeout=30)
            (settings / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
            yield net.ours
        finally:
            for file in settings.iterdir():
                file.unlink()
            settings.rmdir()
            with contextlib.suppress(OSError):  # the folder has settings of other networks
                settings.parent.rmdir()


# Gives its machine a name, and then becomes the server.
CALLED = "import os, socket, sys; socket.sethostname(bytes.fromhex(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"


@needs_namespaces
@pytest.mark.parametrize(
    "name",
    [b"not-in-any-list", b"a..b", b"." * 30, b"x" * 64, b"\xff\xfe", "Büro".encode(), b"a b"],
    ids=["unknown", "empty parts", "dots", "too long", "no UTF-8", "umlaut", "space"],
)
def test_the_name_of_the_machine_costs_no_time_and_no_start(name: bytes) -> None:
    with machine_without_name_service() as namespace:
        rename = ["unshare", "--uts", sys.executable, "-c", CALLED, name.hex()]
        started_s = time.monotonic()
        with started([*inside(namespace), *rename]) as server:
            took_s = time.monotonic() - started_s
            print(f"started in {took_s:.2f} s")
            assert took_s < START_S < RESOLVER_S
            assert told_to_others(server.printed) == [f"http://10.213.7.1:{server.port}"]


@needs_namespaces
def test_a_host_that_no_name_service_finds_is_refused_within_a_second() -> None:
    with machine_without_name_service() as namespace:
        started_s = time.monotonic()
        command = [
            *inside(namespace),
            sys.executable,
            str(SCRIPT),
            "--host",
            "server.example",
            "--database",
            ":memory:",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=RESOLVER_S)
        took_s = time.monotonic() - started_s
    print(f"refused in {took_s:.2f} s")
    assert done.returncode == 2
    assert took_s < START_S < RESOLVER_S
    assert len(done.stderr.splitlines()) == 1
    assert "server.example" in done.stderr
    assert "no address was found" in done.stderr


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "fe80::1%lo", "224.0.0.1", "*", " "])
def test_a_host_that_makes_no_sense_is_refused_in_one_sentence(host: str) -> None:
    done = run("--host", host, "--port", "0", "--database", ":memory:")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot listen on" in done.stderr
