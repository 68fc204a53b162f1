"""Tempo maps are exact: closed forms, inverses, and the integral of the tempo they state."""

import numpy as np
import pytest

from dancer.tempo import Drifting, Steady, Stepping, TempoMap

TEMPI = (Steady(), Drifting(0.06, 17.0), Stepping(((10.0, 120.0), (25.5, 92.0))))
MAPS = [TempoMap(104, tempo, first_beat_s=0.31) for tempo in TEMPI]


@pytest.mark.parametrize("tempo_map", MAPS, ids=("steady", "drifting", "stepping"))
class TestEveryMap:
    def test_time_of_beat_of_time_is_the_time(self, tempo_map: TempoMap) -> None:
        times = np.linspace(-3, 600, 5003)
        np.testing.assert_allclose(tempo_map.time_at(tempo_map.beat_at(times)), times, atol=1e-9)

    def test_beat_zero_is_at_the_first_beat(self, tempo_map: TempoMap) -> None:
        assert tempo_map.beat_at(0.31) == pytest.approx(0, abs=1e-12)
        assert tempo_map.time_at(0) == pytest.approx(0.31, abs=1e-12)

    def test_beats_are_the_integral_of_the_tempo(self, tempo_map: TempoMap) -> None:
        times = np.linspace(0, 60, 600_001)
        middle = (times[1:] + times[:-1]) / 2
        counted = np.sum(tempo_map.bpm_at(middle) / 60 * np.diff(times))
        assert tempo_map.beat_at(60.0) - tempo_map.beat_at(0.0) == pytest.approx(counted, abs=2e-4)

    def test_whole_beats_between_are_all_and_only_those(self, tempo_map: TempoMap) -> None:
        beats = tempo_map.beats_between(2.0, 40.0)
        times = tempo_map.time_at(beats)
        assert np.all(np.diff(beats) == 1)
        assert times[0] >= 2.0 > tempo_map.time_at(beats[0] - 1)
        assert times[-1] < 40.0 <= tempo_map.time_at(beats[-1] + 1)


def test_a_steady_beat_is_sixty_over_bpm_for_hours() -> None:
    steady = TempoMap(97.3)
    assert steady.time_at(20_000) == pytest.approx(20_000 * 60 / 97.3, abs=1e-9)


def test_a_step_keeps_the_phase_and_changes_the_interval() -> None:
    stepping = TempoMap(120, Stepping(((10.25, 60.0),)))
    assert stepping.beat_at(10.25) == pytest.approx(20.5)
    assert stepping.beat_at(11.25) == pytest.approx(21.5)
    np.testing.assert_array_equal(stepping.bpm_at([10.24, 10.25, 99]), [120, 60, 60])


def test_a_drift_reaches_its_depth() -> None:
    drifting = TempoMap(100, Drifting(0.05, 20))
    assert drifting.bpm_at(5.0) == pytest.approx(105)
    assert drifting.bpm_at(15.0) == pytest.approx(95)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Drifting(0.9), ("drift", "0.9")),
        (lambda: Drifting(0.1, 0), ("drift_period", "0")),
        (lambda: Stepping(()), ("steps",)),
        (lambda: Stepping(((5, 100), (3, 90)))  , ("steps", "[5, 3]")),
        (lambda: Stepping(((5, 1000),)), ("steps", "1000")),
        (lambda: TempoMap(12), ("bpm", "12")),
    ],
)  # fmt: skip
def test_impossible_tempi_are_refused_by_name(make, words) -> None:
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)
