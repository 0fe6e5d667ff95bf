"""The form in which a client is written to, so that one frame can be made for all who are written to alike."""

from __future__ import annotations

import functools
from typing import NamedTuple

from Net.deflate import Deflater
from Net.frames import message_frame


class Form(NamedTuple):
    """as_text: JSON in text messages, else MessagePack. window_bits: of the deflate window; 0: not compressed."""

    as_text: bool = False
    window_bits: int = 0

    def frame(self, message: str | bytes) -> bytes:
        """The frame of a server's message; compressed by itself, it is good for every client of this form."""
        deflate = Deflater(self.window_bits, takes_over=False).deflate if self.window_bits else None
        return message_frame(message, deflate=deflate)


@functools.lru_cache(maxsize=None)  # as many as there are forms
def shared_form(as_text: bool, window_bits: int) -> Form:
    """The one object for a form: there are thousands of clients, and a handful of forms."""
    return Form(as_text, window_bits)
