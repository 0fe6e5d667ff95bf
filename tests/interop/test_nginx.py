"""Tests of docs/nginx.conf: a real nginx with TLS in front of a real server, and `websockets` as the client.

The server runs with the flags in the example. Apart from TLS, a client cannot tell that nginx is there.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import sys
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gameserver.world.settings import ServerSettings
from Net.limits import Limits
from tests.Net.support import DEADLINE_S, wait_until
from tests.nginx import EXAMPLE, NAME, Proxy, flags_of_the_example, nginx_in_front_of
from tests.test_run_server import Running, running

TOKEN = "open sesame"
ELSEWHERE, FURTHER = "127.0.0.5", "127.0.0.6"

needs_more_addresses = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


class Site(NamedTuple):
    """The server and the proxy in front of it."""

    server: Running
    proxy: Proxy
    log: Path

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.proxy.port}"

    def open(self, path: str = "/", source: str = "127.0.0.1", **options: Any) -> ClientConnection:
        """Opens a WebSocket through the proxy, as a page of the server does."""
        return connect(
            f"wss://{NAME}:{self.proxy.port}{path}",
            sock=self.proxy.connect(source),
            ssl=self.proxy.trust(),
            **{"origin": self.origin, **options},
        )

    def get(self, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        """Gets a page through the proxy; returns the response and its body."""
        connection = http.client.HTTPSConnection(NAME, self.proxy.port, timeout=DEADLINE_S)
        connection.sock = self.proxy.trust().wrap_socket(self.proxy.connect(), server_hostname=NAME)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    flags = [*flags_of_the_example(), "--admin-token", TOKEN, "--log-level", "info"]
    log = folder / "server.log"
    with running(*flags, log=log) as server, nginx_in_front_of(server.port, folder) as proxy:
        yield Site(server, proxy, log)


def join(connection: ClientConnection, name: str = "Ann") -> list[Any]:
    """Joins in JSON; returns the arguments of WELCOME."""
    connection.send(json.dumps(["JOIN", [name]]))
    packet_id, args = json.loads(connection.recv(timeout=DEADLINE_S))
    assert packet_id == "WELCOME"
    arguments: list[Any] = args
    return arguments


def say(connection: ClientConnection, value: Any) -> Any:
    connection.send(json.dumps(value))
    return json.loads(connection.recv(timeout=DEADLINE_S))


def state(connection: ClientConnection) -> dict[str, Any]:
    """Returns the next state that the operator sees."""
    while True:
        value = json.loads(connection.recv(timeout=DEADLINE_S))
        if "state" in value:
            shown: dict[str, Any] = value["state"]
            return shown


def test_a_game_is_played_through_tls(site: Site) -> None:
    with site.open() as ann:
        player_id = join(ann)[0]
        for number in range(10):
            ann.send(json.dumps(["PING", [number]]))
        seen = [json.loads(ann.recv(timeout=DEADLINE_S)) for _ in range(60)]
        assert [args[0] for packet_id, args in seen if packet_id == "PONG"] == list(range(10))
        ticks = [args[0] for packet_id, args in seen if packet_id == "STATE"]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
        assert player_id in [args[0] for packet_id, args in seen if packet_id == "PLAYER"]


def test_large_messages_and_compression_come_through(site: Site) -> None:
    with site.open("/echo") as connection:
        assert connection.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
        for message in ("ü" * 30_000, bytes(range(256)) * 200, ""):
            connection.send(message)
            assert connection.recv(timeout=DEADLINE_S) == message
        connection.close(1000, "bye")
        assert connection.protocol.close_code == 1000


def test_pages_load_through_tls(site: Site) -> None:
    for path, kind in {
        "/": "text/html",
        "/web/main.js": "text/javascript",
        "/packets.json": "application/json",
    }.items():
        response, body = site.get(path)
        assert response.status == 200
        assert response.headers["Content-Type"].startswith(kind)
        assert response.headers["Content-Security-Policy"]
        assert len(body) > 100
    assert site.get("/nowhere")[0].status == 404
    assert site.get("/", "POST")[0].status == 405


def test_a_client_without_tls_is_redirected_to_tls(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.proxy.plain_port, timeout=DEADLINE_S)
    connection.request("GET", "/?room=den", headers={"Host": NAME})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/?room=den")
    connection.close()


@needs_more_addresses
def test_the_addresses_of_clients_arrive_whatever_they_claim(site: Site) -> None:
    claims = [("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")]
    with site.open(source=ELSEWHERE, additional_headers=claims) as ann, site.open("/admin") as operator:
        join(ann)
        assert say(operator, {"token": TOKEN}) == {"ok": True}
        (room,) = state(operator)["rooms"]
        assert [player["address"].rpartition(":")[0] for player in room["players"]] == [ELSEWHERE]


@needs_more_addresses
def test_guesses_of_the_token_block_their_own_address_only(site: Site) -> None:
    for _ in range(5):
        with site.open("/admin", ELSEWHERE) as guesser:
            assert "not the operator's" in say(guesser, {"token": "guess"})["error"]
    with site.open("/admin", ELSEWHERE) as guesser:
        assert "too many" in say(guesser, {"token": TOKEN})["error"]
    with site.open("/admin", FURTHER) as operator:
        assert say(operator, {"token": TOKEN}) == {"ok": True}
    wait_until(lambda: re.search(rf"{ELSEWHERE}:\d+: a wrong operator", site.log.read_text()), "it is in the log")


@needs_more_addresses
def test_the_limit_per_address_holds_for_each_client(site: Site) -> None:
    allowed = ServerSettings().max_connections_per_address
    with contextlib.ExitStack() as stack:
        for _ in range(allowed):
            stack.enter_context(site.open("/echo", ELSEWHERE))
        with pytest.raises(InvalidStatus) as refused:
            site.open("/echo", ELSEWHERE)
        assert refused.value.response.status_code == 503
        assert "Retry-After" in refused.value.response.headers
        with site.open("/echo", FURTHER) as other:
            other.send("room for me")
            assert other.recv(timeout=DEADLINE_S) == "room for me"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://{own}", "https://{name}", "null"])
def test_pages_of_others_may_not_connect(site: Site, origin: str) -> None:
    foreign = origin.format(own=site.origin.partition("://")[2], name=NAME)
    with pytest.raises(InvalidStatus) as refused:
        site.open(origin=foreign)
    assert refused.value.response.status_code == 403


def test_another_name_of_the_proxy_is_no_name_of_the_server(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"wss://evil.example:{site.proxy.port}/",
            sock=site.proxy.connect(),
            ssl=site.proxy.trust(),
            server_hostname=NAME,
        )
    assert refused.value.response.status_code == 421


def test_a_client_that_vanishes_behind_the_proxy_is_noticed(site: Site) -> None:
    with site.open("/admin") as operator:
        say(operator, {"token": TOKEN})
        with site.open() as ann:
            join(ann, "Brief")
            ann.socket.shutdown(socket.SHUT_RDWR)

        def is_away() -> bool:
            players = [player for room in state(operator)["rooms"] for player in room["players"]]
            return [player["connected"] for player in players if player["name"] == "Brief"] == [False]

        wait_until(is_away, "its seat waits for it")


def test_a_proxy_that_removes_upgrade_shows_in_the_answer_and_in_the_log(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = ["proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection $connection_upgrade;"]
    folder = tmp_path_factory.mktemp("without_upgrade")
    with nginx_in_front_of(site.server.port, folder, lines) as proxy:
        for path in ("/", "/echo"):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"wss://{NAME}:{proxy.port}{path}", sock=proxy.connect(), ssl=proxy.trust())
            assert refused.value.response.status_code == 426
            assert b"perhaps a proxy removes it" in refused.value.response.body
        response, _ = Site(site.server, proxy, site.log).get("/")
        assert response.status == 200, "the page is there"
    wait_until(lambda: "perhaps a proxy removes it" in site.log.read_text(), "it is in the log")


def test_the_proxy_is_more_patient_than_the_server() -> None:
    timeouts_s = [int(seconds) for seconds in re.findall(r"proxy_(?:read|send)_timeout (\d+)s;", EXAMPLE.read_text())]
    limits = Limits()
    assert len(timeouts_s) == 2
    assert min(timeouts_s) > 2 * (limits.ping_after_s + limits.dead_after_s)
