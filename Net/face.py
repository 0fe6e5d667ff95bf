"""The face of a package: names that are imported from its modules when they are first used (PEP 562).

In:  the package's name, and a table of its names. Out: the functions `__getattr__` and `__dir__` of the package.
So `import Net.frames` loads no sockets, and a `Game` works on a machine without msgpack.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Callable, Mapping


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns `__getattr__` and `__dir__` for a package. modules: each name, and the module that has it.

    `__getattr__` raises AttributeError for a name that is not in the table.
    """

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # the next use is an ordinary attribute
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, names
