"""Takes our client through the suite's fuzzing server: every case is a connection on which it echoes what comes."""

from __future__ import annotations

from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.limits import Limits
from tests.interop.autobahn.wstest import AGENT, STUCK_AFTER_S, RunError


def drive(url: str, limits: Limits) -> None:
    """Runs every case the server at `url` has, then has it write the reports. Raises RunError when one gets stuck."""
    count = int(_converse(f"{url}/getCaseCount", limits, echo=False)[0])
    for case in range(1, count + 1):
        try:
            _converse(f"{url}/runCase?case={case}&agent={AGENT}", limits, echo=True)
        except (OSError, HandshakeError) as error:
            raise RunError(f"connection {case} of {count}: {error}") from None
    _converse(f"{url}/updateReports?agent={AGENT}", limits, echo=False)


def _converse(url: str, limits: Limits, echo: bool) -> list[str | bytes]:
    """What came on a connection until its end; an echo keeps nothing."""
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
