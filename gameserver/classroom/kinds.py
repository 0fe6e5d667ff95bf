"""Kinds of arguments that only the classroom's commands have."""

from __future__ import annotations

from typing import Any

from Net.schema import Kind


def list_of(kind: Kind, most: int) -> Kind:
    """Returns the kind of a list of up to `most` values of `kind`."""
    must_be = f"a list of up to {most} times {kind.must_be}"

    def check(value: Any) -> list[Any]:
        if type(value) is not list or len(value) > most:
            raise ValueError(must_be)
        return [kind.check(item) for item in value]

    return Kind(must_be, check)


def hex_digits(most_bytes: int) -> Kind:
    """Returns the kind of up to `most_bytes` bytes, written as hex digits with or without white space."""
    must_be = f"hex digits of up to {most_bytes} bytes"

    def check(value: Any) -> bytes:
        try:
            data = bytes.fromhex(value) if type(value) is str else None
        except ValueError:
            data = None
        if data is None or len(data) > most_bytes:
            raise ValueError(must_be)
        return data

    return Kind(must_be, check)
