"""Dances with accidents: whatever a tracker sees and a performer turns, the bare step goes on soundly.

No warning of numpy passes either: what overflows today is no number tomorrow.
"""

import warnings
from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from configs.genres import GENRES
from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from features import landmarks as lm
from realtime.controls import (
    Control,
    Controls,
    Intensity,
    Mute,
    Nudge,
    Panic,
    SetStyle,
    SetTempo,
    Song,
    StyleMix,
    Tap,
    turn,
)
from realtime.grid import BeatGrid
from realtime.pipeline import Hop, Pipeline
from realtime.types import Beat, Landmarks
from realtime.vision import Observation
from tests.fakes import FakeBackend, manifest
from tests.fuzz.mutate import budget

FPS = 30
LEAD_S, SETTLE_S = 0.22, 0.07
VISUAL = np.array([0.5, 0.4, 0.5, 0.2, 0.0, 0.0], np.float32)
DANCER = VirtualDancer(DancerConfig(bpm=112, style="house", seed=1, seconds=20))
DANCE = [DANCER.landmarks(index / FPS).astype(np.float32) for index in range(20 * FPS)]
ACCIDENTS = (
    "none", "nobody", "unseen", "limbs unseen", "infinite", "one point", "tiny", "huge", "still", "shaking",
    "elsewhere", "invisible", "visibility unknown", "many", "narrow", "wide", "no torso", "stamp twice",
    "stamp back", "gap", "days",
)  # fmt: skip
"""What happens to the next second or so of poses; "none" is a dancer well seen."""

Accident = tuple[str, int]
"""Which, and for how many frames."""

Known = tuple[float, Observation]
"""When an observation is known, and it."""


def people(kind: str, pose: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    """What the tracker lists in a frame with an accident; ``pose`` is its own copy."""
    if kind == "nobody":
        return []
    if kind == "many":
        return [pose + np.array([0.02 * random.integers(0, 20), 0, 0, 0]) for _ in range(4)]
    if kind == "unseen":
        pose[:] = np.nan
    elif kind == "limbs unseen":
        pose[random.integers(0, lm.NUM_LANDMARKS, 10)] = np.nan
    elif kind == "infinite":
        pose[random.integers(0, lm.NUM_LANDMARKS), random.integers(0, 4)] = random.choice([np.inf, -np.inf])
    elif kind == "one point":
        pose[:, :3] = 0.5
    elif kind in ("tiny", "huge"):
        pose[:, :3] *= {"tiny": 1e-7, "huge": 1e7}[kind]
    elif kind == "still":
        pose = DANCE[300].copy()
    elif kind == "shaking":
        pose[:, :3] += random.normal(0, 1, (lm.NUM_LANDMARKS, 3))
    elif kind == "elsewhere":
        pose[:, 0] += random.uniform(-3, 3)
    elif kind == "invisible":
        pose[:, 3] = 0.0
    elif kind == "visibility unknown":
        pose[:, 3] = np.nan
    elif kind == "no torso":
        pose[[lm.LEFT_HIP, lm.RIGHT_HIP], :2] = pose[[lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER], :2]
    return [pose]


def dance(accidents: list[Accident], random: np.random.Generator) -> Iterator[Known]:
    """Everything that is seen: a dancer who is followed, accident after accident, and the dancer again."""
    now_s, index = 0.0, 0
    for kind, frames in [("none", 5 * FPS), *accidents, ("none", 5 * FPS)]:
        now_s += {"gap": 5.0, "days": 2e5}.get(kind, 0.0)
        for _ in range(frames):
            stamp_s = now_s
            if kind == "stamp twice":
                stamp_s = np.floor(now_s * 5) / 5
            elif kind == "stamp back":
                stamp_s = now_s - random.uniform(0, 1)
            aspect = {"narrow": 1e-3, "wide": 1e3}.get(kind, 4 / 3)
            seen = people(kind, DANCE[index % len(DANCE)].copy(), random)
            poses = tuple(Landmarks(stamp_s, pose.astype(np.float32), aspect) for pose in seen)
            yield now_s, Observation(index, stamp_s, poses, VISUAL)
            index, now_s = index + 1, now_s + 1 / FPS


def turned(controls: Controls, random: np.random.Generator, now_s: float) -> Controls:
    """The next hop's controls: mostly those of the last."""
    options: list[Control] = [
        SetStyle(str(random.choice(GENRES))),
        StyleMix({"pop": 1.0, "krump": 2.0}),
        Song(int(random.integers(9))),
        Intensity(float(random.uniform())),
        Mute(bool(random.random() < 0.5)),
        SetTempo(None),
        SetTempo(float(random.uniform(40, 240))),
        Nudge(float(random.uniform(-4, 4))),
        Panic(),
        *(Tap(now_s - float(random.uniform(0, 2))) for _ in range(3)),
    ]
    controls = controls.once_consumed()
    for chosen in random.permutation(len(options))[: max(0, int(random.integers(-20, 4)))]:
        controls = turn(controls, options[chosen])
    return controls


def another_machine(random: np.random.Generator, now_s: float) -> BeatGrid | None:
    """Now and then somebody else's beat."""
    if random.random() > 0.05:
        return None
    return BeatGrid(now_s - random.uniform(0, 9), random.uniform(20, 400), random.uniform(-99, 99), 1.0)


@given(
    st.permutations(ACCIDENTS),
    st.lists(st.integers(1, 40), min_size=len(ACCIDENTS), max_size=len(ACCIDENTS)),
    st.integers(0, 2**32 - 1),
)
@budget(8)
def test_dances_with_accidents(kinds: list[str], frames: list[int], seed: int) -> None:
    accidents = list(zip(kinds, frames, strict=True))
    random = np.random.default_rng(seed)
    described = manifest()
    backend = FakeBackend(described.layout)
    pipeline = Pipeline(described, backend, ShowConfig())
    controls = Controls()
    state, coming = pipeline.start(controls), dance(accidents, random)
    known, now_s, index = next(coming, None), 0.0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        while known is not None:
            now_s = max(now_s + pipeline.hop_s, known[0] if known[0] - now_s > 1e4 else 0.0)
            seen = []
            while known is not None and known[0] <= now_s - SETTLE_S:
                seen.append(known[1])
                known = next(coming, None)
            controls = turned(controls, random, now_s)
            given_grid = another_machine(random, now_s)
            hop = Hop(index, now_s, now_s + LEAD_S, tuple(seen), controls, given_grid)
            rendered, state = pipeline.step(state, hop)
            index += 1
            grid, block = rendered.grid, rendered.block
            assert np.isfinite(block.samples).all() and np.abs(block.samples).max() <= 1.0
            assert 20 <= grid.bpm <= 400 and 0 <= grid.confidence <= 1
            assert np.isfinite([grid.time_s, grid.phase_beats, rendered.phase_beats, rendered.energy]).all()
            assert all(np.isfinite(values).all() for values in backend.seen[-1].values())
            beats = [event.sample for event in rendered.score if isinstance(event, Beat)]
            assert beats == sorted(beats)
            assert all(block.start_sample <= sample < block.end_sample for sample in beats)
