"""From a change of movement to a change of sound: how surely, and after how long. Sound and steps in.

Music changes all the time, so a change counts only against what was to be expected: the mean of the same
place in the last bars. What departs from that for a second, further than anything does while the dancer
changes nothing, is an answer; it begins where two fifths of it are there. The same detector is tried at
moments without a step, so that its false alarms stand beside its detections.
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
SMOOTH_FRAMES = 5  # 58 ms: a drum a little early is the same drum
WINDOW_FRAMES = 86  # 1 s: an answer lasts, a fill does not
WITHIN_S = 2.0
SETTLE_S = 1.5
MARGIN = 1.1
BEGUN = 0.4
PLACEBO_EVERY_S = 0.5


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
        """A percentile of the detected delays from the will to move, ms; NaN without detections."""
        delays = [1e3 * trial.delay_s for trial in self.trials if trial.delay_s is not None]
        return float(np.percentile(delays, percentile)) if delays else float("nan")

    def from_movement_ms(self, percentile: float) -> float:
        """The same from the movement itself: limbs finish their strokes first. NaN where nothing tells."""
        delays = [
            1e3 * (trial.delay_s + trial.step.time_s - trial.step.moved_s)
            for trial in self.trials
            if trial.delay_s is not None and trial.step.moved_s is not None
        ]
        return float(np.percentile(delays, percentile)) if delays else float("nan")


def departure(
    samples: Samples, bar_s: Callable[[float], float], quiet_since_s: Callable[[float], float]
) -> Array:
    """Band levels less the mean of the same place in up to four last bars, in decades: ``[N // 256, 24]``.

    Args:
        samples: mono ``[N]`` at 22,050 Hz.
        bar_s: length of a bar at a time (s).
        quiet_since_s: nothing before this time may serve as expectation at a time (s).

    Returns:
        NaN rows where no bar may serve.
    """
    levels = log_mel(samples, FLOOR, n_fft=FRAME_SAMPLES, hop_samples=HOP_SAMPLES, n_mels=N_BANDS)
    kernel = np.hanning(SMOOTH_FRAMES + 2)[1:-1] / np.hanning(SMOOTH_FRAMES + 2).sum()
    smooth = np.stack([np.convolve(band, kernel, "same") for band in levels.astype(np.float64)], axis=1)
    result = np.full_like(smooth, np.nan)
    for frame in range(len(smooth)):
        time_s = (frame + 0.5) * FRAME_S
        bar, earliest = bar_s(time_s) / FRAME_S, max(0.0, quiet_since_s(time_s) / FRAME_S)
        places = [round(frame - bars * bar) for bars in range(1, BARS_BACK + 1)]
        usable = [place for place in places if place >= earliest]
        if usable:
            result[frame] = smooth[frame] - smooth[usable].mean(0)
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
    heard_s = beats_s - sound_starts_s
    bars_s = _bar_lengths(heard_s[heard_s >= 0])
    length_s = len(samples) / SAMPLE_RATE_HZ

    def quiet_since(time_s: float) -> float:
        """A step's answer is expected from before it; once it has settled, from after it."""
        past = [step + SETTLE_S for step in at_s if step + WITHIN_S + SETTLE_S <= time_s]
        return max(past, default=0.0)

    curve = departure(samples, bars_s, quiet_since)
    frames_s = (np.arange(len(curve)) + 0.5) * FRAME_S
    calm = ~np.isnan(curve[:, 0]) & (frames_s > 2 * bars_s(0.0))  # one bar alone expects too little
    for begin in at_s:
        calm &= (frames_s < begin) | (frames_s > begin + WITHIN_S + SETTLE_S + bars_s(begin))
    if not calm.any():
        raise ValueError("no calm music lies before and between the steps; leave 8 s or more between them")
    detector = _fit_detector(curve, calm)

    trials = []
    for step, begin in zip(steps, at_s, strict=True):
        if not 0 < begin < length_s - 0.5:
            raise ValueError(f"the step at {step.time_s:.2f} s lies outside the sound of {length_s:.1f} s")
        moved = _change_around(samples, begin, bars_s(begin))
        direction: Direction = "up" if step.after > step.before else "down"
        trials.append(Trial(step, detector.first_sign(curve, begin), moved, moved.answers(direction)))
    placebos = [
        time
        for time in np.arange(2 * bars_s(0.0), length_s - WITHIN_S, PLACEBO_EVERY_S)
        if _calm_at(calm, time)
    ]
    alarms = [detector.first_sign(curve, time) is not None for time in placebos]
    return Steering(tuple(trials), float(np.mean(alarms)) if alarms else float("nan"))


@dataclass(frozen=True)
class _Detector:
    """A second whose mean departure is beyond anything calm; it begins where enough of it is there."""

    threshold: float

    def first_sign(self, curve: Array, begin_s: float) -> float | None:
        """Seconds from ``begin_s`` to the beginning of a change within 2 s, or None."""
        first = int(np.ceil(begin_s / FRAME_S))
        span = np.nan_to_num(curve[first : first + int(WITHIN_S / FRAME_S) + WINDOW_FRAMES])
        means = _window_means(span)
        size = np.abs(means).mean(1)
        beyond = np.flatnonzero(size > self.threshold)
        if len(beyond) == 0:
            return None
        fullest = beyond[0] + int(size[beyond[0] : beyond[0] + WINDOW_FRAMES].argmax())
        change = means[fullest]
        share = np.convolve(span @ change / (change @ change), np.full(4, 0.25), "valid")
        begun = np.flatnonzero(share[: fullest + WINDOW_FRAMES] > BEGUN)
        return (first + int(begun[0]) + 2) * FRAME_S - begin_s if len(begun) else None


def _fit_detector(curve: Array, calm: NDArray[np.bool_]) -> _Detector:
    """The threshold from calm music alone: nothing is learnt from the answers that are to be judged."""
    whole = _window_means(calm.astype(np.float64)[:, None])[:, 0] > 0.999
    sizes = np.abs(_window_means(np.nan_to_num(curve))).mean(1)[whole]
    if len(sizes) == 0:
        raise ValueError("no calm music lies before and between the steps; leave 8 s or more between them")
    return _Detector(MARGIN * float(np.percentile(sizes, 99)))


def _window_means(rows: Array) -> Array:
    """Means over one second beginning at each row of ``[T, B]``; too short a signal has none."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    means: Array = (total[WINDOW_FRAMES:] - total[:-WINDOW_FRAMES]) / WINDOW_FRAMES
    return means


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
    return bool(calm[first : first + int(WITHIN_S / FRAME_S) + WINDOW_FRAMES].all())
