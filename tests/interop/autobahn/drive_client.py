"""Runs our client against the suite's fuzzing server: each case is a connection on which the client echoes messages."""

from __future__ import annotations

from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.limits import Limits
from tests.interop.autobahn.wstest import AGENT, STUCK_AFTER_S, RunError


def drive(url: str, limits: Limits) -> None:
    """Runs every case of the server at `url`, then asks it for the reports. Raises RunError when a case gets stuck."""
    count = int(_converse(f"{url}/getCaseCount", limits, echo=False)[0])
    for case in range(1, count + 1):
        try:
            _converse(f"{url}/runCase?case={case}&agent={AGENT}", limits, echo=True)
        except (OSError, HandshakeError) as error:
            raise RunError(f"connection {case} of {count}: {error}") from None
    _converse(f"{url}/updateReports?agent={AGENT}", limits, echo=False)


def _converse(url: str, limits: Limits, echo: bool) -> list[str | bytes]:
    """Returns the messages of a connection until its end. An echo keeps none."""
    received = []
    websocket = connect(url, limits, compress=True)
    try:
        while True:
            message = websocket.receive(STUCK_AFTER_S)
            if echo:
                websocket.send(message)
            else:
                received.append(message)
    except ConnectionClosed:
        return received
    finally:
        websocket.close()
