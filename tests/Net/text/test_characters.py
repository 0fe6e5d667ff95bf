"""Tests of names and chat: normal text is accepted, invisible or deceptive text is refused, the same on every Python.

The emoji are those of Unicode's emoji-test.txt, from the package emoji. The marks are compared with
DerivedGeneralCategory.txt, from the package wcwidth.
"""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, strategies as st

from Net.schema import text
from Net.text import combining_marks
from Net.text.characters import check_line, is_plain, name_of, printable, spelled, tidy

NAME = text(1, 16)

TAKEN = {
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "an astronaut": "\U0001f469\u200d\U0001f680",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "a keycap": "7\ufe0f\u20e3",
    "a copyright sign as an emoji": "\u00a9\ufe0f",
    "a skin tone": "\U0001f44d\U0001f3fd",
    "a flag of two letters": "\U0001f1e9\U0001f1ea",
    "Wales": "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "an emoji of 2024": "\U0001fae9",
    "an emoji that is not assigned yet": "\U0001fbff",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "a Malayalam letter that ends in a joiner": "\u0d05\u0d35\u0d28\u0d4d\u200d",
    "Khmer with spaces of no width": "\u1781\u17d2\u1789\u17bb\u17c6\u200b\u179f\u17d2\u179a",
    "an ideograph with a variant": "\u845b\U000e0100\u57ce",
    "Mongolian": "\u182a\u180b\u1820\u180e\u1820",
    "Thai": "\u0e01\u0e33\u0e25\u0e31\u0e07",
    "an accent of its own": "e\u0301",
    "a sign of Arabic numbers": "\u0600\u0661",
    "old Hangul letters": "\u1112\u1161\u11ab",
}


@pytest.mark.parametrize("name", TAKEN.values(), ids=TAKEN)
def test_normal_text_is_accepted_unchanged(name: str) -> None:
    assert NAME.check(name) == name


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
        ("Jean\u00a0Luc", "Jean Luc"),
        ("Salut\u202f!", "Salut !"),
        ("\u2813\u2800\u281a", "\u2813 \u281a"),
        ("\u00a0 Ann\u3000\t", "Ann"),
        ("\u05d0\u05e0\u05d9\u200f", "\u05d0\u05e0\u05d9"),
        ("\u200eAnn", "Ann"),
        ("\u200d\u0645\u06cc", "\u0645\u06cc"),
        ("\u0645 \u200c\u06cc", "\u0645 \u06cc"),
        ("\u0645\u200c\u200c\u06cc", "\u0645\u200c\u06cc"),
        ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f"),
    ],
)
def test_odd_spaces_become_plain_and_marks_without_effect_are_left_out(typed: str, used: str) -> None:
    assert NAME.check(typed) == used
    assert NAME.check(used) == used


SHOWS_NOTHING = {
    "nothing": "",
    "spaces": " \u3000\u00a0",
    "the blank of Braille": "\u2800",
    "a selector": "\ufe0f",
    "two selectors": "\ufe0f\ufe0f",
    "a selector of ideographs": "\U000e0100",
    "a joiner": "\u200d",
    "joiners of all kinds": "\u200b\u200c\u200d\ufe0f\u200d",
    "a direction mark": "\u200f",
    "an accent": "\u0301",
    "a vowel sign and a joiner": "\u093f\u200d",
    "vowel signs alone": "\u093f\u0e34",
    "an enclosing circle": "\u20dd",
}


@pytest.mark.parametrize("name", SHOWS_NOTHING.values(), ids=SHOWS_NOTHING)
def test_an_invisible_text_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="it must show something"):
        NAME.check(name)


REFUSED = {
    "\u3164": "U+3164 HANGUL FILLER",
    "\u115f": "U+115F HANGUL CHOSEONG FILLER",
    "\u1160": "U+1160 HANGUL JUNGSEONG FILLER",
    "\uffa0": "U+FFA0 HALFWIDTH HANGUL FILLER",
    "\u00ad": "U+00AD SOFT HYPHEN",
    "\u202a": "U+202A LEFT-TO-RIGHT EMBEDDING",
    "\u202e": "U+202E RIGHT-TO-LEFT OVERRIDE",
    "\u2066": "U+2066 LEFT-TO-RIGHT ISOLATE",
    "\u2069": "U+2069 POP DIRECTIONAL ISOLATE",
    "\u2028": "U+2028 LINE SEPARATOR",
    "\u2029": "U+2029 PARAGRAPH SEPARATOR",
    "\u2060": "U+2060 WORD JOINER",
    "\ufeff": "U+FEFF ZERO WIDTH NO-BREAK SPACE, a byte-order mark",
    "\x00": "U+0000, a control character",
    "\x1b": "U+001B, a control character",
    "\x85": "U+0085, a control character",
    "\ud800": "U+D800, a surrogate, which is half of a character",
    "\ue000": "U+E000, a private-use character",
    "\U0010fffd": "U+10FFFD, a private-use character",
    "\ufdd0": "U+FDD0, a noncharacter",
    "\uffff": "U+FFFF, a noncharacter",
    "\U0010ffff": "U+10FFFF, a noncharacter",
    "\ufff9": "U+FFF9, an invisible format character",
    "\U000e0001": "U+E0001, an invisible tag",
    "\U000e0041": "U+E0041, an invisible tag",
    "\U0001d159": "U+1D159 MUSICAL SYMBOL NULL NOTEHEAD",
    "\u200b": "U+200B ZERO WIDTH SPACE",
    "\u200d": "U+200D ZERO WIDTH JOINER",
    "\ufe0f": "U+FE0F, a variation selector",
}


@pytest.mark.parametrize(("char", "named"), REFUSED.items(), ids=[ascii(char) for char in REFUSED])
def test_the_error_names_the_character_that_is_refused(char: str, named: str) -> None:
    with pytest.raises(ValueError, match="it may not contain") as refused:
        NAME.check(f"a{char}b")
    assert f"(it may not contain {named})" in str(refused.value)


def test_every_emoji_of_unicode_is_a_name() -> None:
    emoji = pytest.importorskip("emoji", reason="install .[test]")
    assert len(emoji.EMOJI_DATA) > 3000
    for sequence in emoji.EMOJI_DATA:
        assert text(1, 40).check(sequence) == sequence


def test_every_emoji_of_unicode_is_plain_for_a_terminal() -> None:
    emoji = pytest.importorskip("emoji", reason="install .[test]")
    assert [sequence for sequence in emoji.EMOJI_DATA if not is_plain(sequence)] == []


def test_the_table_of_marks_holds_those_of_unicode() -> None:
    """Our table has every mark of the tables of this Python and of wcwidth, up to our version of Unicode."""
    pytest.importorskip("wcwidth", reason="install .[test]")
    from wcwidth.table_zero import ZERO_WIDTH

    if "18.0.0" not in ZERO_WIDTH:
        pytest.skip("this wcwidth has another Unicode version")
    theirs = {code for low, high in ZERO_WIDTH["18.0.0"] for code in range(low, high + 1)}
    ours = {code for low, high in _marks() for code in range(low, high + 1)}
    assert ours <= theirs
    # Their tables have more than marks: letters of Hangul syllables, signs of Arabic and Kaithi numbers, and characters
    # that the game refuses.
    for code in theirs - ours:
        is_number_sign = code in {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
        is_letter = 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF
        assert is_number_sign or is_letter or not _is_name(chr(code)), hex(code)


def _marks() -> list[tuple[int, int]]:
    bounds = [part.split("-") for part in combining_marks.COMBINING_MARKS.split()]
    return [(int(pair[0], 16), int(pair[-1], 16)) for pair in bounds]


def _is_name(name: str) -> bool:
    try:
        NAME.check(name)
    except ValueError:
        return False
    return True


@pytest.mark.slow
def test_every_letter_digit_and_symbol_that_this_python_knows_is_a_name() -> None:
    blanks = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x1D159, 0x13441, 0x13442}
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] in "LNPS" and code not in blanks:
            assert NAME.check(chr(code)) == chr(code), hex(code)


@pytest.mark.slow
def test_no_control_space_mark_or_surrogate_that_this_python_knows_is_a_name() -> None:
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cc", "Cs", "Co", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"):
            assert not _is_name(chr(code)), hex(code)


@given(st.text(st.characters(blacklist_categories=()), max_size=20))
def test_tidying_a_tidy_line_changes_nothing(typed: str) -> None:
    line = tidy(typed)
    assert tidy(line) == line


@given(st.text(st.characters(blacklist_categories=()), max_size=20))
def test_an_accepted_line_has_no_effect_on_a_terminal(typed: str) -> None:
    line = tidy(typed)
    try:
        check_line(line)
    except ValueError:
        return
    assert printable(line) == line
    line.encode("utf-8")
    assert len(line.splitlines()) == 1


@given(st.text(st.characters(blacklist_categories=())))
def test_a_line_made_printable_has_no_effect_on_a_terminal(typed: str) -> None:
    for shown in (printable(typed), spelled(typed)):
        assert is_plain(shown)
        shown.encode("utf-8")
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
        assert not any(unicodedata.bidirectional(char) in _BIDI_CONTROLS for char in shown)


_BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.slow
def test_every_refused_character_has_a_name() -> None:
    for code in range(sys.maxunicode + 1):
        line = f"a{chr(code)}b"
        try:
            check_line(tidy(line))
        except ValueError:
            assert len(name_of(chr(code))) > len(f"U+{code:04X}"), hex(code)
