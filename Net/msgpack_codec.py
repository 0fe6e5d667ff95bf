"""MessagePack: plain values to bytes and back, within bounds.

In:  plain values, or bytes from a stranger. Out: bytes, or plain values.
Raises ValueError for bytes that are not exactly one MessagePack value, and for a size that is larger than allowed.
"""

from __future__ import annotations

from typing import Any, NoReturn

import msgpack

# The size of a Packer's first buffer. `msgpack.packb` allocates 256 KiB for every value. With hundreds of threads this
# memory stays in the pools of the C library (benchmark `growth`). Python has a pool of its own for up to 512 bytes.
_BUFFER_BYTES = 512


def pack(value: Any) -> bytes:
    """Encodes a value."""
    packed: bytes = msgpack.Packer(buf_size=_BUFFER_BYTES).pack(value)
    return packed


def unpack(packed: bytes, max_items: int, takes_number_keys: bool = False) -> Any:
    """Decodes a value. max_items: the largest number of elements in any array or map of the value.

    The decoder checks each declared size before it allocates memory for it. Raises ValueError. takes_number_keys:
    whether the keys of a map may be numbers too. A stranger could choose numbers that make a large dict very slow.
    """
    try:
        return msgpack.unpackb(
            packed,
            max_array_len=max_items,
            max_map_len=max_items,
            max_ext_len=0,
            ext_hook=_no_extension,
            strict_map_key=not takes_number_keys,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _no_extension(code: int, _data: bytes) -> NoReturn:
    raise ValueError(f"extension type {code} is not used here")
