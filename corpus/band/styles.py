"""A genre's vocabulary, read from ``styles/GENRE.yaml``: grooves, sounds, chords. Knows nothing of songs.

Notation of the files. A drum pattern is one or two bars of sixteenths: ``X`` accent, ``x`` stroke, ``g``
ghost, ``o`` open hat, ``r`` two thirty-seconds, ``.`` rest; spaces are ignored. Bass: ``R`` root,
``3 5 7`` chord tones, ``8`` octave, ``4`` fourth, ``a`` a semitone below the next root, ``-`` hold.
Comping: ``X`` long, ``x`` short stab, ``-`` hold. Lead rhythms, two bars: ``x`` note, ``-`` hold. Chords:
semitones above the key : quality (``theory.CHORDS``), four bars; of n > 4 chords, the last n - 4 bars
hold two each.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from configs.genres import GENRES

FOLDER = Path(__file__).parent / "styles"

DrumPattern = Annotated[str, StringConstraints(pattern=r"^[Xxgor. ]{16,36}$")]
BassPattern = Annotated[str, StringConstraints(pattern=r"^[R34578a.\-]{16}$")]
CompPattern = Annotated[str, StringConstraints(pattern=r"^[Xx.\-]{16}$")]
LeadRhythm = Annotated[str, StringConstraints(pattern=r"^[x.\-]{16} [x.\-]{16}$")]
Progression = Annotated[str, StringConstraints(pattern=r"^\d+:\S+( \d+:\S+){3,7}$")]


class Equaliser(BaseModel):
    """A genre's production: shelves at 150 Hz and 4.5 kHz, a bell of one octave and a half between."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low_db: float = Field(ge=-12, le=12)
    mid_hz: float = Field(ge=200, le=5000)
    mid_db: float = Field(ge=-12, le=12)
    high_db: float = Field(ge=-18, le=12)


class Style(BaseModel):
    """What songs of a genre choose from; a song's three variants of a part rotate through the lists.

    ``swing`` is the delay of every second subdivision as a share of that subdivision (1/3 is a triplet);
    ``swing_unit`` the span in beats it divides: 0.5 swings sixteenths, 1.0 swings eighths. ``pump`` is the
    depth of the side-chain, ``room`` scales the reverb. Sounds are named as in ``sounds``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    swing: float = Field(ge=0, le=0.4)
    swing_unit: float = Field(ge=0.5, le=1.0)
    pump: float = Field(ge=0, le=1)
    room: float = Field(ge=0, le=2)
    eq: Equaliser
    lead_centre: int
    comp_centre: int
    keys: tuple[int, ...]
    scale: str
    levels_db: dict[str, float]
    progressions: tuple[Progression, ...]
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    second_snare: tuple[str, ...]
    hat: tuple[tuple[str, str], ...]
    toms: tuple[str, str, str]
    crash: str
    kick_patterns: tuple[DrumPattern, ...]
    snare_patterns: tuple[DrumPattern, ...]
    hat_patterns: tuple[DrumPattern, ...]
    percussion: tuple[dict[str, DrumPattern], ...]
    bass: tuple[str, ...]
    bass_patterns: tuple[BassPattern, ...]
    comp: tuple[str, ...]
    comp_patterns: tuple[CompPattern, ...]
    lead: tuple[str, ...]
    lead_rhythms: tuple[LeadRhythm, ...]
    pad: tuple[str, ...]


@lru_cache(maxsize=len(GENRES))
def style_of(genre: str) -> Style:
    """The vocabulary of a genre.

    Raises:
        ValueError: there is no such genre, or its file is wrong (the message says where).
    """
    if genre not in GENRES:
        raise ValueError(f"There is no genre {genre!r}; the ten are {', '.join(GENRES)}.")
    return Style.model_validate(yaml.safe_load((FOLDER / f"{genre}.yaml").read_text()))
