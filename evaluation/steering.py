"""From a change of movement to a change of sound: how surely, and after how long. Sound and steps in.

Music changes all the time, so a change counts only against what was to be expected: the same place of the
last bars. What remains is compared with what it is while the dancer changes nothing; and the detector is
tried at as many moments without a step, so that its false alarms stand beside its detections.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.answers import Change, Direction, change
from evaluation.audio import Samples
from evaluation.rhythm import tempo_bpm
from evaluation.trace import Step, Trace
from features.mel import SAMPLE_RATE_HZ, log_mel

Array = NDArray[np.float64]

N_BANDS = 24
FLOOR = 1e-3
FRAME_SAMPLES, HOP_SAMPLES = 1024, 256
FRAME_S = HOP_SAMPLES / SAMPLE_RATE_HZ
BARS_BACK = 4
JITTER_FRAMES = 3
RUN_FRAMES = 7  # 81 ms above the threshold: a change, not a click
WITHIN_S = 2.0
SETTLE_S = 1.5
MARGIN = 1.2


@dataclass(frozen=True)
class Trial:
    """One step: ``delay_s`` from the movement to the audible change, None if nothing was heard in 2 s."""

    step: Step
    delay_s: float | None
    change: Change
    right_way: bool


@dataclass(frozen=True)
class Steering:
    """All trials, and how often the same detector fires where nothing changed (0..1)."""

    trials: tuple[Trial, ...]
    false_alarm_rate: float

    @property
    def detection_rate(self) -> float:
        """Share of steps followed by an audible change within 2 s."""
        return (
            float(np.mean([trial.delay_s is not None for trial in self.trials]))
            if self.trials
            else float("nan")
        )

    @property
    def right_way_rate(self) -> float:
        """Share of steps after which loudness, density and brightness moved the right way."""
        return float(np.mean([trial.right_way for trial in self.trials])) if self.trials else float("nan")

    def delay_ms(self, percentile: float) -> float:
        """A percentile of the detected delays in ms; NaN without detections."""
        delays = [1e3 * trial.delay_s for trial in self.trials if trial.delay_s is not None]
        return float(np.percentile(delays, percentile)) if delays else float("nan")


def surprise(
    samples: Samples, bar_s: Callable[[float], float], quiet_since_s: Callable[[float], float]
) -> Array:
    """How far each frame is from the same place of the last bars, in decades: ``[N // 256]``.

    Args:
        samples: mono ``[N]`` at 22,050 Hz.
        bar_s: length of a bar at a time (s).
        quiet_since_s: nothing before this time may serve as expectation at a time (s).

    Returns:
        The smallest mean band difference over up to four bars back and a few frames of jitter; NaN where
        no bar may serve.
    """
    levels = log_mel(samples, FLOOR, n_fft=FRAME_SAMPLES, hop_samples=HOP_SAMPLES, n_mels=N_BANDS).T.astype(
        np.float64
    )
    result = np.full(len(levels), np.nan)
    for frame in range(len(levels)):
        time_s = (frame + 0.5) * FRAME_S
        bar, earliest = bar_s(time_s) / FRAME_S, quiet_since_s(time_s) / FRAME_S
        centres = [round(frame - bars * bar) for bars in range(1, BARS_BACK + 1)]
        places = [
            c + j
            for c in centres
            for j in range(-JITTER_FRAMES, JITTER_FRAMES + 1)
            if c + j >= max(0, earliest)
        ]
        if places:
            result[frame] = np.abs(levels[places] - levels[frame]).mean(1).min()
    return result


def steering_of(samples: Samples, trace: Trace) -> Steering:
    """Judge every energy step of a trace on the sound that was heard."""
    steps = trace.energy_steps()
    if not steps:
        raise ValueError(
            f"{trace.name} holds no steps of energy; give the virtual dancer points of energy, such as "
            "((0, 0.2), (10, 0.8), (20, 0.2)), and trace its truth"
        )
    return judge(samples, steps, trace.true_beats_s(), trace.sound_starts_s())


def judge(samples: Samples, steps: list[Step], beats_s: Array, sound_starts_s: float = 0.0) -> Steering:
    """Detect the audible answer to each step; times in show seconds, ``beats_s`` give the bar's length."""
    at_s = [step.time_s - sound_starts_s for step in steps]
    bars_s = _bar_lengths(beats_s - sound_starts_s)
    length_s = len(samples) / SAMPLE_RATE_HZ

    def quiet_since(time_s: float) -> float:
        """Expectation of a step's answer comes from before it; afterwards, once it has settled, from after."""
        past = [step + SETTLE_S for step in at_s if step + WITHIN_S + SETTLE_S <= time_s]
        return max(past, default=0.0)

    curve = surprise(samples, bars_s, quiet_since)
    frames_s = (np.arange(len(curve)) + 0.5) * FRAME_S
    calm = ~np.isnan(curve)
    for begin in at_s:
        calm &= (frames_s < begin) | (frames_s > begin + WITHIN_S + SETTLE_S + bars_s(begin))
    if not calm.any():
        raise ValueError("no calm music lies before and between the steps; leave 8 s or more between them")
    threshold = MARGIN * float(np.percentile(curve[calm], 99))

    trials = []
    for step, begin in zip(steps, at_s, strict=True):
        if not 0 < begin < length_s - 0.5:
            raise ValueError(f"the step at {step.time_s:.2f} s lies outside the sound of {length_s:.1f} s")
        moved = _change_around(samples, begin, bars_s(begin))
        direction: Direction = "up" if step.after > step.before else "down"
        trials.append(Trial(step, _first_run(curve, begin, threshold), moved, moved.answers(direction)))
    placebos = [
        time for time in np.arange(2 * bars_s(0.0), length_s - WITHIN_S, WITHIN_S) if _calm_at(calm, time)
    ]
    alarms = [_first_run(curve, time, threshold) is not None for time in placebos]
    return Steering(tuple(trials), float(np.mean(alarms)) if alarms else float("nan"))


def _first_run(curve: Array, begin_s: float, threshold: float) -> float | None:
    """Seconds from ``begin_s`` to the first of seven frames in a row above the threshold, within 2 s."""
    first = int(np.ceil(begin_s / FRAME_S))
    span = np.nan_to_num(curve[first : first + int(WITHIN_S / FRAME_S) + RUN_FRAMES]) > threshold
    for offset in range(max(0, len(span) - RUN_FRAMES + 1)):
        if span[offset : offset + RUN_FRAMES].all():
            return (first + offset + 0.5) * FRAME_S - begin_s
    return None


def _change_around(samples: Samples, begin_s: float, bar_s: float) -> Change:
    """The audible change between two bars before a step and two bars from 1 s after it."""
    begin, bar = int(begin_s * SAMPLE_RATE_HZ), int(bar_s * SAMPLE_RATE_HZ)
    before = samples[max(0, begin - 2 * bar) : begin]
    after = samples[begin + SAMPLE_RATE_HZ : begin + SAMPLE_RATE_HZ + 2 * bar]
    return change(_long_enough(before), _long_enough(after))


def _long_enough(samples: Samples) -> Samples:
    return np.pad(samples, (0, max(0, SAMPLE_RATE_HZ // 10 - len(samples))))


def _bar_lengths(beats_s: Array) -> Callable[[float], float]:
    """Length of a bar of four beats around a time, from the beats near it."""
    if len(beats_s) < 2:
        raise ValueError("at least two beats are needed to know how long a bar is")

    def bar_s(time_s: float) -> float:
        at = int(np.clip(np.searchsorted(beats_s, time_s), 2, max(2, len(beats_s) - 1)))
        return 4 * 60 / tempo_bpm(beats_s[max(0, at - 4) : at + 1])

    return bar_s


def _calm_at(calm: NDArray[np.bool_], time_s: float) -> bool:
    first = int(time_s / FRAME_S)
    return bool(calm[first : first + int(WITHIN_S / FRAME_S)].all())
