"""The file that keeps the rooms over a restart: a first line with format and version, then the data in MessagePack.

    gameserver-state 1 2f7d...(SHA-256 of the rest, in hexadecimal)

In:  plain data, a list. Out: the same list. The file holds only data, and nothing in it can be executed.
Raises StateError for a file that is damaged or of another format, and OSError when the system cannot read or write it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import time
from typing import Any

import msgpack

MAGIC, VERSION = "gameserver-state", 1
# Windows has only the first flag; the other systems have only the second.
_SAFE_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_IS_LINK = "it is a link, which may lead to somebody else's file"
_HEAD_BYTES = 100  # longer than any first line


class StateError(Exception):
    """This file holds no state that this version can restore. The text gives the reason in one sentence."""


def encode(parts: list[Any]) -> bytes:
    """Returns the bytes of the whole file."""
    # Each part is packed separately, because no other thread can run during one call of the packer.
    body: bytes = msgpack.packb([msgpack.packb(part) for part in parts])
    return f"{MAGIC} {VERSION} {_checksum(body)}\n".encode("ascii") + body


def _checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def decode(data: bytes) -> list[Any]:
    """Returns the argument of `encode` from its result; raises StateError."""
    head, newline, body = data.partition(b"\n")
    words = head[:_HEAD_BYTES].decode("ascii", "replace").split(" ")
    if not newline or len(words) != 3 or words[0] != MAGIC:
        raise StateError("it is no state file of this game")
    if words[1] != str(VERSION):
        raise StateError(f"it is of version {words[1]!r}, and this program knows only {VERSION}")
    if words[2] != _checksum(body):
        raise StateError("it is damaged: its contents do not match its checksum")
    try:
        return [msgpack.unpackb(part) for part in msgpack.unpackb(body)]
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise StateError(f"it is no MessagePack: {error!r}") from error


def read(path: str) -> list[Any] | None:
    """Returns the parts in a file, or None if there is no such file; raises StateError and OSError."""
    if os.path.islink(path):  # for systems without O_NOFOLLOW; with it, `os.open` repeats this check without a race
        raise StateError(_IS_LINK)
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFE_FLAGS | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StateError(_IS_LINK) from None
        raise
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StateError("it is no file, but a pipe or a device")
        return decode(file.read())


def write(path: str, parts: list[Any]) -> None:
    """Replaces the file atomically and durably: after any failure, the complete old or the complete new file exists.

    Raises OSError.
    """
    new = f"{path}.new"
    # An interrupted write may have left such a file. If it is a link, this removes the link and not its target.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    # The tokens in the file give access to every seat, so no other user may read it. The file is always created anew
    # (O_EXCL), so it cannot belong to another user.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS, 0o600)
    with open(descriptor, "wb") as file:
        file.write(encode(parts))
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    _sync_directory(os.path.dirname(os.path.abspath(path)))


def set_aside(path: str) -> str:
    """Renames a file, so that a person can look at it later; returns its new name. Raises OSError."""
    name = f"{path}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    os.replace(path, name)
    return name


def _sync_directory(path: str) -> None:
    """Makes a rename survive a power cut, on systems that can open a directory. Windows does this by itself."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
