"""Tests of reading and writing settings files: equal settings, and a sentence with the line for each mistake."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, strategies as st

from gameserver.settings_file.reader import SettingsFileError, load
from gameserver.settings_file.texts import from_text, to_text
from gameserver.settings_file.writer import write
from gameserver.world.modes import MODES
from gameserver.world.ranges import Column, Range, check_settings, described, setting
from gameserver.world.settings import GameSettings
from gameserver.world.tables import SPECIES, WEAPONS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "game.ini"


def read(file: Path, text: str, **flags: Any) -> GameSettings:
    file.write_text(text, encoding="utf-8")
    return load(str(file), GameSettings, flags)


# What a file gives -------------------------------------------------------------------------------------------


def test_the_written_defaults_are_read_as_exactly_the_defaults(file: Path) -> None:
    assert read(file, write(GameSettings())) == GameSettings()


def test_other_settings_are_written_and_read_too(file: Path) -> None:
    settings = GameSettings(
        mode="duel",
        teams=2,
        modes=(*MODES, MODES[0]._replace(name="duel", teams=(2, 2), ends_by=())),
        time_limit_s=None,
        score_limit=7,
        snow_share=0.1 + 0.2,
        start_resources=(1, 2, 3, 4),
        weapons=(*WEAPONS[:-1], WEAPONS[-1]._replace(after=(), damage=1e-9)),
        species=(*SPECIES, SPECIES[0]._replace(name="white bear", hunts=True)),
    )
    assert read(file, write(settings)) == settings


def test_the_written_file_says_everything_about_each_setting_and_column() -> None:
    text = write(GameSettings(kill_score=7))
    assert "# points for a killed player\n# default: 100; 0 to 1000000; at once\nkill_score = 7\n" in text
    assert "# width and height of the map\n# default: 14400.0; 1000 to 65535 units; new rooms\n" in text
    assert "#   scale: factor of animal_scale; 0.1 to 3; new rooms\n" in text
    assert "\n[weapon katana]\n" in text
    assert "\ndamage = 1.6  # default: 1.6\n" in text
    assert "\nhunts = no  # default: no\n" in text
    for known in described(GameSettings).values():
        assert known.help in text
        assert all(cell.column.help in text for cell in known.cells.values())


def test_a_line_that_is_left_out_has_the_default_and_a_flag_wins_over_the_file(file: Path) -> None:
    text = "[game]\nkill_score = 200  # twice as much\nmode = team-match\n[weapon katana]\ndamage = 2\n"
    settings = read(file, text, teams=3, kill_score=5)
    assert (settings.kill_score, settings.mode, settings.teams) == (5, "team-match", 3)
    assert settings.weapons == tuple(row._replace(damage=2.0) if row.name == "katana" else row for row in WEAPONS)
    assert settings == dataclasses.replace(
        GameSettings(), mode="team-match", teams=3, kill_score=5, weapons=settings.weapons
    )


def test_a_section_with_a_new_name_and_all_columns_adds_a_row(file: Path) -> None:
    text = "[animal bear]\nhunts = yes\nscale = 1.5\nhealth = 3\nwander = 1\nrun = 0.8\nworth = 2\n"
    assert read(file, text).species == (*SPECIES, SPECIES[0].__class__("bear", True, 1.5, 3.0, 1.0, 0.8, 2.0))


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_files_of_every_usual_editor_are_read(file: Path, prefix: bytes, end: bytes) -> None:
    file.write_bytes(prefix + end.join([b"; mine", b"[game]", b"", b"kill_score=7"]))
    assert load(str(file), GameSettings, {}).kill_score == 7


class Card(NamedTuple):
    name: str
    worth: int


ACES = (Card("ace", 11),)
CARD_COLUMNS = {"worth": Column("points", Range(1, 11))}


@dataclass(frozen=True)
class CardSettings:
    """The settings of another game, which knows nothing of weapons."""

    hand: int = setting(5, range=Range(1, 10), help="cards in a hand", changeable=True)
    is_open: bool = setting(False, help="everybody sees all hands")
    dealer: str = setting("nobody", help="the name of the dealer")
    cards: tuple[Card, ...] = setting(ACES, rows=(1, 50), columns=CARD_COLUMNS, row_word="card", help="cards")

    def __post_init__(self) -> None:
        check_settings(self)


def test_the_settings_of_any_game_can_be_read(file: Path) -> None:
    assert CardSettings() == load_text(file, write(CardSettings()))
    changed = CardSettings(3, True, "Ann", (Card("ace", 1), Card("ten", 10)))
    assert load_text(file, write(changed)) == changed
    with pytest.raises(SettingsFileError, match="line 2: setting is_open must be yes or no, not 'maybe'"):
        load_text(file, "[game]\nis_open = maybe\n")
    with pytest.raises(SettingsFileError, match=r"no section \[weapon katana\]; there are \[game\], \[card NAME\]"):
        load_text(file, "[weapon katana]\n")


def load_text(file: Path, text: str) -> CardSettings:
    file.write_text(text, encoding="utf-8")
    return load(str(file), CardSettings, {})


@given(st.one_of(st.floats(allow_nan=False), st.tuples(st.floats(allow_nan=False))))
def test_every_number_is_read_as_it_was_written(value: Any) -> None:
    assert from_text("x", to_text(value), float, isinstance(value, tuple)) == value


# Mistakes ----------------------------------------------------------------------------------------------------

MISTAKES = {
    "empty": ("", ": it has no section"),
    "only comments": ("# nothing\n\n", ": it has no section"),
    "no section": ("kill_score = 1\n", ", line 1: a line such as [game] must come first"),
    "no value": ("[game]\nkill_score\n", ", line 2: this is no line of the form NAME = VALUE"),
    "half a section": ("[game]\nseed = 1\n[weap", ", line 3: this is no line of the form NAME = VALUE"),
    "twice": ("[game]\nseed = 1\nseed = 2\n", ", line 3: seed is in section [game] already"),
    "a section twice": ("[game]\n\n[game]\n", ", line 3: section [game] is in the file already"),
    "no such section": ("[gam]\n", ", line 1: there is no section [gam]; there are [game], [mode NAME]"),
    "no name of a row": ("[weapon]\n", ", line 1: there is no section [weapon]"),
    "the section of all sections": ("[DEFAULT]\nseed = 1\n", ", line 1: there is no section [DEFAULT]"),
    "no such setting": (
        "[game]\n\nkil_score = 1\n",
        ", line 3: there is no setting kil_score (did you mean kill_score?)",
    ),
    "capital letters": ("[game]\nSeed = 1\n", ", line 2: there is no setting Seed (did you mean seed?)"),
    "a table as a setting": ("[game]\nweapons = 1\n", ", line 2: there is no setting weapons"),
    "a setting of the server": ("[game]\nmax_players = 1\n", ", line 2: there is no setting max_players"),
    "no such column": (
        "[weapon katana]\ndamge = 1\n",
        ", line 2: [weapon katana] has no column damge (did you mean damage?)",
    ),
    "a new name of a row": ("[weapon katana]\nname = sabre\n", ", line 2: [weapon katana] has no column name"),
    "no such row": ("[animal wolv]\nhealth = 2\n", ", line 1: there is no animal wolv (did you mean wolf?); a new one"),
    "no room for a row": ("[weapon katan]\n", ", line 1: there is no weapon katan (did you mean katana?), and"),
    "no number": (
        "[game]\nkill_score = many\n",
        ", line 2: setting kill_score must be a whole number from 0 to 1000000",
    ),
    "no whole number": ("[game]\nkill_score = 1.5\n", ", line 2: setting kill_score must be a whole number"),
    "nothing": ("[game]\nkill_score =\n", ", line 2: setting kill_score must be a whole number"),
    "none, where it is not allowed": ("[game]\nkill_score = none\n", ", line 2: setting kill_score must be"),
    "a long number": (f"[game]\nseed = {'9' * 5000}\n", ", line 2: setting seed must be a whole number"),
    "no finite number": ("[game]\nplayer_speed = nan\n", ", line 2: setting player_speed must be a number from 0"),
    "out of range": ("[game]\nplayer_speed = 1e9\n", ", line 2: setting player_speed must be a number from 0 to 10000"),
    "a column out of range": (
        "[animal wolf]\nrun = 1\nhealth = 0\n",
        ", line 3: setting health of [animal wolf] must be a number",
    ),
    "too few numbers": (
        "[game]\nstart_resources = 1, 2\n",
        ", line 2: setting start_resources must be a tuple of 4 numbers",
    ),
    "no number among numbers": (
        "[building wall]\nprice = 1, 2, x, 4\n",
        ", line 2: setting price of [building wall] must be",
    ),
    "no truth": ("[animal wolf]\nhunts = perhaps\n", ", line 2: setting hunts of [animal wolf] must be yes or no"),
    "no such word": (
        "[mode team-match]\nends_by = time, tea\n",
        ", line 2: setting ends_by of [mode team-match] must be one of",
    ),
    "no such mode": ("[game]\nseed = 1\nmode = chess\n", ", line 3: setting mode must be one of free-for-all"),
    "two that do not fit": (
        "[game]\nseed = 1\nmode = team-match\n",
        ", line 3: setting teams must be 2 to 4 in mode team-match",
    ),
    "a second line": ("[game]\nseed = 1\n  2\n", ", line 2: setting seed must be a whole number"),
}


@pytest.mark.parametrize(("text", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_a_sentence_with_file_line_and_reason(file: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsFileError) as refused:
        read(file, text)
    said = str(refused.value)
    assert said.startswith(f"{file}{says}")
    assert said.isprintable()
    assert len(said) < 600


def test_a_fault_between_a_flag_and_the_file_names_the_line_of_the_file(file: Path) -> None:
    with pytest.raises(SettingsFileError, match="line 3: setting teams must be 2 to 4 in mode team-match, not 0"):
        read(file, "[game]\nteams = 2\nmode = team-match\n", teams=0)


def test_a_file_that_cannot_be_read_as_text_is_refused(file: Path, tmp_path: Path) -> None:
    for content, says in ((b"[game]\nseed = \xff", "no text in UTF-8"), (b"#" * 1_000_001, "longer than 1000000")):
        file.write_bytes(content)
        with pytest.raises(SettingsFileError, match=says):
            load(str(file), GameSettings, {})
    for path, says in ((tmp_path / "none.ini", "it cannot be read: No such file"), (tmp_path, "this is no file")):
        with pytest.raises(SettingsFileError, match=says):
            load(str(path), GameSettings, {})
