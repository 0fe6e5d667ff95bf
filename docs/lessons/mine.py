"""Your own WebSocket, one function after the other. Check it with: python -m pytest tests/kata --implementation mine.py

Copy this file, fill in the functions in their order, and delete what you do not need. Where a function must refuse
something it raises ValueError. Sections are those of RFC 6455.
"""


def accept_key(key):
    """Lesson 1, section 4.2.2. key: a str. Returns the str for Sec-WebSocket-Accept."""
    raise NotImplementedError


def apply_mask(payload, key):
    """Lesson 3, section 5.3. payload: bytes; key: 4 bytes. Returns the payload masked, or unmasked: bytes."""
    raise NotImplementedError


def encode_frame(opcode, payload, fin=True, mask_key=None):
    """Lessons 2 and 4, section 5.2. payload: bytes; mask_key: 4 bytes, or None. Returns the bytes of the frame."""
    raise NotImplementedError


def decode_frame(data):
    """Lessons 2 to 4, sections 5.1, 5.2 and 5.5. data: bytes that a client has sent, from the start of a frame on.

    Returns None while the frame is not whole, else four values: fin (bool), opcode (int), payload (bytes, unmasked),
    rest (the bytes behind the frame). Raises ValueError for a frame that breaks a rule.
    """
    raise NotImplementedError


def assemble(frames):
    """Lesson 5, sections 5.4, 5.6 and 8.1. frames: a list of (fin, opcode, payload), control frames among them.

    Returns the list of the finished messages as (opcode, payload); control frames are passed over. Raises ValueError
    for a data frame out of turn, and for a text that is not UTF-8.
    """
    raise NotImplementedError


def answer_close(payload):
    """Lesson 6, sections 5.5.1 and 7.4. payload: bytes, the body of a client's CLOSE.

    Returns the body of the CLOSE that the server answers with: the same code, or nothing if there was none; 1002 if the
    code must not be sent, 1007 if the reason is not UTF-8.
    """
    raise NotImplementedError


def serve(listening):
    """Lesson 8: an echo server. listening: a listening socket. Accepts clients for ever, many at a time."""
    raise NotImplementedError
