"""Follows the dancer's beat: landmarks in, a beat grid out, one pure ``update`` a frame.

Knows nothing of cameras, sound or networks, and reads no clock. Kinematic accents (features/kinematics.py)
feed a bar-pointer filter (realtime/tempo_tracker.py); this module decides how sure that is, and steers the
grid that the band plays on: slowly when it is nearly right, at a bar line when it is not, never in between.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from features import kinematics
from realtime.accents import GROOVES, ODDS, AccentLevels
from realtime.grid import LOCKED, BeatGrid
from realtime.tempo_tracker import Estimate, TempoTracker, TrackerConfig, TrackerState
from realtime.types import Landmarks


@dataclass(frozen=True)
class FollowerConfig:
    """What the follower assumes and how fast it steers."""

    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    style_bpm: float = 110.0  # the style's own tempo: played when nothing is followed, and the tempo prior
    landmark_lag_s: float = 0.0  # how late the pose tracker's smoothing shows a movement
    slew: float = 0.1  # most that phase may run fast or slow, as a share of the tempo
    settle_s: float = 0.2  # time constant of phase and tempo corrections
    rephase_beats: float = 0.18  # a larger error waits for the bar line and is put right there at once
    hold_s: float = 30.0  # how long the last tempo is kept without a dancer before the style's returns


@dataclass(frozen=True)
class FollowerState:
    """All the follower remembers. ``following``: the grid has been put onto the dancer and may be slewed."""

    kinematics: kinematics.KinematicState
    levels: AccentLevels
    tracker: TrackerState
    estimate: Estimate
    time_s: float
    phase_beats: float
    bpm: float
    confidence: float
    following: bool
    locked_s: float  # when the grid was last sure
    style_bpm: float

    def grid(self) -> BeatGrid:
        """The beat grid as of the last update."""
        return BeatGrid(self.time_s, self.bpm, self.phase_beats, self.confidence)


class Follower:
    """Pure functions of a configuration: ``state`` goes in, the next one comes out."""

    def __init__(self, config: FollowerConfig | None = None) -> None:
        self.config = config or FollowerConfig()
        self._tracker = TempoTracker(self.config.tracker, GROOVES, ODDS)

    def start(self, time_s: float = 0.0) -> FollowerState:
        """Nobody seen yet: the style's own tempo, a bar line now, no confidence."""
        bpm = self.config.style_bpm
        tracker = self._tracker.start(bpm, time_s)
        return FollowerState(
            kinematics.start(),
            AccentLevels(),
            tracker,
            self._tracker.estimate(tracker),
            time_s,
            0.0,
            bpm,
            0.0,
            False,
            -np.inf,
            bpm,
        )

    def update(self, state: FollowerState, landmarks: Landmarks | None, time_s: float) -> FollowerState:
        """Go on to ``time_s``, having seen ``landmarks`` (their own stamp counts) or nobody.

        Args:
            state: what ``start`` or the last ``update`` returned; it is left as it was.
            landmarks: the followed person's pose, or None where the frame showed nobody.
            time_s: show time; a time that does not advance changes nothing.

        Returns:
            The next state; ``.grid()`` predicts from it.
        """
        if time_s <= state.time_s:
            return state
        state = self._observe(state, landmarks)
        return self._steer(state, time_s)

    def _observe(self, state: FollowerState, landmarks: Landmarks | None) -> FollowerState:
        """Let the accents of a pose reach the tempo filter."""
        if landmarks is None:
            return state
        seen_s = landmarks.time_s - self.config.landmark_lag_s
        body, accents = kinematics.update(state.kinematics, landmarks.points, landmarks.aspect, seen_s)
        state = replace(state, kinematics=body)
        return state if accents is None else self._hear(state, accents)

    def _hear(self, state: FollowerState, accents: kinematics.Accents) -> FollowerState:
        """Let one moment's accents turn the posterior."""
        levels, rates = state.levels.update(accents)
        tracker = self._tracker.update(state.tracker, accents.time_s, rates)
        return replace(state, levels=levels, tracker=tracker, estimate=self._tracker.estimate(tracker))

    def _steer(self, state: FollowerState, time_s: float) -> FollowerState:
        """Carry the grid on to ``time_s`` and bring it nearer to the estimate."""
        dt = time_s - state.time_s
        confidence = _confidence(state.estimate, time_s)
        before = state.phase_beats
        phase = before + dt * state.bpm / 60.0
        if confidence < LOCKED:
            state = self._hold(state, time_s, dt)
            return replace(state, time_s=time_s, phase_beats=phase, confidence=confidence)
        goal = state.estimate
        error = _wrap(goal.phase + (time_s - goal.time_s) * goal.bpm / 60.0 - phase)
        ease = 1.0 - np.exp(-dt / self.config.settle_s)
        line = 4.0 if state.following else 1.0  # a first lock waits for a beat, a later one for the bar
        if state.following and abs(error) <= self.config.rephase_beats:
            most = self.config.slew * dt * state.bpm / 60.0
            phase += float(np.clip(error * ease, -most, most))
        elif np.floor(phase / line) > np.floor(before / line):
            phase += error
            state = replace(state, following=True)
        bpm = state.bpm + (goal.bpm - state.bpm) * float(ease)
        return replace(
            state, time_s=time_s, phase_beats=float(phase), bpm=bpm, confidence=confidence, locked_s=time_s
        )

    def _hold(self, state: FollowerState, time_s: float, dt: float) -> FollowerState:
        """Without a sure beat: keep the last tempo for a while, then drift back to the style's own."""
        if time_s - state.locked_s <= self.config.hold_s:
            return state
        bpm = state.bpm + (state.style_bpm - state.bpm) * float(1.0 - np.exp(-dt / 4.0))
        return replace(state, bpm=bpm, following=False)


def _confidence(estimate: Estimate, time_s: float) -> float:
    """How far the estimate is to be believed at ``time_s``, 0..1; an unseen dancer is soon doubted."""
    unseen_s = max(0.0, time_s - estimate.time_s - 0.25)
    evidence = estimate.evidence * float(np.exp(-unseen_s / 4.0))
    return estimate.share / (1.0 + float(np.exp(-(evidence - 1.0) / 0.4)))


def _wrap(beats: float) -> float:
    """The same phase within half a beat of zero."""
    return float((beats + 0.5) % 1.0 - 0.5)
