"""A bar-pointer filter: tempo x phase, carried forward by every accent. Knows no bodies, clocks or output.

The hidden state is a tempo (rows, log-spaced) and a phase within the beat (columns). Between observations
each row turns at its own tempo; tempo wanders, seldom jumps, and a little probability always begins anew. An
accent of channel c at phase p is evidence proportional to log(profile_c(p)), where profile_c is how that
channel's braking is spread over a beat (``Profiles``): an accent where none is expected counts against a
hypothesis. This is the filter of Whiteley, Cemgil and Godsill (ISMIR 2006) with two changes: rows are kept in their own
rotating frame, so that turning costs no interpolation and blurs nothing, and the observation is a rate (as of
a Poisson process) rather than a frame class.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Profiles:
    """How the accents of each channel are spread over a beat, channel by channel.

    ``centre_beats`` and ``lag_s`` (the same at every tempo) place the main bump, ``width_beats`` and ``width_s``
    (added in squares) widen it, ``offbeat`` is the share of accents on the half beat, ``floor`` the share of
    accents anywhere, ``weight`` the evidence in nats per unit of log-profile and mean accent-second.
    """

    names: tuple[str, ...]
    centre_beats: tuple[float, ...]
    lag_s: tuple[float, ...]
    width_beats: tuple[float, ...]
    width_s: float
    offbeat: tuple[float, ...]
    floor: float
    weight: tuple[float, ...]


@dataclass(frozen=True)
class TrackerConfig:
    """Grid and dynamics of the filter."""

    low_bpm: float = 55.0
    high_bpm: float = 190.0
    tempi: int = 96
    phases: int = 64
    harmonics: int = 10
    wander: float = 0.02  # standard deviation of log tempo after one second
    jump_rate: float = 0.02  # per second: to any tempo, the phase going on
    restart_rate: float = 0.01  # per second: to any tempo and phase
    prior_octaves: float = 0.45  # standard deviation of the tempo prior


@dataclass(frozen=True)
class TrackerState:
    """The posterior. ``mass[i, m]`` belongs to tempo row i and phase ``m / phases + turned[i]``."""

    time_s: float
    mass: Array  # [tempi, phases], sums to 1
    turned: Array  # [tempi] beats
    evidence: float  # recent log-likelihood ratio against "no beat", nats
    prior: Array  # [tempi], sums to 1


@dataclass(frozen=True)
class Estimate:
    """The strongest hypothesis at ``time_s``: its tempo, phase in 0..1, share of the mass, and evidence."""

    time_s: float
    bpm: float
    phase: float
    share: float
    spread_beats: float
    evidence: float


EVIDENCE_MEMORY_S = 4.0


class TempoTracker:
    """The filter's fixed tables and its pure ``update``."""

    def __init__(self, config: TrackerConfig, profiles: Profiles) -> None:
        self.config = config
        c = config
        self.log_bpm = np.linspace(np.log(c.low_bpm * 0.97), np.log(c.high_bpm * 1.03), c.tempi)
        self.bpm = np.exp(self.log_bpm)
        self.rate_hz = self.bpm / 60.0
        self._gain, self._offset = self._tables(profiles)

    @cached_property
    def _waves(self) -> NDArray[np.complex128]:
        k = np.arange(1, self.config.harmonics + 1)
        m = np.arange(self.config.phases) / self.config.phases
        return np.exp(2j * np.pi * np.outer(k, m))

    def _tables(self, profiles: Profiles) -> tuple[NDArray[np.complex128], Array]:
        """Fourier coefficients ``[C, tempi, K]`` and constants ``[C, tempi]`` of weight x log-profile."""
        fine = np.arange(256) / 256
        gains, offsets = [], []
        for c in range(len(profiles.names)):
            width = np.hypot(profiles.width_beats[c], profiles.width_s * self.rate_hz)[:, None]
            centre = (profiles.centre_beats[c] + profiles.lag_s[c] * self.rate_hz)[:, None]
            main, off = _bump(fine - centre, width), _bump(fine - centre - 0.5, width)
            share = profiles.offbeat[c]
            profile = (1 - profiles.floor) * ((1 - share) * main + share * off) + profiles.floor
            spectrum = np.fft.fft(profiles.weight[c] * np.log(profile), axis=1) / 256
            gains.append(2 * spectrum[:, 1 : self.config.harmonics + 1])
            offsets.append(spectrum[:, 0].real)
        return np.array(gains), np.array(offsets)

    def start(self, bpm: float, time_s: float = 0.0) -> TrackerState:
        """Know nothing but that the tempo is likely near ``bpm``."""
        prior = self.prior(bpm)
        mass = np.repeat(prior[:, None], self.config.phases, 1) / self.config.phases
        return TrackerState(time_s, mass, np.zeros(self.config.tempi), 0.0, prior)

    def prior(self, bpm: float) -> Array:
        """Tempo prior ``[tempi]``: normal in log2 about ``bpm``, never quite zero."""
        octaves = (self.log_bpm - np.log(bpm)) / np.log(2)
        prior = np.exp(-0.5 * (octaves / self.config.prior_octaves) ** 2) + 0.01
        return np.asarray(prior / prior.sum())

    def update(self, state: TrackerState, time_s: float, rates: Array | None) -> TrackerState:
        """Go on to ``time_s``, where channel c is accented ``rates[c]`` times its average; None: unseen."""
        dt = time_s - state.time_s
        if dt <= 0:
            return state
        state = self._move(state, dt)
        evidence = state.evidence * float(np.exp(-dt / EVIDENCE_MEMORY_S))
        if rates is None:
            return replace(state, evidence=evidence)
        step_s = min(dt, 0.1)
        log_like = self._log_likelihood(state.turned, rates * step_s)
        mass = state.mass * np.exp(log_like)
        total = float(mass.sum())
        return replace(state, mass=mass / total, evidence=evidence + float(np.log(total)))

    def _log_likelihood(self, turned: Array, dose: Array) -> Array:
        k = np.arange(1, self.config.harmonics + 1)
        gain = np.tensordot(dose, self._gain, 1) * np.exp(2j * np.pi * np.outer(turned, k))
        wave = gain.real @ self._waves.real - gain.imag @ self._waves.imag
        return np.asarray(wave + (dose @ self._offset)[:, None])

    def _move(self, state: TrackerState, dt: float) -> TrackerState:
        """Turn every row, let tempo wander to its neighbours and seldom jump anywhere."""
        c = self.config
        turned = (state.turned + self.rate_hz * dt) % 1.0
        mass = state.mass
        spacing = self.log_bpm[1] - self.log_bpm[0]
        swap = min(0.25, 0.5 * dt * (c.wander / spacing) ** 2)
        up = swap * _shift(mass[:-1], (turned[:-1] - turned[1:]) * c.phases)  # row i to row i + 1
        down = swap * _shift(mass[1:], (turned[1:] - turned[:-1]) * c.phases)
        mass = mass.copy()
        mass[:-1] -= swap * state.mass[:-1]
        mass[1:] -= swap * state.mass[1:]
        mass[1:] += up
        mass[:-1] += down
        jump, restart = 1 - np.exp(-c.jump_rate * dt), 1 - np.exp(-c.restart_rate * dt)
        by_phase = _shift(mass, turned * c.phases).sum(0)  # in true phase
        anywhere = _shift(np.broadcast_to(by_phase, mass.shape), -turned * c.phases)
        mass = (1 - jump - restart) * mass + state.prior[:, None] * (jump * anywhere + restart / c.phases)
        return replace(state, time_s=state.time_s + dt, mass=mass, turned=turned)

    def estimate(self, state: TrackerState) -> Estimate:
        """The best cell and the mass about it, averaged to a continuous tempo and phase."""
        c = self.config
        smooth = state.mass + np.roll(state.mass, 1, 1) + np.roll(state.mass, -1, 1)
        i, m = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
        rows = slice(max(0, int(i) - 5), int(i) + 6)
        best = m / c.phases + state.turned[i]
        phase = np.arange(c.phases) / c.phases + state.turned[rows, None]
        away = (phase - best + 0.5) % 1.0 - 0.5
        mass = state.mass[rows] * (np.abs(away) < 0.2)
        share = float(mass.sum())
        log_bpm = float((mass.sum(1) @ self.log_bpm[rows]) / share)
        shift = float((mass * away).sum() / share)
        spread = float(np.sqrt((mass * (away - shift) ** 2).sum() / share))
        return Estimate(
            state.time_s, float(np.exp(log_bpm)), (best + shift) % 1.0, share, spread, state.evidence
        )


def _bump(phase: Array, width: Array) -> Array:
    """A wrapped Gaussian over the beat, mean 1."""
    away = (phase + 0.5) % 1.0 - 0.5
    bump = sum(np.exp(-0.5 * ((away + n) / width) ** 2) for n in (-1, 0, 1))
    return np.asarray(bump / np.mean(bump, axis=-1, keepdims=True))


def _shift(mass: Array, bins: Array) -> Array:
    """Each row moved right by ``bins[i]`` (any real number) around the beat, linear between cells."""
    n = mass.shape[1]
    whole = np.floor(bins)
    part = (bins - whole)[:, None]
    take = (np.arange(n) - whole[:, None].astype(np.int64)) % n
    near = np.take_along_axis(mass, take, 1)
    return (1 - part) * near + part * np.roll(near, 1, 1)
