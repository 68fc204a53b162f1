import numpy as np
import pytest

from configs.genres import GENRES, tempi_bpm
from corpus.band.parts import STEPS_PER_BAR, choice, cycle, swung
from corpus.band.render import LAYERS
from corpus.band.song import SONGS_PER_GENRE, VARIATION, Song, compose, spans
from corpus.band.sounds import HITS, INSTRUMENTS
from corpus.band.styles import Style, style_of
from corpus.band.synth import HIT_RECIPES, NOTE_RECIPES
from corpus.band.theory import CHORDS, SCALES

ALL_SONGS = [(genre, index) for genre in GENRES for index in range(SONGS_PER_GENRE)]
EDGES = [np.full(8, value) for value in (-1.0, -0.4, 0.0, 0.4, 1.0)]


def every_note(song: Song) -> list:
    return [note for variation in EDGES for note in cycle(song, variation)]


@pytest.mark.parametrize(("genre", "index"), ALL_SONGS)
def test_every_song_is_playable(genre: str, index: int) -> None:
    song = compose(genre, index)
    assert song.bpm in tempi_bpm(genre)
    layers = set()
    for note in every_note(song):
        layers.add(note.layer)
        assert 0 <= note.beat < 16 and note.beats > 0 and 0 < note.velocity <= 1
        if note.pitch < 0:
            assert note.sound in HITS
        else:
            source = INSTRUMENTS[note.sound]
            assert source.low - 2 <= note.pitch <= source.high + 2, (note, source)
    assert layers == set(LAYERS) - {"crash", "sweep"}


@pytest.mark.parametrize("genre", GENRES)
def test_songs_of_a_genre_differ_in_key_chords_and_notes(genre: str) -> None:
    songs = [compose(genre, index) for index in range(SONGS_PER_GENRE)]
    assert len({song.key for song in songs}) == SONGS_PER_GENRE
    assert len({tuple(cycle(song, np.zeros(8))) for song in songs}) == SONGS_PER_GENRE
    progressions = {tuple((c.root, c.quality) for _, _, c in song.chords) for song in songs}
    assert len(progressions) >= 4
    assert [song.split for song in songs].count("train") == 6


@pytest.mark.parametrize("genre", GENRES)
def test_style_names_things_that_exist(genre: str) -> None:
    style = style_of(genre)
    hits = [*style.kick, *style.snare, *style.second_snare, *style.toms, style.crash]
    hits += [name for pair in style.hat for name in pair]
    hits += [name for players in style.percussion for name in players]
    assert set(hits) <= set(HITS)
    assert {*style.bass, *style.comp, *style.lead, *style.pad} <= set(INSTRUMENTS)
    assert style.scale in SCALES
    for progression in style.progressions:
        assert all(symbol.split(":")[1] in CHORDS for symbol in progression.split())
    for pattern in (*style.kick_patterns, *style.snare_patterns, *style.hat_patterns):
        assert len(pattern.replace(" ", "")) % STEPS_PER_BAR == 0
    assert min(INSTRUMENTS[name].length_s for name in style.pad) > 3.4  # a whole bar at the slowest tempo


def test_every_sound_has_a_recipe_of_our_own() -> None:
    assert {hit.synth for hit in HITS.values()} <= set(HIT_RECIPES)
    assert {source.synth for source in INSTRUMENTS.values()} <= set(NOTE_RECIPES)


def test_a_song_is_the_same_for_ever(house: Song) -> None:
    assert compose("house", 0) == house or cycle(compose("house", 0), np.zeros(8)) == cycle(
        house, np.zeros(8)
    )


@pytest.mark.parametrize("axis", range(8))
def test_each_variation_value_changes_the_notes(axis: int) -> None:
    low, high = np.zeros(8), np.zeros(8)
    low[axis], high[axis] = -0.9, 0.9
    songs = [compose(genre, index) for genre, index in ALL_SONGS]
    idle = [song.name for song in songs if cycle(song, low) == cycle(song, high)]
    assert not idle, f"{VARIATION[axis]} changes nothing in {idle}"


def test_fill_ends_the_cycle_and_the_kick_keeps_the_beat(house: Song) -> None:
    for value in (-0.9, -0.3, 0.3, 0.9):
        variation = np.zeros(8)
        variation[1] = value
        notes = cycle(house, variation)
        kicks = {note.beat for note in notes if note.layer == "kick"}
        assert set(map(float, range(16))) <= kicks
        last_bar = [note for note in notes if note.layer == "snare" and note.beat >= 14]
        assert len(last_bar) >= 3


def test_choice_divides_the_range_evenly() -> None:
    values = np.linspace(-1, 1, 3001)
    counts = np.bincount([choice(v, 3) for v in values])
    assert counts.tolist() == pytest.approx([1000, 1000, 1001], abs=2)


def test_swing_moves_the_middle_and_keeps_the_beat() -> None:
    assert swung(3.0, 0.3, 0.5) == 3.0
    assert swung(0.25, 1 / 3, 0.5) == pytest.approx(1 / 3)
    assert swung(0.5, 1 / 3, 1.0) == pytest.approx(2 / 3)
    beats = np.linspace(0, 4, 200)
    assert np.all(np.diff([swung(b, 0.3, 0.5) for b in beats]) > 0)


def test_chords_fill_the_cycle() -> None:
    for progression in ("0:m 0:m 0:m 0:m", "0:m 0:m 0:m 0:m 5:7", "0:m 1:m 2:m 3:m 4:m 5:m 6:m 7:m"):
        parsed = spans(progression)
        assert sum(length for _, length, _ in parsed) == 16
        assert parsed[-1][0] + parsed[-1][1] == 16


def test_wrong_requests_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no genre 'polka'"):
        compose("polka", 0)
    with pytest.raises(ValueError, match="songs 0 to 7"):
        compose("house", 8)
    with pytest.raises(ValueError, match="8 variation values, not 3"):
        cycle(compose("house", 0), [0, 0, 0])
    with pytest.raises(ValueError, match="swnig"):
        Style.model_validate({**style_of("house").model_dump(), "swnig": 0.1})
