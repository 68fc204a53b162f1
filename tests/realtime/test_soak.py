"""Three minutes of the whole line in real time, every fault struck: the short version of ``make soak``."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from realtime.chaos import FAULTS, schedule
from realtime.ear import REACH_S, SPAN_S, Ear
from realtime.types import Block
from realtime.vital_signs import VitalSigns
from tests.toy_bundle import make_toy_bundle

RATE = 22050
HOP_MS = 5504 / 22050 * 1000
ROOT = Path(__file__).parents[2]


def music(seconds: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.repeat(generator.normal(0, 0.1, round(seconds * RATE / 7)), 7).astype(np.float32)


def ear_that_heard(samples: np.ndarray) -> Ear:
    ear = Ear(RATE)
    for index in range(len(samples) // 5504):
        ear.play(Block(0, samples[index * 5504 : (index + 1) * 5504]), 10.0 + index * 5504 / RATE)
    return ear


def span(samples: np.ndarray, start_s: float) -> np.ndarray:
    """What is to be heard of the span that begins at a second."""
    first = round((start_s - REACH_S) * RATE)
    return samples[first : first + round((SPAN_S + 2 * REACH_S) * RATE)]


@pytest.mark.parametrize("lag_s", [-0.05, 0.0, 0.0237, 0.3])
def test_the_ear_measures_a_lag_to_a_tenth_of_a_millisecond(lag_s: float) -> None:
    samples = music(8.0)
    ear = ear_that_heard(samples)
    ear.hear(12.0, span(samples, 2.0 - lag_s), RATE)
    assert abs(ear.lags_s[-1] - lag_s) < 1e-4 and ear.likeness[-1] > 0.99


@pytest.mark.parametrize(("hole_s", "counted"), [(0.05, 0), (0.15, 1), (1.0, 1)])
def test_the_ear_finds_holes_longer_than_a_tenth_of_a_second(hole_s: float, counted: int) -> None:
    samples = music(8.0)
    ear = ear_that_heard(samples)
    heard = samples.copy()
    heard[3 * RATE : round((3 + hole_s) * RATE)] = 0.0
    for start_s in (11.0, 13.0, 15.0):
        ear.hear(start_s, span(heard, start_s - 10), RATE)
    assert len(ear.holes) == counted
    for hole in ear.holes:
        assert abs(hole.seconds - hole_s) < 0.03 and abs(hole.start_s - 13) < 0.03


def test_a_card_that_comes_back_with_another_delay_leaves_no_hole() -> None:
    """Music with a rest in every half second: heard at the wrong place, each would be one."""
    samples = music(12.0) * (np.arange(12 * RATE) % (RATE // 2) < 0.35 * RATE)
    samples = samples.astype(np.float32)
    ear = ear_that_heard(samples)
    later = np.concatenate(
        [samples[: 5 * RATE], np.zeros(round(0.12 * RATE), np.float32), samples[5 * RATE :]]
    )
    for start_s in (11.0, 13.0, 15.0, 17.0):
        ear.hear(start_s, span(later, start_s - 10), RATE)
    assert ear.lags_s[-1] == pytest.approx(0.12, abs=1e-4)
    assert all(hole.start_s < 17.0 for hole in ear.holes)  # the span in which it came back has two delays


def test_what_was_not_heard_is_no_hole() -> None:
    samples = music(12.0)
    ear = ear_that_heard(samples)
    silent = samples.copy()
    silent[round(2.9 * RATE) : 3 * RATE] = 0.0
    for start_s in (11.0, 19.0):
        ear.hear(start_s, span(silent, start_s - 10)[: round((SPAN_S + 2 * REACH_S) * RATE)], RATE)
    assert not ear.holes


def test_every_fault_comes_as_often_as_every_other_and_wrong_names_are_refused() -> None:
    next_fault = schedule((), seed=3)
    names = [next_fault().name for _ in range(5 * len(FAULTS))]
    assert all(names.count(fault.name) == 5 for fault in FAULTS)
    assert not any(one == next_one for one, next_one in pairwise(names))
    with pytest.raises(ValueError, match="'camera unplugged'"):
        schedule(("meteorite",), seed=0)


def test_growth_is_told_from_noise() -> None:
    signs = VitalSigns()
    for column, values in signs.columns.items():
        base = np.arange(400.0) if column == "time_s" else 100 + np.random.default_rng(0).normal(0, 1, 400)
        values.extend(base + (np.arange(400) / 10 if column == "own_mb" else 0))
    assert abs(signs.growth("own_mb", 0) - 36) < 2 and abs(signs.growth("all_mb", 0)) < 1


@pytest.mark.soak
@pytest.mark.soundcard
@pytest.mark.pose
@pytest.mark.timeout(400)
@pytest.mark.skipif(
    not shutil.which("pulseaudio"), reason="LOUD: pulseaudio is not installed: make setup-test"
)
def test_three_minutes_with_every_fault(tmp_path: Path) -> None:
    """In a process of its own: a sound library that has once looked for a card does not look again."""
    load_before = os.getloadavg()[0] / (os.cpu_count() or 1)
    # While an engine is slow the last bar is played again: its rests would be holes where strokes were due.
    toy = make_toy_bundle(tmp_path / "toy", drone=0.02)
    command = [sys.executable, "-m", "realtime.soak", "--minutes", "3", "--every", "2", "--seed", "1"]
    command += ["--bundle", str(toy), "--json", str(tmp_path / "verdict.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-4000:])
    assert (tmp_path / "verdict.json").exists(), done.stderr[-2000:]
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert not verdict["error"]  # nothing reached the top
    assert verdict["hops"] > 600 and verdict["faults"] >= 6
    assert not verdict["uncaught"]
    assert verdict["files_growth"] <= 4 and verdict["threads_growth"] <= 4
    assert verdict["listeners"] == 3 and verdict["packets"] > 3 * 50 * 120
    assert verdict["films"] >= 1 and not verdict["films_broken"] and verdict["trace_whole"]
    assert verdict["trace_hops"] == verdict["hops"]
    if load_before > 0.8:
        pytest.skip(f"LOUD: load {load_before:.1f} a core before the soak: its timing says nothing")
    assert not verdict["unrecovered"] and not verdict["holes"]
    assert verdict["underruns_outside"] == 0 and verdict["late_outside"] <= 1
    assert verdict["hop_ms_p99"] < HOP_MS / 2
    assert verdict["own_growth_mb"] < 20 and verdict["film_lost_s"] < 1.0
    assert verdict["slowest_recovery_s"] < 3 and verdict["packets_lost"] == 0
