"""Clients that come from another address of this machine."""

from __future__ import annotations

import contextlib
import functools
import socket
from typing import Iterator

import pytest

ELSEWHERE = "127.0.0.2"


@contextlib.contextmanager
def coming_from(monkeypatch: pytest.MonkeyPatch, host: str = ELSEWHERE) -> Iterator[None]:
    """Makes connections that are opened in the block come from another address of this machine."""
    with socket.socket() as sock:
        try:
            sock.bind((host, 0))
        except OSError as error:
            pytest.skip(f"this system has no second loopback address: {error}")
    with monkeypatch.context() as patch:
        dial = functools.partial(socket.create_connection, source_address=(host, 0))
        patch.setattr(socket, "create_connection", dial)
        yield
