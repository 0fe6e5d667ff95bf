"""Carries out the operator's measures: on players that are here now, and on record for players that come later.

In:  a seat, or an address. Out: seats taken, connections closed, players muted. Raises OperatorError.
`measures.py` says whom each measure concerns.
"""

from __future__ import annotations

from gameserver.admin.commands import CommandError
from gameserver.admission.measures import BAN, KICK, MUTE, Measure
from gameserver.admission.operators import is_loopback
from gameserver.match.seats import Seat
from gameserver.server import GameServer


class OperatorError(CommandError):
    """The operator's command is not possible."""


class Discipline:
    """The measures on one server."""

    def __init__(self, server: GameServer) -> None:
        self._server = server

    def kick(self, seat: Seat, reason: str, away_s: float) -> None:
        """Takes the seats of a person, and keeps that person out for `away_s` seconds."""
        host, name = seat.websocket.host, seat.info.name
        if away_s > 0:
            self._server.lobby.measures.add(KICK, host, name, seat.info.token, reason, lasts_s=away_s)
        for other in self._seats_at(host):
            if other is seat or other.info.name.casefold() == name.casefold():
                self._server.throw_out(other, reason)

    def ban(self, host: str, reason: str, seat: Seat | None = None) -> str:
        """Takes all seats of an address, closes all its connections and lets nobody in from there. Returns the address.

        seat: the seat of the banned person, if the ban is about one. A ban cannot shut an operator out: a ban of an
        operator's address raises OperatorError, and from this machine itself the console can always be reached.
        """
        if self._server.operators.are_at(host) and not is_loopback(host):
            raise OperatorError(
                f"{host} is an operator's own address: a ban would shut the operator out; kick or mute the player, or "
                f"do it from the server's own machine"
            )
        name, token = ("", "") if seat is None else (seat.info.name, seat.info.token)
        self._server.lobby.measures.add(BAN, host, name, token, reason)
        for other in self._seats_at(host):
            self._server.throw_out(other, reason)
        self._server.close_banned(reason)
        return host

    def mute(self, seat: Seat) -> None:
        """Mutes a person and newcomers from its address. Other players that already play from there are spared."""
        host, name = seat.websocket.host, seat.info.name
        others = {other.info.name for other in self._seats_at(host) if other.info.name.casefold() != name.casefold()}
        self._server.lobby.measures.add(MUTE, host, name, seat.info.token, spared=tuple(sorted(others)))
        for other in self._seats_at(host):
            if other is seat or other.info.name not in others:
                self._set_muted(other, True)

    def unmute(self, seat: Seat) -> None:
        """Allows a person to chat again: ends its mute, and spares it from the mutes of other people at its address."""
        host, info = seat.websocket.host, seat.info
        for measure in self._server.lobby.measures.in_force():
            if measure.measure == MUTE and measure.is_of(host, info.name, info.token):
                self._server.lobby.measures.lift(MUTE, measure.host, measure.name)
        self._server.lobby.measures.spare(host, info.name)
        self._set_muted(seat, False)

    def unmute_address(self, host: str) -> list[Measure]:
        """Ends all mutes of an address and returns them."""
        lifted = self._server.lobby.measures.lift(MUTE, host)
        if lifted:
            for seat in self._seats_at(host):
                self._set_muted(seat, False)
        return lifted

    def _seats_at(self, host: str) -> list[Seat]:
        """Returns the seats of all players at an address, also of absent ones."""
        return [place.seat for place in self._server.lobby.places() if place.seat.websocket.host == host]

    def _set_muted(self, seat: Seat, is_muted: bool) -> None:
        seat.mute(is_muted)
        for client in self._server.lobby.clients():
            if client.websocket is seat.websocket:
                client.mute(is_muted)
