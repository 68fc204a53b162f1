"""A song: what ``compose`` decides once and for all. Its notes are in ``parts``, its sound in ``render``."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from configs.genres import GENRES, tempi_bpm
from corpus.band.styles import Style, style_of
from corpus.band.theory import Chord

Pattern = TypeVar("Pattern")

SONGS_PER_GENRE = 8
"""Six to train on (slots 0..5 of the house bundle), one to validate, one to test."""

SLOTS = 6

SPLITS: tuple[str, ...] = ("train",) * SLOTS + ("validation", "test")
"""The split of song ``index``: no network ever sees songs 6 and 7 of a genre."""

BEATS_PER_BAR = 4
BEATS_PER_CYCLE = 16
BARS_PER_CYCLE = 4

VARIATION: tuple[str, ...] = ("drums", "fill", "lead", "hats", "comping", "percussion", "ghosts", "bass")
"""What each of the eight phrase-variation values in [-1, 1] chooses (``ghosts``: continuous loudness)."""


@dataclass(frozen=True)
class Motif:
    """A melody of two bars: a rhythm of 32 sixteenths, and a contour of scale steps, one a note."""

    rhythm: str
    contour: tuple[int, ...]


@dataclass(frozen=True)
class Song:
    """Everything a four-bar cycle is made of; patterns as ``styles`` explains them.

    The notes at cycle phase p are a function of the song, p and the variation values (``parts.cycle``).
    """

    genre: str
    index: int
    bpm: float
    key: int
    scale: str
    style: Style
    chords: tuple[tuple[float, float, Chord], ...]
    kick: str
    snare: str
    second_snare: str
    hat: tuple[str, str]
    kick_patterns: tuple[str, str, str]
    snare_patterns: tuple[str, str, str]
    hat_patterns: tuple[str, str, str]
    percussion: tuple[dict[str, str], ...]
    bass: str
    bass_patterns: tuple[str, str, str]
    comp: str
    comp_patterns: tuple[str, str, str]
    lead: str
    motifs: tuple[Motif, Motif, Motif]
    pad: str

    @property
    def name(self) -> str:
        """``house_3``: unique, and usable as a file name."""
        return f"{self.genre}_{self.index}"

    @property
    def split(self) -> str:
        """``train``, ``validation`` or ``test``."""
        return SPLITS[self.index]

    @property
    def slot_weights(self) -> tuple[float, ...]:
        """The six song-slot weights of the variation vector: one-hot, or even for a held-out song."""
        if self.index < SLOTS:
            return tuple(float(i == self.index) for i in range(SLOTS))
        return (1.0 / SLOTS,) * SLOTS


def compose(genre: str, index: int) -> Song:
    """Song ``index`` (0..7) of a genre; the same arguments give the same song, for ever.

    Raises:
        ValueError: unknown genre, or index out of range.
    """
    if not 0 <= index < SONGS_PER_GENRE:
        raise ValueError(
            f"Song index {index} is out of range: each genre has songs 0 to {SONGS_PER_GENRE - 1}."
        )
    style = style_of(genre)
    rng = np.random.default_rng([2027, GENRES.index(genre), index])
    tempi = tempi_bpm(genre)
    second_bar = len(style.lead_rhythms)
    return Song(
        genre=genre,
        index=index,
        bpm=float(tempi[(index * 5 + 2) % len(tempi)]),
        key=style.keys[index],
        scale=style.scale,
        style=style,
        chords=spans(style.progressions[index % len(style.progressions)]),
        kick=style.kick[index % len(style.kick)],
        snare=style.snare[index % len(style.snare)],
        second_snare=style.second_snare[index % len(style.second_snare)],
        hat=style.hat[index % len(style.hat)],
        kick_patterns=three(style.kick_patterns, index),
        snare_patterns=three(style.snare_patterns, index),
        hat_patterns=three(style.hat_patterns, index),
        percussion=three(style.percussion, index),
        bass=style.bass[index % len(style.bass)],
        bass_patterns=three(style.bass_patterns, index),
        comp=style.comp[index % len(style.comp)],
        comp_patterns=three(style.comp_patterns, index),
        lead=style.lead[index % len(style.lead)],
        motifs=(
            motif(rng, style.lead_rhythms[index % second_bar]),
            motif(rng, style.lead_rhythms[(index + 1) % second_bar]),
            motif(rng, style.lead_rhythms[(index + 2) % second_bar]),
        ),
        pad=style.pad[index % len(style.pad)],
    )


def three(patterns: tuple[Pattern, ...], start: int) -> tuple[Pattern, Pattern, Pattern]:
    """Three patterns in turn, beginning at ``start``; spaces taken out of strings."""
    chosen = [patterns[(start + i) % len(patterns)] for i in range(3)]
    return chosen[0], chosen[1], chosen[2]


def spans(progression: str) -> tuple[tuple[float, float, Chord], ...]:
    """(start beat, beats, chord) of the chords of a cycle; see ``styles`` for the notation."""
    symbols = progression.split()
    if not BARS_PER_CYCLE <= len(symbols) <= 2 * BARS_PER_CYCLE:
        raise ValueError(f"A progression has 4 to 8 chords, not {len(symbols)}: {progression!r}.")
    whole_bars = 2 * BARS_PER_CYCLE - len(symbols)
    result = []
    beat = 0.0
    for i, symbol in enumerate(symbols):
        length = float(BEATS_PER_BAR if i < whole_bars else BEATS_PER_BAR // 2)
        result.append((beat, length, Chord(symbol)))
        beat += length
    return tuple(result)


def motif(rng: np.random.Generator, rhythm: str) -> Motif:
    """A contour for a rhythm: small steps, now and then a leap, drawn back towards the centre."""
    rhythm = rhythm.replace(" ", "")
    position = int(rng.integers(-2, 3))
    contour = []
    for _ in range(rhythm.count("x")):
        contour.append(position)
        step = int(rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4]))
        position = int(np.clip(position + step - np.sign(position) * (abs(position) > 3), -5, 6))
    return Motif(rhythm, tuple(contour))
