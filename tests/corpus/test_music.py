"""Is it music? Harmony, beats one can hear, genres one can tell apart; on songs no network trains on."""

import numpy as np
import pytest

from configs.genres import GENRES
from corpus.band.mix import Controls, mix
from corpus.band.parts import chord_at, cycle
from corpus.band.song import SONGS_PER_GENRE, compose
from corpus.bank import Bank
from corpus.take import make_take
from evaluation.genre import window_features
from evaluation.rhythm import NARROW_S, beat_f
from evaluation.tracking import track_beats

WINDOW = 44_032
LISTEN_S = 5.0


def take_mix(genre: str, index: int, number: int, energy: float, bank: Bank) -> tuple[np.ndarray, np.ndarray]:
    take = make_take(compose(genre, index), number, 11, 1)
    samples = mix(take.stems(bank), Controls.constant(take.codes, energy), take.song.style.pump)
    return samples, take.beats_s[:-1]


@pytest.mark.parametrize("genre", GENRES)
def test_long_notes_belong_to_the_chord(genre: str) -> None:
    """Held lead notes and all comping are chord tones; no lead note rubs a semitone against the chord."""
    for index in range(SONGS_PER_GENRE):
        song = compose(genre, index)
        for lead in (-0.9, 0.0, 0.9):
            for note in cycle(song, [0, 0, lead, 0, lead, 0, 0, 0]):
                if note.layer not in ("lead", "harmony", "pad"):
                    continue
                _, chord = chord_at(song, min(15.99, round(note.beat * 4) / 4))
                tones = chord.pitch_classes(song.key)
                if note.layer == "lead" and note.beats < 0.7:
                    rubs = any((note.pitch - tone) % 12 in (1, 11) for tone in tones)
                    assert note.pitch % 12 in tones or not rubs, (song.name, note)
                else:
                    assert note.pitch % 12 in tones, (song.name, note)


def test_beats_are_heard_where_they_are(bank: Bank) -> None:
    scores = []
    for genre in GENRES:
        samples, beats_s = take_mix(genre, 6, 0, 0.7, bank)
        heard = track_beats(samples[: int(22_050 * LISTEN_S)], 60 / float(np.mean(np.diff(beats_s))))
        judged = [times[(times > beats_s[2] - 0.1) & (times < LISTEN_S)] for times in (beats_s, heard)]
        scores.append(beat_f(*judged, NARROW_S))
    assert np.mean(scores) >= 0.95, dict(zip(GENRES, scores, strict=True))


def test_genres_can_be_told_apart_on_unseen_songs(bank: Bank) -> None:
    """By the nearest of ten mean spectra, without a sound font; chance is 0.1."""

    def windows(indices: tuple[int, ...]) -> tuple[np.ndarray, list[str]]:
        points, names = [], []
        for genre in GENRES:
            for index in indices:
                samples, _ = take_mix(genre, index, 1, 0.8, bank)
                for start in range(0, len(samples) - WINDOW, WINDOW):
                    points.append(window_features(samples[start : start + WINDOW]))
                    names.append(genre)
        return np.array(points), names

    known, known_names = windows((0, 1))
    unseen, unseen_names = windows((6,))
    scale = known.std(0) + 0.02
    names = np.array(known_names)
    centres = np.array([known[names == genre].mean(0) for genre in GENRES]) / scale
    found = ((unseen[:, None] / scale - centres) ** 2).sum(-1).argmin(1)
    assert np.mean([GENRES[i] == genre for i, genre in zip(found, unseen_names, strict=True)]) >= 0.75
