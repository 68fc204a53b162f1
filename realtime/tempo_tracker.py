"""A bar-pointer filter: tempo x phase, carried forward by every accent. Knows no bodies, clocks or output.

The hidden state is a tempo (rows, log-spaced), a phase within the beat (columns) and a groove: when
this dancer's weight sinks. Between observations each row turns at its own tempo; tempo wanders, seldom
jumps, and a little probability always begins anew. An accent of channel c at phase p is evidence proportional
to log(profile_c(p)), where profile_c is how that channel's accents are spread over a beat (``Profiles``): an
accent where none is expected counts against a hypothesis.

This is the filter of Whiteley, Cemgil and Godsill (ISMIR 2006) with three changes: rows are kept in their own
rotating frame, so that turning costs no interpolation and blurs nothing; the observation is a rate (as of a
Poisson process) rather than a class; and it is kept twice, once heeding a network that says where the beat is
and once not. The network is trusted as far as heeding it foretells the next accents better than not: its
words agree with each other even where they are wrong, and only what it does not say itself can bear it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.beat_sense import Sensed

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Profile:
    """How one channel's accents are spread over a beat: a lopsided bump, its echo on the half beat, a floor.

    Widths are standard deviations before and after the peak at ``centre`` (beats); ``blur_s`` (s), the same
    at every tempo, widens both. ``offbeat`` is the share of accents on the half beat, ``floor`` the share of
    accents anywhere, ``weight`` the evidence in nats per unit of log-profile and mean accent-second.
    """

    weight: float
    centre: float = 0.0
    before: float = 0.1
    after: float = 0.1
    blur_s: float = 0.03
    lag_s: float = 0.0
    offbeat: float = 0.15
    floor: float = 0.15

    def table(self, rate_hz: Array, cells: int) -> Array:
        """log(profile) ``[len(rate_hz), cells]``; the profile's mean over the beat is 1."""
        phase = np.arange(cells) / cells
        centre = self.centre + self.lag_s * rate_hz
        blur = self.blur_s * rate_hz
        before, after = np.hypot(self.before, blur), np.hypot(self.after, blur)
        main = _bump(phase, centre, before, after)
        echo = _bump(phase, centre + 0.5, before, after)
        share = (1 - self.offbeat) * main + self.offbeat * echo
        return np.asarray(np.log((1 - self.floor) * share + self.floor))


FRAME_S = 0.1
"""A frame speaks for no longer than this, however long none was seen."""

MOST_TRUST = 3.0
"""Log-odds beyond which trust neither grows nor falls, so that it can still change its mind."""


@dataclass(frozen=True)
class TrackerConfig:
    """Grid and dynamics of the filter."""

    low_bpm: float = 55.0
    high_bpm: float = 190.0
    tempi: int = 96
    phases: int = 64
    harmonics: int = 10
    wander: float = 0.012  # standard deviation of log tempo after one second: music keeps its tempo
    jump_rate: float = 0.04  # per second: to any tempo not far off, the phase going on
    jump: float = 0.17  # how far off, either way, in log tempo
    restart_rate: float = 0.03  # per second: to any tempo, phase and groove
    prior_octaves: float = 0.45  # standard deviation of the tempo prior
    evidence_s: float = 4.0  # memory of the evidence that there is a beat at all
    most_evidence: float = 4.0  # nats: who dances for minutes is doubted as soon as who danced for seconds
    leave: float = 2.0  # how many times stronger another hypothesis must be to be taken instead
    mix_s: float = 0.1  # how often mass is moved between rows; phase turns with every observation
    sense_doubt: float = 0.1  # how often the network is sure, and wrong
    sense: float = 1.5  # how many times a second the network's word counts as news: it repeats itself
    trust: float = 0.7  # prior probability that the network understands this dancer
    trust_s: float = 40.0  # memory of how well it did


@dataclass(frozen=True)
class TrackerState:
    """Two posteriors: what accents and the network's words tell (w = 0), and what accents alone do (w = 1).

    ``mass[w, g, i, m]`` belongs to groove g, tempo row i, phase ``m / phases + turned[i]``.
    """

    time_s: float
    mass: Array  # [2, grooves, tempi, phases], each of the two sums to 1
    turned: Array  # [tempi] beats
    evidence: float  # recent log-likelihood ratio against "no beat", nats
    prior: Array  # [tempi], sums to 1
    prior_bpm: float
    mixed_s: float  # when mass was last moved between rows
    trust: float  # log-odds that the network understands this dancer


@dataclass(frozen=True)
class Estimate:
    """The strongest hypothesis at ``time_s``: its tempo, phase in 0..1, share of the mass, and evidence."""

    time_s: float
    bpm: float
    phase: float
    share: float
    spread_beats: float
    evidence: float


class TempoTracker:
    """The filter's fixed tables and its pure ``update``.

    Args:
        config: grid and dynamics.
        grooves: for each groove, the profile of every channel.
        odds: prior probability of each groove.
    """

    def __init__(
        self, config: TrackerConfig, grooves: tuple[tuple[Profile, ...], ...], odds: tuple[float, ...]
    ) -> None:
        self.config = c = config
        self.log_bpm = np.linspace(np.log(c.low_bpm * 0.97), np.log(c.high_bpm * 1.03), c.tempi)
        self.rate_hz = np.exp(self.log_bpm) / 60.0
        self._spacing = float(self.log_bpm[1] - self.log_bpm[0])
        rows, reach = np.arange(c.tempi), round(c.jump / self._spacing)
        self._reach = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, c.tempi)
        self._odds = np.array(odds)[:, None, None]
        self._prior_trust = log_odds(c.trust)
        self._waves = _as_reals(_turns(np.arange(c.phases) / c.phases, c.harmonics).T)
        self._spectra = self._spectra_of(grooves)

    def _spectra_of(self, grooves: tuple[tuple[Profile, ...], ...]) -> Complex:
        """Fourier coefficients ``[C, grooves, tempi, 1 + K]`` of the tables; the first are the means."""
        tables = np.array([[p.weight * p.table(self.rate_hz, 256) for p in groove] for groove in grooves])
        spectra = np.fft.rfft(tables.swapaxes(0, 1), axis=-1)[..., : self.config.harmonics + 1] / 256
        spectra[..., 1:] *= 2
        return np.ascontiguousarray(spectra)

    def start(self, bpm: float, time_s: float = 0.0) -> TrackerState:
        """Know nothing but that the tempo is likely near ``bpm``."""
        prior = self.prior(bpm)
        mass = self._fresh(prior) * np.ones((2, 1, 1, self.config.phases))
        return TrackerState(
            time_s, mass, np.zeros(self.config.tempi), 0.0, prior, bpm, time_s, self._prior_trust
        )

    def _fresh(self, prior: Array) -> Array:
        """Mass of every cell ``[grooves, tempi, 1]`` where nothing is known but the tempo prior."""
        return np.asarray(self._odds * prior[:, None] / self.config.phases)

    def expecting(self, state: TrackerState, bpm: float) -> TrackerState:
        """The same beliefs with another tempo prior: what is known stays, what is new begins near ``bpm``."""
        if bpm == state.prior_bpm:
            return state
        return replace(state, prior=self.prior(bpm), prior_bpm=bpm)

    def told(self, state: TrackerState, bpm: float, phase: float) -> TrackerState:
        """Somebody who knows gives the tempo, and the phase (beats) at ``state.time_s``."""
        cells = np.arange(self.config.phases) / self.config.phases + state.turned[:, None]
        away = (cells - phase + 0.5) % 1.0 - 0.5
        off = (self.log_bpm - np.log(bpm))[:, None]
        mass = state.mass * (np.exp(-0.5 * (away / 0.08) ** 2 - 0.5 * (off / 0.04) ** 2) + 1e-6)
        return replace(state, mass=mass / _totals(mass))

    def prior(self, bpm: float) -> Array:
        """Tempo prior ``[tempi]``: normal in log2 about ``bpm``, never quite zero."""
        octaves = (self.log_bpm - np.log(bpm)) / np.log(2)
        prior = np.exp(-0.5 * (octaves / self.config.prior_octaves) ** 2) + 0.01
        return np.asarray(prior / prior.sum())

    def update(
        self, state: TrackerState, time_s: float, rates: Array | None, sensed: Sequence[Sensed] = ()
    ) -> TrackerState:
        """Go on to ``time_s``, where channel c is accented ``rates[c]`` times its average; None: unseen.

        ``sensed``: what a network says of the beat's phase at moments shortly before.
        """
        dt = time_s - state.time_s
        if dt <= 0:
            return state
        state = self._move(state, dt)
        evidence = state.evidence * float(np.exp(-dt / self.config.evidence_s))
        faded = float(np.exp(-dt / self.config.trust_s))
        trust = self._prior_trust + (state.trust - self._prior_trust) * faded
        if rates is None:
            return replace(state, evidence=evidence, trust=trust)
        mass = state.mass * np.exp(self._log_likelihood(state.turned, rates * min(dt, FRAME_S)))
        totals = _totals(mass)
        mass /= totals
        heeding, alone = np.log(totals.ravel())
        trust = min(max(trust + float(heeding - alone), -MOST_TRUST), MOST_TRUST)
        evidence += float(heeding)
        if sensed:
            mass[0] *= 1.0 + chance(trust) * (self._sensed_word(state, sensed) - 1.0)
            total = float(mass[0].sum())
            mass[0] /= total
            evidence += float(np.log(total))
        evidence = min(evidence, self.config.most_evidence)
        return replace(state, mass=mass, evidence=evidence, trust=trust)

    def trust(self, state: TrackerState) -> float:
        """How far the network's word is taken, 0..1."""
        return chance(state.trust)

    def sensed(self, state: TrackerState, bpm: float, one: Sensed) -> Complex:
        """What the network said, as Fourier coefficients over the phase at ``state.time_s``."""
        back = np.array(bpm / 60.0 * (one.time_s - state.time_s))
        return np.asarray(one.beat * _turns(back, len(one.beat))[1:])

    def spectrum(self, state: TrackerState, bpm: float, dose: Array) -> Complex:
        """Fourier coefficients ``[K]`` of what accents say of the phase at a tempo, grooves as believed.

        Args:
            state: tells the grooves apart.
            bpm: the tempo.
            dose: ``[C]`` of every channel, rate times seconds.
        """
        row = int(np.argmin(np.abs(self.log_bpm - np.log(bpm))))
        grooves = state.mass[0, :, max(0, row - 3) : row + 4].sum((1, 2))
        spectra = np.tensordot(dose, self._spectra[:, :, row, 1:], 1)
        return np.asarray(grooves @ spectra / max(float(grooves.sum()), 1e-12))

    def _log_likelihood(self, turned: Array, dose: Array) -> Array:
        """Of every cell ``[grooves, tempi, phases]``, against accents spread evenly."""
        told = dose @ self._spectra.view(np.float64).reshape(len(dose), -1)
        spectra = told.view(np.complex128).reshape(self._spectra.shape[1:])
        return self._over_phase(spectra * _turns(turned, self.config.harmonics))

    def _over_phase(self, spectra: Complex) -> Array:
        """Re sum_k c_k exp(2 pi i k phase) ``[..., phases]`` of coefficients ``[..., 1 + K]``."""
        return np.asarray(spectra.view(np.float64) @ self._waves[: 2 * spectra.shape[-1]])

    def _sensed_word(self, state: TrackerState, sensed: Sequence[Sensed]) -> Array:
        """How likely the network's word is at every tempo and phase ``[tempi, phases]``, against chance."""
        total = np.zeros((self.config.tempi, self.config.phases))
        for one in sensed:
            turned = state.turned - self.rate_hz * (state.time_s - one.time_s)
            density = np.exp(self._over_phase(np.append(0.0, one.beat) * _turns(turned, len(one.beat))))
            density /= density.mean(axis=1, keepdims=True)
            doubt = self.config.sense_doubt
            total += one.spent_s * np.log((1.0 - doubt) * density + doubt)
        return np.asarray(np.exp(self.config.sense * total))

    def _move(self, state: TrackerState, dt: float) -> TrackerState:
        """Turn every row; now and then let mass change rows."""
        time_s, turned = state.time_s + dt, (state.turned + self.rate_hz * dt) % 1.0
        state = replace(state, time_s=time_s, turned=turned)
        since_s = time_s - state.mixed_s
        if since_s < self.config.mix_s:
            return state
        return replace(state, mass=self._mixed(state, since_s), mixed_s=time_s)

    def _mixed(self, state: TrackerState, dt: float) -> Array:
        """Mass after tempo has wandered to its neighbours and seldom jumped, for ``dt``."""
        c, old = self.config, state.mass
        swap = min(0.33, 0.5 * dt * (c.wander / self._spacing) ** 2)
        ahead = (state.turned[:-1] - state.turned[1:]) * c.phases
        mass = old.copy()
        mass[..., :-1, :] += swap * (_shift(old[..., 1:, :], -ahead) - old[..., :-1, :])
        mass[..., 1:, :] += swap * (_shift(old[..., :-1, :], ahead) - old[..., 1:, :])
        rates = c.jump_rate + c.restart_rate
        left = 1.0 - float(np.exp(-rates * dt))
        jump, restart = left * c.jump_rate / rates, left * c.restart_rate / rates
        jumped = self._jumped(mass, state.turned * c.phases)
        jumped *= jump
        mass *= 1.0 - left
        mass += jumped
        mass += restart * self._fresh(state.prior)
        return np.asarray(mass)

    def _jumped(self, mass: Array, bins: Array) -> Array:
        """Mass of every row, which lies turned by ``bins``, given in equal parts to the rows in reach."""
        first, end = self._reach
        given = _shift(mass, bins) / (end - first)[:, None]  # in true phase
        total = np.zeros((*mass.shape[:-2], mass.shape[-2] + 1, mass.shape[-1]))
        np.cumsum(given, -2, out=total[..., 1:, :])
        return _shift(np.take(total, end, -2) - np.take(total, first, -2), -bins)

    def estimate(self, state: TrackerState, before: Estimate | None = None) -> Estimate:
        """The strongest hypothesis; the one of ``before``, carried on, unless another is clearly stronger.

        Half and double tempo explain many dances equally well: keeping to one of them is worth more to those
        who listen than being right a little more often.
        """
        flat, kept = state.mass[0].sum(0), None
        if before is not None:
            carried = before.phase + (state.time_s - before.time_s) * before.bpm / 60.0
            row = int(np.argmin(np.abs(self.log_bpm - np.log(before.bpm))))
            kept = self._about(state, flat, row, carried)
            if self.config.leave * kept.share >= 1.0:
                return kept
        smooth = flat + np.roll(flat, 1, 1) + np.roll(flat, -1, 1)
        i, m = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
        best = self._about(state, flat, int(i), m / self.config.phases + float(state.turned[i]))
        return best if kept is None or best.share > self.config.leave * kept.share else kept

    def _about(self, state: TrackerState, flat: Array, row: int, phase: float) -> Estimate:
        """The mass about a tempo row and a phase, averaged to a continuous tempo and phase."""
        c = self.config
        rows = slice(max(0, row - 5), row + 6)
        away = (np.arange(c.phases) / c.phases + state.turned[rows, None] - phase + 0.5) % 1.0 - 0.5
        mass = flat[rows] * (np.abs(away) < 0.2)
        share = float(mass.sum()) + 1e-12
        log_bpm = float((mass.sum(1) @ self.log_bpm[rows]) / share)
        shift = float((mass * away).sum() / share)
        spread = float(np.sqrt((mass * (away - shift) ** 2).sum() / share))
        bpm, phase = float(np.exp(log_bpm)) if share > 1e-9 else float(60 * self.rate_hz[row]), phase + shift
        return Estimate(state.time_s, bpm, phase % 1.0, share, spread, state.evidence)


def log_odds(probability: float) -> float:
    """Log-odds of a probability."""
    return float(np.log(probability / (1.0 - probability)))


def chance(odds: float) -> float:
    """The probability that has these log-odds."""
    return 1.0 / (1.0 + float(np.exp(-odds)))


def _bump(phase: Array, centre: Array, before: Array, after: Array) -> Array:
    """A wrapped, lopsided Gaussian ``[len(centre), len(phase)]``, mean 1 over the beat."""
    bump = np.zeros((len(centre), len(phase)))
    for turn in (-1.0, 0.0, 1.0):
        away = (phase - centre[:, None] + 0.5) % 1.0 - 0.5 + turn
        width = np.where(away < 0, before[:, None], after[:, None])
        bump += np.exp(-0.5 * (away / width) ** 2)
    return np.asarray(bump / bump.mean(axis=1, keepdims=True))


def _turns(beats: Array, count: int) -> Complex:
    """exp(2 pi i k beats) ``[..., 1 + count]``, k = 0 .. count."""
    turns = np.empty((*beats.shape, 1 + count), np.complex128)
    turns[..., 0], turns[..., 1:] = 1.0, np.exp(2j * np.pi * beats)[..., None]
    return np.multiply.accumulate(turns, -1, out=turns)


def _as_reals(waves: Complex) -> Array:
    """Of ``[K, n]`` the rows ``[2 K, n]`` by which real and imaginary parts, in turn, make the real part."""
    return np.stack([waves.real, -waves.imag], 1).reshape(-1, waves.shape[1])


def _totals(mass: Array) -> Array:
    """Of each of the two posteriors ``[2, 1, 1, 1]``."""
    return np.asarray(mass.sum((1, 2, 3), keepdims=True))


def _shift(mass: Array, bins: Array) -> Array:
    """Rows ``[..., i, :]`` moved right by ``bins[i]`` (any real number) round the beat, linearly."""
    rows, n = mass.shape[-2:]
    line, starts = mass.reshape(*mass.shape[:-2], rows * n), n * np.arange(rows)[:, None]
    whole = np.floor(bins)
    turned = whole.astype(np.int64) % n
    moved = np.take(line, _rounds(n)[turned] + starts, -1)
    rest = np.take(line, _rounds(n)[(turned + 1) % n] + starts, -1)
    rest -= moved
    rest *= (bins - whole)[:, None]
    moved += rest
    return np.asarray(moved)


@lru_cache
def _rounds(n: int) -> NDArray[np.int64]:
    """Row k of ``[n, n]``: the cells of a round moved right by k."""
    rounds = (np.arange(n) - np.arange(n)[:, None]) % n
    rounds.setflags(write=False)  # it is handed out again
    return np.asarray(rounds)
