"""Finds the places where one module uses a private name of another one: an attribute `thing._x`, or an import of `_x`.

Not reported: names of `self`, `cls` and the module's own classes, the methods of named tuples, and a few names of the
standard library.
"""

from __future__ import annotations

import ast
from typing import Iterator

# Documented, or the only way: os._exit, sys._getframe, argparse's list of options, zlib's types in annotations.
STANDARD_LIBRARY = {"_Compress", "_Decompress", "_actions", "_exit", "_getframe", "_is_gil_enabled"}
NAMED_TUPLE = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
# Calls that take the name of an attribute as text: monkeypatch.setattr(thing, "_x", 1), monkeypatch.setattr("a._x", 1).
BY_TEXT = {"delattr", "getattr", "hasattr", "patch", "setattr"}


def private_names_used(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line and the text of every use of another module's private name."""
    tree = ast.parse(source)
    own = {"self", "cls", *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if _is_private(node.attr) and not (isinstance(node.value, ast.Name) and node.value.id in own):
                yield node.lineno, ast.get_source_segment(source, node) or node.attr
        elif isinstance(node, ast.ImportFrom):
            for name in (alias.name for alias in node.names if _is_private(alias.name)):
                yield node.lineno, f"from {node.module} import {name}"
        elif isinstance(node, ast.Call):
            for text in _names_as_text(node):
                yield node.lineno, text


def _names_as_text(call: ast.Call) -> Iterator[str]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for arg in call.args[:2] if called in BY_TEXT else ():
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and _is_private(arg.value.rpartition(".")[2]):
            yield arg.value


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in STANDARD_LIBRARY | NAMED_TUPLE
