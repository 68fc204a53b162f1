"""Follows the dancer's beat: landmarks in, a beat grid out, one pure ``update`` a frame.

Knows nothing of cameras or sound, and reads no clock. Kinematic accents (features/kinematics.py) and a small
network's word (features/beat_sense.py) feed a bar-pointer filter (realtime/tempo_tracker.py), which finds the
beat, and a finer one beside it (realtime/fine_tempo.py), which times it; where the network says nothing, the
accents alone do both. This module decides how sure that is, and who is followed: the dancer, a tapping hand,
or another machine. How the music gets there is realtime/conductor.py's.
"""

from dataclasses import dataclass, field, replace
from math import exp, floor, inf, nextafter

from features import beat_sense, kinematics
from features.kinematics import BRAKING
from realtime.accents import ALIVE, GROOVES, ODDS, AccentLevels
from realtime.bars import BarCount
from realtime.fine_tempo import FineConfig, FineState, FineTempo
from realtime.grid import LOCKED, BeatGrid, wrap
from realtime.taps import grid_of, with_tap
from realtime.tempo_tracker import FRAME_S, Estimate, TempoTracker, TrackerConfig, TrackerState, chance
from realtime.types import Landmarks

POSE_LAG_S = 0.012
"""How late MediaPipe's own smoothing shows a movement: 12 ms is the median over 12 joints and 19 drawn dances
of the shift that best aligns their velocity with the exact one (6 ms at the wrists, 16 at the hips)."""

CLEAR_SHARE, KEPT_SHARE, CLEAR_WIDTH = 0.42, 0.36, 0.06
"""Share of the posterior that lies on one beat at which it is as likely to be danced as not, by who has not
danced yet and by who has danced lately, and how sharply. Who stands or talks reaches 0.2; dancers on film 0.5
to 0.9, drawn ones 0.9."""

LEAST_EVIDENCE, EVIDENCE_WIDTH = -2.5, 0.4
"""Nats of recent evidence, against accents that come at any time, below which a beat is no longer believed.
Real dancers' accents are so loose that what they tell of it hardly outweighs what they deny: -2 to 4."""

SLOPE_AHEAD_S = 0.5
"""For so long after the last pose a dancer who speeds up is taken to go on doing so."""

CLEAR_EVIDENCE = 0.8
"""Nats of recent evidence from which on a first beat is soon believed. Danced precisely it brings 2 to 7."""

PATIENCE_S, LOOSE_PATIENCE_S = 0.75, 2.5
"""Who has not danced yet must look sure for so long (a few steps of a real walker did for 0.4 s), and for the
longer where there is little evidence: a slow dance looks like one of double tempo at first, and in 90 s of
walkers on film (Sports2D's, over and over) one once looked sure for 1.75 s."""

WEARS_OFF = 0.5
"""So many seconds of that are lost in a second that does not look sure."""

JUMP_BEATS = 0.3
"""A grid that moves farther at once is another count of beats."""

UNSEEN_S = 6.0
"""Out of sight, or still, for so long, a dancer is believed 1/e as much: the beat is claimed for 4 s more."""


@dataclass(frozen=True)
class FollowerConfig:
    """What the follower assumes."""

    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    fine: FineConfig = field(default_factory=FineConfig)
    style_bpm: float = 110.0  # the style's own tempo: played when nothing is followed, and the tempo prior
    landmark_lag_s: float = POSE_LAG_S
    sense_share: float = 0.9  # so far a network that is sure replaces the accents in timing the beat
    hold_s: float = 30.0  # how long the last tempo is kept without a dancer before the style's returns
    tap_hold_s: float = 8.0  # how long a tapped grid stands before a sure dancer may take it over


@dataclass(frozen=True)
class FollowerState:
    """All the follower remembers. ``style_bpm`` may be replaced at any time, as the style changes."""

    kinematics: kinematics.KinematicState
    sense: beat_sense.SenseState
    levels: AccentLevels
    tracker: TrackerState
    estimate: Estimate
    fine: FineState
    played: BeatGrid  # whoever's beat it is, counted without a break
    style_bpm: float
    settled: bool = False  # somebody has been followed, and not too long ago
    locked_s: float = -inf  # when the dancer's beat was last sure
    moved_s: float = -inf  # when somebody last did more than stand
    looked_sure_s: float = 0.0  # for how long it has been, while none was claimed yet
    hand: BeatGrid | None = None  # a grid set by hand
    hand_until_s: float = inf
    taps_s: tuple[float, ...] = ()
    external: BeatGrid | None = None  # another machine's grid
    nudge_beats: float = 0.0
    bars: BarCount = field(default_factory=BarCount)
    sure: float = 0.0  # how sure the network last was, 0..1

    @property
    def time_s(self) -> float:
        """Show time of the last update."""
        return self.played.time_s

    @property
    def source(self) -> str:
        """Who is followed: ``external``, ``hand`` or ``dancer``."""
        return "external" if self.external else "hand" if self.hand else "dancer"

    def grid(self) -> BeatGrid:
        """The beat grid as of the last update; ``.phase_at`` predicts."""
        return self.played


class Follower:
    """Pure functions of a configuration: ``state`` goes in, the next one comes out.

    Args:
        config: what is assumed.
        sense: the network that reads poses; the one in the repository by default.
    """

    def __init__(
        self, config: FollowerConfig | None = None, sense: beat_sense.BeatSense | None = None
    ) -> None:
        self.config = config or FollowerConfig()
        self._tracker = TempoTracker(self.config.tracker, GROOVES, ODDS)
        self._fine = FineTempo(self.config.fine)
        self._sense = sense or beat_sense.shipped()

    def start(self, time_s: float = 0.0, style_bpm: float | None = None) -> FollowerState:
        """Nobody seen yet: the style's own tempo, a bar line now, no confidence."""
        bpm = style_bpm or self.config.style_bpm
        tracker = self._tracker.start(bpm, time_s)
        played = BeatGrid(time_s, bpm, 0.0, 0.0)
        estimate, fine = self._tracker.estimate(tracker), self._fine.start(time_s, 0.0, bpm)
        body, sense = kinematics.start(), self._sense.start()
        return FollowerState(body, sense, AccentLevels(), tracker, estimate, fine, played, bpm)

    def anew(self, state: FollowerState) -> FollowerState:
        """Nobody seen yet, but the beat goes on as it was played, claimed by nobody."""
        return replace(
            self.start(state.time_s, state.style_bpm),
            played=replace(state.played, confidence=0.0),
            settled=state.settled,
            locked_s=state.locked_s,
            hand=state.hand,
            hand_until_s=state.hand_until_s,
            taps_s=state.taps_s,
            external=state.external,
            nudge_beats=state.nudge_beats,
            bars=state.bars,
        )

    def update(self, state: FollowerState, landmarks: Landmarks | None, time_s: float) -> FollowerState:
        """Go on to ``time_s``, having seen ``landmarks`` (their own stamp counts) or nobody.

        Args:
            state: what ``start`` or the last ``update`` returned; it is left as it was.
            landmarks: the followed person's pose, or None where the frame showed nobody. A pose older than
                the grid still teaches the follower; a pose older than the last pose does not.
            time_s: show time; where it does not advance the grid stays as it is.

        Returns:
            The next state; ``.grid()`` predicts from it.
        """
        if landmarks is not None:
            state = self._observe(state, landmarks)
        return self._steer(state, time_s) if time_s > state.time_s else state

    def tap(self, state: FollowerState, time_s: float) -> FollowerState:
        """A tap on the beat. From the second on the taps are the grid, until a dancer is sure again."""
        taps = with_tap(state.taps_s, time_s)
        hand = grid_of(taps)
        if hand is None:
            return replace(state, taps_s=taps)
        tracker = self._tracker.told(state.tracker, hand.bpm, hand.phase_at(state.tracker.time_s))
        until_s = time_s + self.config.tap_hold_s
        return replace(state, taps_s=taps, hand=hand, hand_until_s=until_s, tracker=tracker)

    def set_tempo(self, state: FollowerState, bpm: float | None) -> FollowerState:
        """Play ``bpm``, the phase going on; None gives the beat back to the dancer."""
        if bpm is None:
            return replace(state, hand=None, taps_s=(), nudge_beats=0.0)
        if not 20.0 <= bpm <= 400.0:
            raise ValueError(f"the tempo {bpm} BPM cannot be danced to: set one from 20 to 400.")
        hand = replace(state.played, bpm=bpm, confidence=1.0)
        return replace(state, hand=hand, hand_until_s=inf, settled=True)

    def nudge(self, state: FollowerState, beats: float) -> FollowerState:
        """Move the beat ``beats`` later (earlier if negative) than what is followed, until told otherwise."""
        return replace(state, nudge_beats=state.nudge_beats - beats)

    def sync(self, state: FollowerState, grid: BeatGrid | None) -> FollowerState:
        """Play another machine's grid, bars included (Ableton Link, MIDI clock); None: no longer."""
        return replace(state, external=grid)

    def _observe(self, state: FollowerState, landmarks: Landmarks) -> FollowerState:
        """Let the accents of a pose reach the tempo filter."""
        seen_s = landmarks.time_s - self.config.landmark_lag_s
        body, accents = kinematics.update(state.kinematics, landmarks.points, landmarks.aspect, seen_s)
        sense, sensed = self._sense.update(state.sense, landmarks.points, landmarks.aspect, seen_s)
        state = replace(state, kinematics=body, sense=sense)
        return state if accents is None else self._hear(state, accents, sensed)

    def _hear(
        self, state: FollowerState, accents: kinematics.Accents, sensed: list[beat_sense.Sensed]
    ) -> FollowerState:
        """Let one moment's accents, and what the network made of them, turn the posterior."""
        levels, rates = state.levels.update(accents)
        tracker = self._tracker.expecting(state.tracker, state.style_bpm)
        sensed = [one.reduced(levels.alive) for one in sensed]
        sure = sensed[-1].sure if sensed else state.sure
        tracker = self._tracker.update(tracker, accents.time_s, rates, sensed)
        estimate = self._tracker.estimate(tracker, state.estimate)
        dt = min(max(0.0, tracker.time_s - state.tracker.time_s), FRAME_S)
        fine = self._fine.follow(state.fine, tracker.time_s, estimate.phase, estimate.bpm)
        if dt > 0:
            trust = self._tracker.trust(tracker)
            dose = (1.0 - self.config.sense_share * trust * sure) * dt * rates
            told = self._tracker.spectrum(tracker, estimate.bpm, dose)
            fine = self._fine.update(fine, tracker.time_s, told)
            for one in sensed:
                told = trust * self._tracker.sensed(tracker, estimate.bpm, one)
                fine = self._fine.look(fine, tracker.time_s, told, one.spent_s)
        bars = state.bars
        if state.settled and state.source == "dancer" and state.played.locked:
            limbs = float(rates[: len(BRAKING)].sum())
            bars = bars.heard(state.played.phase_at(accents.time_s), limbs, dt)
            for one in sensed:
                bars = bars.told(state.played.phase_at(one.time_s), one.bar, one.spent_s)
        moved_s = accents.time_s if levels.lately > ALIVE else state.moved_s
        return replace(
            state,
            levels=levels,
            moved_s=moved_s,
            tracker=tracker,
            estimate=estimate,
            fine=fine,
            bars=bars,
            sure=sure,
        )

    def _steer(self, state: FollowerState, time_s: float) -> FollowerState:
        """Carry the grid on to ``time_s``, on the beat of whoever is followed."""
        state, danced = self._believed(state, self._danced(state, time_s), time_s)
        if state.hand and time_s > state.hand_until_s and danced.locked:
            state = replace(state, hand=None, taps_s=())
        wanted = state.external or state.hand or danced
        if wanted is danced and not danced.locked:
            return self._hold(state, time_s, danced.confidence)
        bars = state.external is not None or (state.hand is not None and state.hand_until_s == inf)
        expected = state.played.phase_at(time_s)
        away = wanted.phase_at(time_s) + state.nudge_beats - expected
        moved = wrap(away, wanted.beats_per_bar if bars else 1)
        played = replace(wanted, time_s=time_s, phase_beats=expected + moved)
        begun = floor(played.phase_beats) > floor(state.played.phase_beats)
        locked_s = time_s if danced.locked else state.locked_s
        counted = state.bars if abs(moved) <= JUMP_BEATS else BarCount()
        state = replace(state, played=played, settled=True, locked_s=locked_s, bars=counted)
        return self._count(state, floor(played.phase_beats)) if begun and not bars else state

    def _count(self, state: FollowerState, beat: int) -> FollowerState:
        """Where ``beat`` has just begun: once it is sure that the dancer's bar does, begin one too."""
        shift = state.bars.shift()
        if shift == 0 or (beat + shift) % state.played.beats_per_bar != 0:
            return state
        played = replace(state.played, phase_beats=state.played.phase_beats + shift)
        return replace(state, played=played, bars=BarCount(decided=True))

    def _danced(self, state: FollowerState, time_s: float) -> BeatGrid:
        """The dancer's beat as the filter has it; which beat of the bar it cannot say."""
        seen_s = min(time_s, state.estimate.time_s + SLOPE_AHEAD_S)
        line = self._fine.line(state.fine, seen_s)
        lately = time_s - state.locked_s < self.config.hold_s
        clear = KEPT_SHARE if lately else CLEAR_SHARE
        confidence = state.levels.danced * _confidence(state.estimate, clear, state.moved_s, time_s)
        return BeatGrid(seen_s, line.bpm, line.phase, confidence)

    def _believed(
        self, state: FollowerState, danced: BeatGrid, time_s: float
    ) -> tuple[FollowerState, BeatGrid]:
        """The dancer's beat, not yet to be claimed if it is the first and has not been sure for long."""
        if state.settled:
            return replace(state, looked_sure_s=0.0), danced
        passed_s = min(time_s - state.time_s, kinematics.MAX_GAP_S)
        sure_s = state.looked_sure_s + (passed_s if danced.locked else -WEARS_OFF * passed_s)
        patience_s = PATIENCE_S if state.estimate.evidence > CLEAR_EVIDENCE else LOOSE_PATIENCE_S
        if danced.locked and sure_s < patience_s:
            danced = replace(danced, confidence=nextafter(LOCKED, 0.0))
        return replace(state, looked_sure_s=min(max(sure_s, 0.0), LOOSE_PATIENCE_S)), danced

    def _hold(self, state: FollowerState, time_s: float, confidence: float) -> FollowerState:
        """Without a sure beat: keep the last tempo for a while, then go back to the style's own."""
        played = state.played
        phase, bpm, settled = played.phase_at(time_s), played.bpm, state.settled
        if time_s - state.locked_s > self.config.hold_s:
            bpm += (state.style_bpm - bpm) * (1.0 - exp(-(time_s - played.time_s) / 4.0))
            settled, state = False, replace(state, bars=BarCount())
        played = replace(played, time_s=time_s, bpm=bpm, phase_beats=phase, confidence=confidence)
        return replace(state, played=played, settled=settled)


def _confidence(estimate: Estimate, clear_share: float, moved_s: float, time_s: float) -> float:
    """How far the estimate is to be believed at ``time_s``, 0..1; half where its share is ``clear_share``.

    An unseen dancer is soon doubted, and so is one who has stood still since ``moved_s``.
    """
    away_s = max(0.0, time_s - min(estimate.time_s, moved_s) - 0.25)
    clear = chance((estimate.share - clear_share) / CLEAR_WIDTH)
    borne_out = chance((estimate.evidence - LEAST_EVIDENCE) / EVIDENCE_WIDTH)
    return clear * borne_out * exp(-away_s / UNSEEN_S)
