"""Every size, count and time-out of the wire, each with its reason.

A server that reads data from strangers needs an upper bound on everything that they can make it hold or wait for.
All bounds are here, so that a reader can check that none is missing, and a test can make one small.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Callable

# The limits of a path.
LimitsOf = Callable[[str], "Limits"]


@dataclass(frozen=True)
class Limits:
    """The bounds of one connection; all must be positive."""

    # The whole opening handshake, from the first byte to the last. A browser needs milliseconds; a slowloris attack
    # never ends by itself.
    handshake_timeout_s: float = 5.0
    # The request line and headers together. Browsers send about 600 bytes, or about 4 KiB with large cookies.
    head_bytes: int = 8 * 1024
    # Browsers send about 15 headers.
    head_fields: int = 64
    # Answers with a status of 1xx that a client skips before the 101. A proxy sends one or two.
    interim_answers: int = 8

    # A message after reassembly (and inflation). The game's largest, a chat line, is under 1 KiB.
    message_bytes: int = 64 * 1024
    # Fragments (frames) of one message. Without this bound, endless empty fragments would cost CPU time but no memory.
    fragments: int = 64

    # The steady rate of frames. Above this rate and the burst, a peer takes turns with all other greedy peers. The
    # game's own rates allow about 130 packets a second; a player sends at most 60 of them.
    frames_per_s: float = 120.0
    # Frames that may come at once: four times the frames that a network holds back in half a second.
    burst_frames: int = 240
    # Frames beyond the burst after which a peer is closed with 1008: about half a minute at the steady rate.
    flood_frames: int = 4096
    # Bytes that cost as much time to read as one frame does.
    bytes_per_frame: int = 4 * 1024
    # Received bytes that the kernel keeps for us. With a larger buffer, megabytes would be left to read after a flood.
    receive_buffer_bytes: int = 64 * 1024

    # Bytes that may wait for a client that reads too slowly: about three seconds of a busy room.
    outbox_bytes: int = 64 * 1024
    # A client whose kernel buffer has taken nothing for this time is not slow but gone.
    stall_timeout_s: float = 5.0

    # Silence (no whole message or control frame) after which a ping checks whether the peer is still alive. Home
    # routers forget idle connections after minutes.
    ping_after_s: float = 20.0
    # Silence after that ping: after this time the peer counts as dead.
    dead_after_s: float = 20.0

    # The wait for the peer's half of the closing handshake (RFC 6455 section 7.1.1). Then TCP is closed without it.
    close_timeout_s: float = 2.0

    # One read from the socket: a few hundred game inputs, or a quarter of a large message.
    receive_bytes: int = 16 * 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"limit {field.name} must be greater than 0, not {value!r}")

    def narrowed(self, **bounds: float) -> Limits:
        """Returns a copy in which no named limit is larger than the given bound, for a path that needs less."""
        return replace(self, **{name: min(bound, getattr(self, name)) for name, bound in bounds.items()})
