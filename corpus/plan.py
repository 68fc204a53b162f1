"""Which takes make a corpus of so many hours. Pure: numbers in, recipes out."""

from pathlib import Path

import yaml

from configs.genres import GENRES
from corpus.band.song import BEATS_PER_CYCLE, SONGS_PER_GENRE, compose
from corpus.take import Take, make_take

LONGEST_TAKE_S = 64.0


def read_seed(path: Path) -> int:
    """The seed in a seeds file.

    Raises:
        ValueError: the file does not hold exactly ``seed: INTEGER``.
    """
    values = yaml.safe_load(path.read_text())
    if not isinstance(values, dict) or set(values) != {"seed"} or not isinstance(values["seed"], int):
        raise ValueError(f"{path} should hold one line, `seed: 2027` or another integer.")
    return int(values["seed"])


def plan(seed: int, hours: float) -> list[Take]:
    """At least ``hours`` of takes, the same share for each of the eighty songs.

    Takes of a song come in turn, so that a shorter corpus is nearly a prefix of a longer one.
    """
    per_song_s = hours * 3600.0 / (len(GENRES) * SONGS_PER_GENRE)
    takes = []
    for genre in GENRES:
        for index in range(SONGS_PER_GENRE):
            song = compose(genre, index)
            phrase_s = BEATS_PER_CYCLE * 60.0 / song.bpm
            phrases = max(1, round(min(LONGEST_TAKE_S, per_song_s) / phrase_s))
            total_s, number = 0.0, 0
            while total_s < per_song_s:
                takes.append(make_take(song, number, seed, phrases))
                total_s += takes[-1].seconds
                number += 1
    return sorted(takes, key=lambda take: (take.number, GENRES.index(take.song.genre), take.song.index))
