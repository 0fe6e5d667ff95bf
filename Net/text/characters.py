"""The characters that a line of text may hold. The tables are in this project, so every Python gives the same answer.

In:  text from a stranger. Out: the line to use, or the same text made safe for a terminal.
Raises ValueError. Its text names the character that is not accepted, or says that the text shows nothing.

Code points that Unicode has not assigned yet are accepted, so new emoji are accepted. The tables follow Unicode 18.0:
DerivedCoreProperties.txt (Default_Ignorable_Code_Point), PropList.txt (White_Space, Noncharacter_Code_Point) and
UnicodeData.txt (names).
"""

from __future__ import annotations

import re
from typing import Pattern

from Net.text.combining_marks import COMBINING_MARKS

# Ranges are written as in the Unicode files: hexadecimal, with a space between them.
# These become a plain space: spaces of other scripts and other widths, and the Braille space.
_SPACES = "00A0 1680 2000-200A 202F 205F 2800 3000"
# These are removed, not refused: they show nothing, but Hebrew and Arabic keyboards have them.
_DIRECTION_MARKS = "061C 200E 200F"
# Joiners of emoji, Persian and Sinhala, and the space between Khmer words.
_JOINERS = "200B-200D"
# Selectors of Mongolian letters, of emoji and of ideographs.
_SELECTORS = "180B-180F FE00-FE0F E0100-E01EF"
# Joiners and selectors are accepted after these: keycaps, signs that are emoji, and all characters from the Hebrew
# block on. The alphabets before that block need no joiners or selectors.
_CHANGEABLE = "0023 002A 0030-0039 00A9 00AE 0590-10FFFF"
# These are never accepted.
_REFUSED = {
    "0000-001F 007F-009F": "a control character",
    "00AD": "SOFT HYPHEN",
    "034F": "COMBINING GRAPHEME JOINER",
    "115F": "HANGUL CHOSEONG FILLER",
    "1160": "HANGUL JUNGSEONG FILLER",
    "17B4-17B5": "an inherent vowel of Khmer, which shows nothing",
    "2028": "LINE SEPARATOR",
    "2029": "PARAGRAPH SEPARATOR",
    "202A": "LEFT-TO-RIGHT EMBEDDING",
    "202B": "RIGHT-TO-LEFT EMBEDDING",
    "202C": "POP DIRECTIONAL FORMATTING",
    "202D": "LEFT-TO-RIGHT OVERRIDE",
    "202E": "RIGHT-TO-LEFT OVERRIDE",
    "2060": "WORD JOINER",
    "2061-2065 206A-206F FFF0-FFFB": "an invisible format character",
    "2066": "LEFT-TO-RIGHT ISOLATE",
    "2067": "RIGHT-TO-LEFT ISOLATE",
    "2068": "FIRST STRONG ISOLATE",
    "2069": "POP DIRECTIONAL ISOLATE",
    "3164": "HANGUL FILLER",
    "D800-DFFF": "a surrogate, which is half of a character",
    # Their meaning differs between machines, and on most machines they have none.
    "E000-F8FF F0000-FFFFD 100000-10FFFD": "a private-use character",
    "FDD0-FDEF " + " ".join(f"{plane:X}FFFE-{plane:X}FFFF" for plane in range(17)): "a noncharacter",
    "FEFF": "ZERO WIDTH NO-BREAK SPACE, a byte-order mark",
    "FFA0": "HALFWIDTH HANGUL FILLER",
    "13430-13442": "a blank or a format character of hieroglyphs",
    "1BCA0-1BCA3": "a format character of shorthand",
    "1D159": "MUSICAL SYMBOL NULL NOTEHEAD",
    "1D173-1D17A": "a format character of music",
    "E0000-E00FF E01F0-E0FFF": "an invisible tag",
}
_FOLLOWER_NAMES = {
    "200B": "ZERO WIDTH SPACE",
    "200C": "ZERO WIDTH NON-JOINER",
    "200D": "ZERO WIDTH JOINER",
    _SELECTORS: "a variation selector",
}
# The flags of England, Scotland and Wales are the black flag, letters as tags, and the end of the tags (UTS 51 ED-14a).
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")


def _one_of(ranges: str) -> str:
    """Returns the inner part of a regular expression's character class for these ranges."""
    bounds = (part.split("-") for part in ranges.split())
    return "".join("-".join(f"\\U{int(bound, 16):08x}" for bound in pair) for pair in bounds)


def _code_points(ranges: str) -> list[int]:
    bounds = ([int(bound, 16) for bound in part.split("-")] for part in ranges.split())
    return [code for pair in bounds for code in range(pair[0], pair[-1] + 1)]


_J, _S = _one_of(_JOINERS), _one_of(_SELECTORS)
# A joiner or selector with no character before it to act on. A joiner may follow a selector, as in a heart on fire.
_IDLE = re.compile(f"(?:^|(?<=[ {_J}]))[{_J}{_S}]+|(?<=[{_S}])[{_S}]+")
_MISPLACED = f"(?<![{_one_of(_CHANGEABLE)}])[{_J}{_S}]"
_WRONG = re.compile(f"[{_one_of(' '.join(_REFUSED))}]|{_MISPLACED}")
_SHOWN = re.compile(f"[^ {_J}{_S}{_one_of(COMBINING_MARKS)}]")
_TIDY = {**dict.fromkeys(_code_points(_SPACES), " "), **dict.fromkeys(_code_points(_DIRECTION_MARKS), None)}
# The characters that are not written to a terminal as they are.
_ESCAPED = re.compile(f"{_WRONG.pattern}|[{_one_of(_SPACES)}{_one_of(_DIRECTION_MARKS)}]")
_NAMES: list[tuple[Pattern[str], str]] = [
    (re.compile(f"[{_one_of(ranges)}]"), name) for ranges, name in {**_REFUSED, **_FOLLOWER_NAMES}.items()
]
_ENDS = " \t\n\v\f\r"


def tidy(text: str) -> str:
    """Returns a line with plain spaces, without white space at its ends, and without marks that act on nothing."""
    if text.isascii():
        return text.strip(_ENDS)
    return _IDLE.sub("", text.strip(_ENDS).translate(_TIDY)).strip(" ")


def check_line(text: str) -> None:
    """Checks a tidied line; raises ValueError with a sentence about the first character that is not accepted."""
    wrong = _WRONG.search(_TAGGED_FLAG.sub("\U0001f3f4", text))
    if wrong:
        raise ValueError(f"it may not contain {name_of(wrong.group())}")
    if not _SHOWN.search(text):
        raise ValueError("it must show something")


def name_of(char: str) -> str:
    """Returns the code point and the name of a character, such as U+202E RIGHT-TO-LEFT OVERRIDE."""
    number = f"U+{ord(char):04X}"
    name = next((name for pattern, name in _NAMES if pattern.match(char)), "")
    if name.startswith(("a ", "an ")):
        return f"{number}, {name}"
    return f"{number} {name}" if name else number


def is_plain(text: str) -> bool:
    """Returns whether this text can be written to a terminal as it is."""
    return not _ESCAPED.search(_TAGGED_FLAG.sub("", text))


def spelled(text: str) -> str:
    """Returns the text for an error message: (U+202E) replaces each character that is not plain."""
    return text if is_plain(text) else _ESCAPED.sub(lambda found: f"(U+{ord(found.group()):04X})", text)


def printable(text: str) -> str:
    """Returns the text for a terminal: an escape such as \\u202e replaces each character that is not plain."""
    if is_plain(text):
        return text
    return _ESCAPED.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)
