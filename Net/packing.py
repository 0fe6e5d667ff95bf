"""MessagePack: plain values to bytes and back, within bounds.

In:  plain values, or bytes from a stranger. Out: bytes, or plain values.
Raises ValueError for bytes that are not one MessagePack value of the sizes allowed.
"""

from __future__ import annotations

from typing import Any, NoReturn

import msgpack

# What a Packer sets aside at first. `msgpack.packb` takes 256 KiB, for every value anew; with hundreds of threads these
# stay in the C library's pools of memory (`growth`). Up to 512 bytes Python has a pool of its own.
_BUFFER_BYTES = 512


def pack(value: Any) -> bytes:
    """Encodes a value."""
    packed: bytes = msgpack.Packer(buf_size=_BUFFER_BYTES).pack(value)
    return packed


def unpack(packed: bytes, max_items: int) -> Any:
    """Decodes a value; max_items: elements that any array or map in it may have.

    Sizes are checked when they are declared, before anything is allocated for them. Raises ValueError.
    """
    try:
        return msgpack.unpackb(
            packed, max_array_len=max_items, max_map_len=max_items, max_ext_len=0, ext_hook=_no_extension
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _no_extension(code: int, _data: bytes) -> NoReturn:
    raise ValueError(f"extension type {code} is not used here")
