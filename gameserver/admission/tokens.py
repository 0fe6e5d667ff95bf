"""Tokens: secrets that prove who a client is. Players come back to their seats with them, operators log in."""

from __future__ import annotations

import hmac
import secrets

TOKEN_BYTES = 16


def new_token(size: int = TOKEN_BYTES) -> str:
    """Returns a token that nobody can guess, of `size` random bytes, in letters and digits of URLs."""
    return secrets.token_urlsafe(size)


def is_same_token(given: str, token: str) -> bool:
    """Whether a client has given this token. The time of the comparison does not tell how much of a guess is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8", "replace"))
