"""The wire format of a client: encoding and compression. All clients with the same format can share one frame."""

from __future__ import annotations

import functools
from typing import NamedTuple

from Net.deflate import Deflater
from Net.frames import message_frame


class WireFormat(NamedTuple):
    """A wire format. as_text: JSON in text messages, else MessagePack in binary messages.

    window_bits: the size of the deflate window, as its base-2 logarithm; 0: no compression.
    """

    as_text: bool = False
    window_bits: int = 0

    def frame(self, message: str | bytes) -> bytes:
        """Returns the frame of a server's message, for every client with this format.

        A compressed message refers to no earlier message, so that all these clients can inflate it.
        """
        deflate = Deflater(self.window_bits, takes_over=False).deflate if self.window_bits else None
        return message_frame(message, deflate=deflate)


@functools.lru_cache(maxsize=None)  # one entry for each wire format
def shared_wire_format(as_text: bool, window_bits: int) -> WireFormat:
    """Returns the one object for a wire format: thousands of clients share a handful of formats."""
    return WireFormat(as_text, window_bits)
