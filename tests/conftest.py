"""For every test: locks are taken in their order, and no socket is touched under those of the world."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.locks import Watch, install

WATCH = Watch()
install(WATCH)


@pytest.fixture(autouse=True)
def _locks_are_used_as_agreed() -> Iterator[None]:
    yield
    violations = WATCH.take_violations()
    assert not violations, "\n".join(violations)
