"""An echo server with the threads of `websockets`, for comparison: `python -m ... MAX_MESSAGE_BYTES`."""

from __future__ import annotations

import sys

from websockets import ConnectionClosed
from websockets.sync.server import ServerConnection, serve


def echo(connection: ServerConnection) -> None:
    """Sends every message back."""
    try:
        for message in connection:
            connection.send(message)
    except ConnectionClosed:
        pass  # the suite ends many connections badly, on purpose


if __name__ == "__main__":
    with serve(echo, "127.0.0.1", 0, max_size=int(sys.argv[1])) as server:
        print(f"port {server.socket.getsockname()[1]}", flush=True)
        server.serve_forever()
