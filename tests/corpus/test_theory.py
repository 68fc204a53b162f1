from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from corpus.band.theory import CHORDS, SCALES, Chord, inverted, nearest, scale_pitches, voicing


@given(st.integers(0, 11), st.integers(20, 100))
def test_nearest_pitch_has_the_class_and_lies_within_a_tritone(pitch_class: int, centre: int) -> None:
    pitch = nearest(pitch_class, centre)
    assert pitch % 12 == pitch_class
    assert abs(pitch - centre) <= 6


@given(st.sampled_from(sorted(CHORDS)), st.integers(0, 11), st.integers(0, 11), st.integers(0, 3))
def test_voicing_is_the_chord_and_rises(quality: str, root: int, key: int, inversion: int) -> None:
    chord = Chord(f"{root}:{quality}")
    notes = inverted(voicing(chord, key, 60, ()), inversion)
    assert {note % 12 for note in notes} == set(chord.pitch_classes(key))
    assert all(low < high for low, high in pairwise(notes))


def test_voices_move_little() -> None:
    first = voicing(Chord("0:m7"), 9, 60, ())
    second = voicing(Chord("5:m7"), 9, 60, first)
    assert max(abs(a - b) for a, b in zip(first, second, strict=True)) <= 4


def test_scale_pitches_are_of_the_scale() -> None:
    pitches = scale_pitches("dorian", 2, 60, 84)
    assert {(pitch - 2) % 12 for pitch in pitches} == set(SCALES["dorian"])
    assert pitches[0] >= 60 and pitches[-1] <= 84
