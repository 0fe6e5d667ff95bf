"""Every size, count and time-out of the wire, each with its reason.

A server that reads what strangers send needs an upper bound on everything they can make it hold or wait for.
All bounds are here, so that a reader can check that none is missing, and a test can make one small.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Callable

# The limits of a path.
LimitsOf = Callable[[str], "Limits"]


@dataclass(frozen=True)
class Limits:
    """Bounds that one connection is held to; all must be positive."""

    # The whole opening handshake, first byte to last: a person's browser needs milliseconds, a slowloris for ever.
    handshake_timeout_s: float = 5.0
    # The request line and headers together; browsers send about 600 bytes, large cookies included about 4 KiB.
    head_bytes: int = 8 * 1024
    # Browsers send about 15 headers.
    head_fields: int = 64
    # Answers with a status of 1xx that a client passes over before the 101; a proxy sends one or two.
    interim_answers: int = 8

    # A message after reassembly (and inflation). The game's largest, a chat line, is under 1 KiB.
    message_bytes: int = 64 * 1024
    # Frames that one message may be cut into: without it, endless empty fragments cost CPU and no memory.
    fragments: int = 64

    # Frames in the long run. Above this rate, and the burst, a peer takes turns with all other greedy peers. The game's
    # own rates allow about 130 packets a second, of which a player sends 60 at most.
    frames_per_s: float = 120.0
    # Frames that may come at once: half a second of a network that held them back, four times over.
    burst_frames: int = 240
    # Frames beyond that after which a peer is closed with 1008: half a minute's worth.
    flood_frames: int = 4096
    # Bytes that cost as much time to read as one frame does.
    bytes_per_frame: int = 4 * 1024
    # What the kernel keeps for us of what a peer sends. Megabytes would have to be read after a flood has ended.
    receive_buffer_bytes: int = 64 * 1024

    # What may wait for a client that reads too slowly: about three seconds of a busy room.
    outbox_bytes: int = 64 * 1024
    # A client whose kernel buffer has taken nothing for so long is not slow but gone.
    stall_timeout_s: float = 5.0

    # Silence (no whole message or control frame) after which a ping asks whether the peer still lives: home routers
    # forget idle connections after minutes.
    ping_after_s: float = 20.0
    # Silence after that ping which counts as death.
    dead_after_s: float = 20.0

    # For the peer's half of the closing handshake (RFC 6455 section 7.1.1), then TCP is closed without it.
    close_timeout_s: float = 2.0

    # One read from the socket: a few hundred game inputs, or a quarter of a large message.
    receive_bytes: int = 16 * 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"limit {field.name} must be greater than 0, not {value!r}")

    def narrowed(self, **bounds: float) -> Limits:
        """Returns these limits, none of the named ones larger than given: for a path that needs less than others."""
        return replace(self, **{name: min(bound, getattr(self, name)) for name, bound in bounds.items()})
