"""How many bytes the game's packets take as MessagePack and as JSON: python docs/lessons/measure_packets.py

Twenty players on a small map play for ten seconds, the same ones each time, and two spectators watch one of them: one
in MessagePack, one in JSON. --url ws://localhost:3000 measures in a game that is being played just now. --write puts
the table into lesson 7.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Iterable, Iterator

LESSON = Path(__file__).with_name("7-packets.md")
sys.path.insert(0, str(LESSON.parents[2]))

from gameserver.match.seats import PlayerInfo  # noqa: E402  (found by the line above)
from gameserver.server import GameServer  # noqa: E402
from gameserver.world.settings import GameSettings, ServerSettings  # noqa: E402
from Net.client import connect  # noqa: E402
from Net.limits import Limits  # noqa: E402
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet  # noqa: E402
from Net.websocket import WebSocket  # noqa: E402

START, END = "<!-- measured by measure_packets.py -->", "<!-- end of what was measured -->"
PLAYERS, SECONDS = 20, 10
LIVE_S = 10.0


class Count:
    """Messages and bytes by packet id."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def add_all(self, messages: Iterable[str | bytes]) -> None:
        for message in messages:
            packet_id = TO_CLIENT.decode(message).id
            self.messages[packet_id] += 1
            self.bytes[packet_id] += len(message.encode() if isinstance(message, str) else message)


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        near = socket.create_connection(listening.getsockname())
        return near, listening.accept()[0]


def received(websocket: WebSocket) -> Iterator[str | bytes]:
    """The messages that have come so far."""
    with contextlib.suppress(TimeoutError):
        while True:
            yield websocket.receive(0)


def measure_a_round() -> tuple[Count, Count]:
    """A round without clocks: inputs from a seed, ticks one after the other. Two spectators count."""
    settings = GameSettings(seed=1, map_size=4000)
    server = GameServer(ServerSettings(max_players=PLAYERS), settings)
    room = server.create_room()
    rng = random.Random(1)
    sockets = []
    server_ends = []

    def enter(number: int, name: str, as_text: bool = False, is_spectator: bool = False) -> WebSocket:
        near, far = tcp_pair()
        sockets.extend((near, far))
        info = PlayerInfo(number, name, "0" * 32, as_text=as_text, is_spectator=is_spectator)
        server_ends.append(WebSocket(near, Limits()))
        room.add_player(server_ends[-1], info)
        return WebSocket(far, Limits(), is_client=True)

    crowd = [enter(number, f"player {number}") for number in range(1, PLAYERS + 1)]
    packed, text = Count(), Count()
    watchers = ((enter(101, "packed", False, True), packed), (enter(102, "text", True, True), text))
    for _ in range(SECONDS * settings.tick_rate):
        for number in range(1, PLAYERS + 1):
            if rng.random() < 0.1:
                room.game.process_input(number, ("MOVE", rng.randrange(8), None))
            if rng.random() < 0.1:
                room.game.process_input(number, ("ATTACK", True, rng.random() * 6))
        room.tick()
        for websocket in (*crowd, *server_ends):  # to those come only the pongs that say what has been read
            list(received(websocket))
        for websocket, count in watchers:
            count.add_all(received(websocket))
    for sock in sockets:
        sock.shutdown(socket.SHUT_WR)
    for websocket, count in watchers:
        count.add_all(websocket)  # what was still on its way
    for sock in sockets:
        sock.close()
    return packed, text


def measure_live(url: str) -> tuple[Count, Count]:
    """Two spectators of a running game, for some seconds."""
    packed, text = Count(), Count()
    watchers = [(connect(url), False, packed), (connect(url), True, text)]
    for websocket, as_text, _ in watchers:
        websocket.send(TO_SERVER.encode(Packet("JOIN", ("counter", {"spectate": True})), as_text))
    end_s = time.monotonic() + LIVE_S
    while time.monotonic() < end_s:
        time.sleep(0.02)
        for websocket, _, count in watchers:
            count.add_all(received(websocket))
    for websocket, _, _ in watchers:
        websocket.close()
    return packed, text


def table(packed: Count, text: Count) -> str:
    """Both counts, packet by packet: bytes of one message on average."""
    lines = ["| packet | messages | MessagePack | JSON | MessagePack of JSON |", "|---|---|---|---|---|"]
    for packet_id in sorted(packed.bytes, key=packed.bytes.__getitem__, reverse=True):
        lines.append(_row(packet_id, packed.messages[packet_id], packed.bytes[packet_id], text.bytes[packet_id]))
    lines.append(_row("all", sum(packed.messages.values()), sum(packed.bytes.values()), sum(text.bytes.values())))
    return "\n".join(lines)


def _row(name: str, messages: int, packed: int, text: int) -> str:
    share = f"{100 * packed / text:.0f} %" if text else "-"
    return f"| {name} | {messages} | {packed} | {text} | {share} |"


def updated(page: str, measured: str) -> str:
    """The lesson with its table made anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{measured}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running server, such as ws://localhost:3000")
    parser.add_argument("--write", action="store_true", help="put the table into lesson 7")
    args = parser.parse_args()
    measured = table(*(measure_live(args.url) if args.url else measure_a_round()))
    print(measured)
    if args.write:
        LESSON.write_text(updated(LESSON.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    main()
