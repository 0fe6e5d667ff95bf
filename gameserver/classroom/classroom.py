"""Adds the classroom to a server: a tape for every connection, and the pages /inspect, /lab and /lessons.

In:  a `GameServer` that listens, and the `OperatorAuthentication` that knows the operator's token. Out: nothing; the
     server has the classroom from then on. A client on this machine needs no token. A connection through a proxy,
     through the lab, or from a page of another site does not count as a client on this machine, because anybody may be
     behind it.
"""

from __future__ import annotations

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.classroom.inspect.archive import Archive
from gameserver.classroom.inspect.inspector import Inspector
from gameserver.classroom.lab.bench import Bench
from gameserver.classroom.lab.laboratory import LAB, Laboratory
from gameserver.classroom.lessons.lessons import lesson_pages
from gameserver.classroom.shell import page_of, shell
from gameserver.server import CONSOLE_RATES, GameServer
from Net.address import Address
from Net.handshake import parse_request
from Net.port.origin import is_same_origin
from Net.websocket import WebSocket

INSPECT = "/inspect"
# Clients send the operator's token on these WebSockets, so nobody may watch them.
PRIVATE = ("/admin", INSPECT, LAB)


class Classroom:
    """The classroom of a server. host, port: the server's address on this machine."""

    def __init__(self, server: GameServer, authentication: OperatorAuthentication, host: str, port: int) -> None:
        self.archive = Archive(ignored=PRIVATE)
        self._server = server
        self._authentication = authentication
        self.bench = Bench(host, port, server.own_connections)
        inspector = Inspector(self.archive, Address(host, port), server.limits_of, self.admits, self.names)
        laboratory = Laboratory(self.bench, server.limits_of, server.check_opening, self.admits)
        server.add_tap(self.archive.make_tap)
        server.add_tap(self.bench.make_tap)
        server.add_route(INSPECT, inspector.converse)
        # The lab's commands hold the bytes of an experiment.
        server.add_route(LAB, laboratory.converse, limits=server.limits.narrowed(**CONSOLE_RATES))
        server.add_page(INSPECT, page_of("inspect"))
        server.add_page(LAB, page_of("lab"))
        for path, page in lesson_pages(shell).items():
            server.add_page(path, page)

    def admits(self, websocket: WebSocket) -> bool:
        """Returns whether a client may look: it is on this machine, or it knows the token."""
        return self._authentication.admits(websocket, is_trusted=self._is_here(websocket))

    def names(self) -> dict[Address, str]:
        """Returns the names of the players, by address."""
        seats = [seat for room in self._server.lobby.all_rooms() for seat in room.roster.everybody()]
        return {seat.websocket.address: seat.info.name for seat in seats}

    def _is_here(self, websocket: WebSocket) -> bool:
        tape = self.archive.of_address(websocket.address)
        if tape is None or not websocket.is_this_machine or self.bench.is_own(websocket.address):
            return False
        request = parse_request(tape.request, self._server.limits)
        # With --allow-origin, this machine's browser may open the WebSocket for a page of another site.
        return not request.values("origin") or is_same_origin(request)
