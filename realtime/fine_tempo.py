"""Phase, tempo and the tempo's slope of one beat, to milliseconds: three Kalman filters, fed once a beat.

The bar-pointer filter (realtime/tempo_tracker.py) settles which beat is danced; its tempo comes 1.5 to 2 s
late when a dancer speeds up, and wanders by itself when they do not. This one takes its word, and refines it
under three assumptions at once, that the tempo keeps, that it drifts, and that it leaps; each is believed as
far as it predicted the last beats, and gives way to the others now and then (interacting multiple models,
Blom and Bar-Shalom 1988). All accents of a whole beat make one measurement: within the beat they lean to and
fro, over it they do not. How loosely a dancer keeps the beat is learnt. Knows no bodies, clocks or output.
"""

from dataclasses import dataclass, replace
from math import exp, floor

import numpy as np
from numpy.typing import NDArray

from realtime.grid import wrap

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

NARROWEST = 1e-8
"""Variance of a density in beats, below which the table it is read from tells nothing."""

GAP_S = 3.0
"""Who was not seen for so long may keep any beat by now."""

MOST_ORDERS = 16
"""Fourier coefficients that a measurement may have."""


@dataclass(frozen=True)
class Manner:
    """How a tempo moves by itself: standard deviations of log tempo and of its slope (1/s) after a second."""

    tempo_noise: float
    slope_noise: float
    lasts_s: float = 33.0  # until a dancer takes up another, in the mean


@dataclass(frozen=True)
class FineConfig:
    """What is assumed of dancers, and of how their accents tell the beat."""

    manners: tuple[Manner, ...] = (
        Manner(0.002, 0.0),  # keeps
        Manner(0.003, 0.02),  # drifts
        Manner(0.08, 0.0, lasts_s=3.0),  # leaps
    )
    phase_noise: float = 0.005  # beats after one second
    slope_s: float = 4.0  # memory of a slope: nobody speeds up for ever
    first_spread: tuple[float, float, float] = (0.05, 0.03, 0.01)  # of phase, log tempo, slope, at the start
    trust: float = 8.0  # how much sharper a beat's accents are than the wide profiles that gather them
    floor_s: float = 0.012  # a measurement is never better than this
    within: float = 0.12  # beats, standard deviation of where a beat's accents are looked for
    end: float = 0.1  # a beat's accents are complete so many beats after it
    outlier: float = 3.0  # what lies farther off than so many standard deviations counts less
    looks: float = 5.0  # so many times a second the network's word is news; heard at once, not by the beat
    look_floor_s: float = 0.008  # none of them is better than this
    loosen: float = 0.1  # how fast it is learnt that a dancer's accents lie farther off than they tell
    loosest: float = 16.0  # variances are taken that many times greater at most
    most_surprise: float = 4.0  # a beat teaches no more about that than one two standard deviations off
    leave_beats: float = 0.15  # farther from the coarse filter than this, its word is another beat
    leave_tempo: float = 0.15  # likewise, in log tempo
    leave_nats: float = 0.5  # begin anew from that word once so much speaks for it
    most_nats: float = 3.0  # no moment is worth more, nor all that spoke against that word before


@dataclass(frozen=True)
class Line:
    """The beat about a moment: phase in beats, tempo, and how the log tempo changes in a second."""

    time_s: float
    phase: float
    bpm: float
    slope: float


@dataclass(frozen=True)
class FineState:
    """Beliefs after the last whole beat, at ``time_s``, for each manner; and what was seen since."""

    time_s: float
    means: Array  # [M, 3] phase in beats, log of the rate in Hz, slope
    covariances: Array  # [M, 3, 3]
    log_weights: Array  # [M]
    spectrum: Complex | None = None  # [K] accents since the last whole beat, over phase less the prediction
    due: float = 0.0  # phase at which they make a measurement
    loose: float = 1.0  # how many times farther than they tell this dancer's accents lie off, squared
    other: Line | None = None  # the coarse filter's word, where it is another beat
    other_nats: float = 0.0  # what has spoken for it since


class FineTempo:
    """Pure functions of a configuration."""

    def __init__(self, config: FineConfig | None = None) -> None:
        self.config = c = config or FineConfig()
        self._away = np.linspace(-2.5 * c.within, 2.5 * c.within, 61)
        self._waves = np.exp(2j * np.pi * np.outer(self._away, np.arange(1, MOST_ORDERS + 1)))
        self._prior = -0.5 * (self._away / c.within) ** 2
        self._level = np.array([m.slope_noise == 0 for m in c.manners])  # manners without a slope
        self._lasts_s = np.array([m.lasts_s for m in c.manners])
        self._noise = np.array([[c.phase_noise, m.tempo_noise, m.slope_noise] for m in c.manners]) ** 2

    def start(self, time_s: float, phase: float, bpm: float) -> FineState:
        """Take another filter's word."""
        count = len(self.config.manners)
        means = np.tile([phase, np.log(bpm / 60.0), 0.0], (count, 1))
        spread = np.tile(np.diag(np.array(self.config.first_spread) ** 2), (count, 1, 1))
        for k, manner in enumerate(self.config.manners):
            if manner.slope_noise == 0:
                spread[k, 2, 2] = 0.0
        return FineState(time_s, means, spread, np.zeros(count), None, self._next(phase))

    def line(self, state: FineState, time_s: float) -> Line:
        """The beat at ``time_s``, all manners together."""
        weights = _shares(state.log_weights)
        phase, log_rate, slope = weights @ self._ahead(state.means, time_s - state.time_s)
        return Line(time_s, float(phase), float(60.0 * np.exp(log_rate)), float(slope))

    def follow(self, state: FineState, time_s: float, phase: float, bpm: float) -> FineState:
        """Stay with the coarse filter: where it has left for what the dancer bears out, begin anew there.

        A tempo that leaps this filter sees first. The other then holds on to what was, for a second or so,
        and what the dancer does meanwhile speaks against it. After a while without a dancer its word counts
        at once.
        """
        coarse = Line(time_s, phase, bpm, 0.0)
        if time_s - state.time_s <= GAP_S:
            if not self._apart(coarse, self.line(state, time_s)):
                return replace(state, other=None, other_nats=0.0) if state.other else state
            if state.other is None or self._apart(coarse, _carried(state.other, time_s)):
                return replace(state, other=coarse, other_nats=0.0)
            if state.other_nats <= self.config.leave_nats:
                return replace(state, other=coarse)
        return replace(self.start(time_s, phase, bpm), loose=state.loose)

    def _apart(self, one: Line, other: Line) -> bool:
        """Whether two lines at the same time are different beats."""
        return (
            abs(wrap(one.phase - other.phase, 1)) > self.config.leave_beats
            or abs(np.log(one.bpm / other.bpm)) > self.config.leave_tempo
        )

    def _weighed(self, state: FineState, line: Line, spectrum: Complex, news: float) -> FineState:
        """Let a log-likelihood over phase, ``news`` times, speak for or against the coarse filter's word."""
        most = self.config.most_nats
        if state.other is None:
            return state
        there = _carried(state.other, line.time_s)
        ours, theirs = (complex(_turned(spectrum, one.phase).sum()).real for one in (line, there))
        nats = state.other_nats + news * min(max(theirs - ours, -most), most)
        return replace(state, other_nats=max(nats, -most))

    def update(self, state: FineState, time_s: float, spectrum: Complex) -> FineState:
        """Learn from one moment's accents.

        Args:
            state: as of an earlier moment.
            time_s: when the accents were.
            spectrum: Fourier coefficients ``[K]``, k = 1..K, of their log-likelihood over phase.
        """
        line = self.line(state, time_s)
        turned = self.config.trust * _turned(spectrum, line.phase)
        state = self._weighed(state, line, spectrum, 1.0)
        gathered = turned if state.spectrum is None else state.spectrum + turned
        state = replace(state, spectrum=gathered)
        return self._learn(state, line) if line.phase >= state.due else state

    def _next(self, phase: float) -> float:
        """Phase at which the next whole beat's accents are complete."""
        return floor(phase - self.config.end) + 1.0 + self.config.end

    def look(self, state: FineState, time_s: float, spectrum: Complex, spent_s: float) -> FineState:
        """Learn from a density of the phase at ``time_s``, one of many that repeat each other.

        Args:
            state: as of an earlier moment.
            time_s: the moment.
            spectrum: Fourier coefficients ``[K]`` of the log-density.
            spent_s: how long a time it speaks for.
        """
        line = self.line(state, time_s)
        least = (self.config.look_floor_s * line.bpm / 60.0) ** 2
        shift, variance = self._measured(_turned(spectrum, line.phase), least)
        news = self.config.looks * spent_s
        state = self._weighed(state, line, spectrum, news)
        return self._moved(state, line, shift, variance / news)

    def _learn(self, state: FineState, line: Line) -> FineState:
        """Let the accents of a whole beat move every manner's beliefs, and the belief in each manner.

        However far back they move the beat, it is not measured again.
        """
        assert state.spectrum is not None
        least = (self.config.floor_s * line.bpm / 60.0) ** 2
        shift, variance = self._measured(state.spectrum, least)
        variance *= state.loose
        expected = variance + self._doubt(state, line)
        surprise = min(shift**2 / expected, self.config.most_surprise) - 1.0
        loose = min(max(state.loose * exp(self.config.loosen * surprise), 1.0), self.config.loosest)
        moved = self._moved(state, line, shift, variance)
        return replace(moved, spectrum=None, due=self._next(line.phase), loose=loose)

    def _doubt(self, state: FineState, line: Line) -> float:
        """Variance of the phase that ``line`` predicts."""
        dt = line.time_s - state.time_s
        apart = (self._ahead(state.means, dt)[:, 0] - line.phase) ** 2
        return float(_shares(state.log_weights) @ (self._spread(state, dt)[:, 0, 0] + apart))

    def _moved(self, state: FineState, line: Line, shift: float, variance: float) -> FineState:
        """Beliefs once the beat was measured to lie ``shift`` beats ahead of what ``line`` predicts."""
        dt = line.time_s - state.time_s
        state = self._mixed(state, dt)
        means, covariances = self._ahead(state.means, dt), self._spread(state, dt)
        errors = shift - (means[:, 0] - line.phase)
        totals = covariances[:, 0, 0] + variance
        totals += variance * (np.maximum(1.0, errors**2 / (totals * self.config.outlier**2)) - 1.0)
        gains = covariances[:, :, 0] / totals[:, None]
        means += gains * errors[:, None]
        covariances = covariances - gains[:, :, None] * covariances[:, :1]
        log_weights = state.log_weights - 0.5 * errors**2 / totals - 0.5 * np.log(totals)
        log_weights -= log_weights.max()
        return replace(
            state, time_s=line.time_s, means=means, covariances=covariances, log_weights=log_weights
        )

    def _mixed(self, state: FineState, dt: float) -> FineState:
        """Beliefs at the same time, now that any manner may have given way to another within ``dt``."""
        if dt <= 0.0:
            return state
        count = len(state.means)
        kept = np.exp(-dt / self._lasts_s)
        joint = (np.diag(kept) + (1.0 - kept[:, None]) / count) * _shares(state.log_weights)[:, None]
        after = joint.sum(0)
        share = joint / after  # [from, to]
        means = share.T @ state.means
        apart = state.means[:, None] - means[None]  # [from, to, 3]
        spread = state.covariances[:, None] + apart[..., :, None] * apart[..., None, :]
        covariances = (share[..., None, None] * spread).sum(0)
        means[self._level, 2] = covariances[self._level, 2] = covariances[self._level, :, 2] = 0.0
        return replace(state, means=means, covariances=covariances, log_weights=np.log(after))

    def _measured(self, spectrum: Complex, least: float) -> tuple[float, float]:
        """How far a beat's accents lie after the prediction, in beats, and the variance of that."""
        wave = (self._waves[:, : len(spectrum)] @ spectrum).real
        mass = _shares(wave + self._prior)
        mean = float(mass @ self._away)
        prior = self.config.within**2
        spread = min(max(float(mass @ (self._away - mean) ** 2), NARROWEST), 0.9 * prior)
        variance = 1.0 / (1.0 / spread - 1.0 / prior)  # what the accents say without where they were sought
        return mean * variance / spread, variance + least

    def _ahead(self, means: Array, dt: float) -> Array:
        """Means ``[M, 3]`` after ``dt``: the phase turns, the tempo follows its slope, the slope fades."""
        ahead, (phase, log_rate, slope) = np.empty_like(means), means.T
        ahead[:, 0] = phase + np.exp(log_rate) * dt * (1.0 + slope * dt / 2)
        ahead[:, 1] = log_rate + slope * dt
        ahead[:, 2] = slope * exp(-dt / self.config.slope_s)
        return ahead

    def _spread(self, state: FineState, dt: float) -> Array:
        """Covariances ``[M, 3, 3]`` after ``dt``: doubt in slope becomes doubt in tempo, that in phase."""
        rate = np.exp(state.means[:, 1])
        turn = np.tile(np.eye(3), (len(rate), 1, 1))
        turn[:, 0, 1], turn[:, 0, 2], turn[:, 1, 2] = rate * dt, rate * dt * dt / 2, dt
        turn[:, 2, 2] = np.exp(-dt / self.config.slope_s)
        spread = turn @ state.covariances @ turn.transpose(0, 2, 1)
        spread[:, range(3), range(3)] += self._noise * dt
        return np.asarray(spread)


def _carried(line: Line, time_s: float) -> Line:
    """The line at another time, at its tempo."""
    return replace(line, time_s=time_s, phase=line.phase + (time_s - line.time_s) * line.bpm / 60.0)


def _turned(spectrum: Complex, beats: float) -> Complex:
    """Fourier coefficients over the phase less ``beats``, of coefficients over the phase."""
    return np.asarray(spectrum * np.exp(2j * np.pi * beats * np.arange(1, len(spectrum) + 1)))


def _shares(log_mass: Array) -> Array:
    """exp, summing to 1."""
    mass = np.exp(log_mass - log_mass.max())
    return np.asarray(mass / mass.sum())
