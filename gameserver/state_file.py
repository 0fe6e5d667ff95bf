"""The file that keeps the rooms over a restart: a line that says what it is, then their data in MessagePack.

    gameserver-state 1 2f7d...(SHA-256 of the rest, in hexadecimal)

In:  plain data, a list. Out: the same list. It is data and nothing else: nothing in it can be run.
Raises StateError for a file that is something else, or damaged; OSError when the disk refuses.
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
# Windows has the first only, the other systems have the second only.
_SAFE_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_IS_LINK = "it is a link, which may lead to somebody else's file"
_HEAD_BYTES = 100  # longer than any first line


class StateError(Exception):
    """This file holds no state that this version can take up; the text says why, in one sentence."""


def encode(parts: list[Any]) -> bytes:
    """The bytes of the whole file."""
    # Each part by itself: the packer lets no other thread run meanwhile.
    body: bytes = msgpack.packb([msgpack.packb(part) for part in parts])
    return f"{MAGIC} {VERSION} {_checksum(body)}\n".encode("ascii") + body


def _checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def decode(data: bytes) -> list[Any]:
    """What `encode` was given; raises StateError."""
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
    """The parts that a file holds, None if there is no such file; raises StateError and OSError."""
    if os.path.islink(path):  # where the system has no O_NOFOLLOW; where it has, nobody can be quicker
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
    """Replaces the file at once and for good: whatever happens, there is the old one or the new one, whole.

    Raises OSError.
    """
    new = f"{path}.new"
    # One may be left from a write that was cut short. If it is a link, the link goes, and not the file behind it.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    # Its tokens take anybody's seat, so nobody else may read it, and it is made anew: it is nobody else's file.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS, 0o600)
    with open(descriptor, "wb") as file:
        file.write(encode(parts))
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    _sync_directory(os.path.dirname(os.path.abspath(path)))


def set_aside(path: str) -> str:
    """Moves a file out of the way, to be looked at by a person; returns its new name. Raises OSError."""
    name = f"{path}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    os.replace(path, name)
    return name


def _sync_directory(path: str) -> None:
    """Makes a rename outlive a power cut, on systems that can open a directory; Windows sees to it by itself."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
