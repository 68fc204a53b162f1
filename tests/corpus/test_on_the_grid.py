"""Recorded dances laid on a beat: accents fall on it, a song's drift is followed."""

from pathlib import Path

import numpy as np
import pytest

from corpus.band.song import compose
from corpus.beat_dances import RECORDED, recorded_beat_dance
from corpus.beat_pool import recorded_pool
from corpus.danced import recorded_dance
from corpus.in_step import dance_to
from corpus.on_the_grid import DancerOnTheGrid, Laid, accent_curve, all_laid, laid
from corpus.take import make_take
from dancer import DancerConfig
from dancer.motion_files import Motion, motions_in, read_motion
from dancer.skeleton import JOINT, JOINTS
from evaluation.rhythm import octave_error
from features.pose_stream import INPUTS, RATE_HZ
from tests.corpus.recordings import recording, write_recording


@pytest.fixture(scope="module")
def one() -> Laid:
    return laid(recording()[0])


def test_beats_are_found_in_a_dance_that_drifts() -> None:
    motion, beats_s = recording("house", 112)
    found = laid(motion)
    error, octave = octave_error(112, found.bpm)
    assert abs(error) < 0.05 and octave in (0.5, 1, 2)
    grid_s = np.interp(
        np.arange(0, len(beats_s) - 1, 0.5), np.arange(len(beats_s)), beats_s
    )  # or between them
    off_s = np.abs(found.beats_s[2:-2, None] - grid_s[None]).min(1)
    assert np.median(off_s) < 0.02


def test_accents_fall_on_the_beat_that_is_wanted(one: Laid) -> None:
    bpm = 100.0
    danced = DancerOnTheGrid(one, DancerConfig(bpm=bpm, seconds=16, first_beat_s=0.0))
    times_s = np.arange(0, 16, 1 / 60)
    joints = danced.joints(times_s)
    named = {name: joints[:, JOINT[name]] for name in JOINTS if name not in ("crown", "nose")}
    curve = accent_curve(Motion("again", named, 60))
    phase = np.exp(2j * np.pi * np.arange(len(curve)) / 60 * bpm / 60)
    assert abs(np.sum(curve * phase)) / np.sum(curve) > 0.15  # spread evenly: 0


def test_a_recording_dances_to_a_song_with_its_drift(one: Laid) -> None:
    take = make_take(compose("house", 0), 1, 0, 2)
    columns = [dance_to(take, 50, 344, np.random.default_rng(seed), [one]) for seed in (3, 3, 4, 5, 6)]
    plain = [dance_to(take, 50, 344, np.random.default_rng(seed)) for seed in (3, 4, 5, 6)]
    assert columns[0].shape == (16, 344) and np.isfinite(columns[0]).all()
    assert np.array_equal(columns[0], columns[1])
    changed = sum(not np.array_equal(a, b) for a, b in zip(columns[1:], plain, strict=True))
    assert changed >= 1  # half of the dancers are recorded ones


@pytest.mark.parametrize(("song_bpm", "pace"), [(112.0, 1.0), (58.0, 2.0), (215.0, 0.5)])
def test_half_and_double_time_are_taken_where_they_are_nearer(song_bpm: float, pace: float) -> None:
    even = Laid(recording(seconds=2)[0], np.arange(16) * 60 / 112)
    assert even.paces(song_bpm) == pace and even.bpm == pytest.approx(112)
    assert even.time_at(3.5) == pytest.approx(3.5 * 60 / 112)
    assert even.time_at(15 + 4) == pytest.approx(even.time_at(15 - 4))


def test_too_short_a_dance_has_no_beat() -> None:
    with pytest.raises(ValueError, match="too few"):
        laid(recording(seconds=2.0)[0])


def test_a_recording_teaches_the_beat_it_was_laid_on(
    one: Laid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = (recorded_beat_dance(one, 3, 8.0, 0.1) for _ in range(2))
    assert np.array_equal(first.rows, again.rows) and first.style == RECORDED
    assert first.rows.shape == (len(first.beats), INPUTS) and np.isfinite(first.rows).all()
    bpm = np.diff(first.beats) * RATE_HZ * 60
    assert bpm.min() > 70 and bpm.max() < 180
    monkeypatch.setattr("corpus.beat_pool.PART", 2)
    pool = recorded_pool(tmp_path, [one], 2, 4.0, 0.1, 7)
    assert pool.rows.shape == (2, 4 * RATE_HZ, INPUTS) and set(pool.style) == {RECORDED}
    assert np.isfinite(pool.with_(pool).beats[:, :60]).all() and len(pool.with_(pool).rows) == 4


def test_folders_of_recordings_become_dancers(tmp_path: Path) -> None:
    motion, _ = recording(seconds=5.0)
    for name in ("a/01", "a/02", "b/01"):
        write_recording(tmp_path / f"{name}.npz", motion)
    assert len(motions_in(tmp_path)) == 3 and len(motions_in(tmp_path, ["a/02*"])) == 2
    assert len(motions_in(tmp_path, only=["b/*"])) == 1
    assert all_laid(tmp_path) == []  # 5 s are too few to have a beat: skipped
    read = read_motion(tmp_path / "b/01.npz")
    first, again, other = (recorded_dance(read, seed, 6.0) for seed in (1, 1, 2))
    assert np.array_equal(first.seen, again.seen) and not np.array_equal(first.seen, other.seen)
    assert first.clean.shape == (16, int(6 * 22_050 / 128)) and np.isfinite(first.seen).all()
