"""Values of settings <-> texts of a settings file.

Numbers are written as in Python; a tuple is a list with commas; truth is `yes` or `no`; None is `none`.
"""

from __future__ import annotations

from typing import Any

from gameserver.world.ranges import SettingError

NONE = "none"
_TRUTH = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}
_SHOWN = 80  # characters of a wrong value


def to_text(value: Any) -> str:
    """Returns a value as the text from which `from_text` reads the same value."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(to_text, value))
    return str(value)


def from_text(name: str, text: str, kind: type, is_tuple: bool = False, is_optional: bool = False) -> Any:
    """Reads a value; name: the setting, for the error. A text that is no number stays a text: the checks refuse it.

    Raises SettingError for a text that is no truth value.
    """
    if is_optional and text.lower() == NONE:
        return None
    if is_tuple:
        return tuple(_one(name, part.strip(), kind) for part in text.split(",")) if text else ()
    return _one(name, text, kind)


def _one(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in _TRUTH:
            raise SettingError(name, f"must be yes or no, not {text[:_SHOWN]!r}")
        return _TRUTH[text.lower()]
    if kind is str:
        return text
    try:
        return kind(text)
    except ValueError:
        return text[:_SHOWN]
