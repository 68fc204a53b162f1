"""Our own sounds: drum hits and pitched notes from sines and fixed noise. No files, no randomness left.

Every note starts all its partials at the same phase and every hit uses the same noise each time it is
struck: the sound is a function of its name, so that a network which knows the score can know the sound.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from configs.tuning import pitch_hz

Samples = NDArray[np.float32]
Wave = NDArray[np.float64]

SAMPLE_RATE = 22_050
NYQUIST_MARGIN_HZ = 10_000.0
MOST_PARTIALS = 40


def seconds(length_s: float) -> Wave:
    """Times of the samples of ``length_s`` seconds."""
    return np.arange(int(length_s * SAMPLE_RATE)) / SAMPLE_RATE


def decay(t: Wave, time_constant_s: float, attack_s: float = 0.001) -> Wave:
    """Linear attack, exponential decay."""
    return np.minimum(t / attack_s, 1.0) * np.exp(-t / time_constant_s)


def noise(name: str, n: int) -> Wave:
    """The same ``n`` samples of white noise for the same name, for ever."""
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(n)


def band(x: Wave, low_hz: float, high_hz: float) -> Wave:
    """Second-order Butterworth band pass; a bound of 0 or above 10 kHz is left open."""
    if low_hz > 0:
        x = np.asarray(sosfilt(butter(2, low_hz, "high", fs=SAMPLE_RATE, output="sos"), x))
    if high_hz < NYQUIST_MARGIN_HZ:
        x = np.asarray(sosfilt(butter(2, high_hz, "low", fs=SAMPLE_RATE, output="sos"), x))
    return x


def glide(t: Wave, start_hz: float, end_hz: float, time_constant_s: float) -> Wave:
    """A sine whose frequency falls exponentially from ``start_hz`` to ``end_hz``."""
    frequency = end_hz + (start_hz - end_hz) * np.exp(-t / time_constant_s)
    return np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE)


def saturated(x: Wave, drive: float) -> Wave:
    """Bent by tanh; full scale stays full scale."""
    return np.asarray(np.tanh(drive * x), np.float64) / float(np.tanh(drive))


def kick(
    length_s: float, start: float, end: float, fall: float, ring: float, click: float, drive: float
) -> Wave:
    """A bass drum: falling sine, a click, some saturation."""
    t = seconds(length_s)
    body = glide(t, start, end, fall) * decay(t, ring)
    beater = click * band(noise("click", len(t)), 1500, 8000) * decay(t, 0.003)
    return saturated(body + beater, drive)


def snare(length_s: float, tone_hz: float, tone: float, rattle: float, low_hz: float, high_hz: float) -> Wave:
    """A snare: two drum-head modes under band-passed noise; ``rattle`` is the noise's decay in s."""
    t = seconds(length_s)
    head = np.sin(2 * np.pi * tone_hz * t) + 0.6 * np.sin(2 * np.pi * 1.59 * tone_hz * t)
    wires = band(noise(f"snare{tone_hz}", len(t)), low_hz, high_hz)
    return tone * head * decay(t, 0.05) + 0.8 * wires * decay(t, rattle)


def clap(length_s: float) -> Wave:
    """Three quick bursts and a tail."""
    t = seconds(length_s)
    envelope = sum(np.where(t >= s, np.exp(-(t - s) / 0.006), 0.0) for s in (0.0, 0.011, 0.022))
    envelope = envelope + np.where(t >= 0.03, np.exp(-(t - 0.03) / 0.06), 0.0)
    return band(noise("clap", len(t)), 800, 4500) * envelope


def hiss(length_s: float, low_hz: float, high_hz: float, ring: float, attack_s: float = 0.0008) -> Wave:
    """Band-passed noise that decays: shakers, brushes, hats."""
    t = seconds(length_s)
    return band(noise(f"hiss{low_hz}{ring}", len(t)), low_hz, high_hz) * decay(t, ring, attack_s)


def metal(length_s: float, base_hz: float, ring: float, air: float, low_hz: float) -> Wave:
    """A cymbal or hat in the manner of drum machines: six square waves and noise, high-passed."""
    t = seconds(length_s)
    ratios = (1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523)
    squares = sum(np.sign(np.sin(2 * np.pi * base_hz * r * t + 0.1)) for r in ratios) / 6
    return band(squares + air * noise(f"metal{base_hz}", len(t)), low_hz, 20_000) * decay(t, ring, 0.0005)


def drum(length_s: float, hz: float, bend: float, ring: float, slap: float) -> Wave:
    """A tom or conga: bent sine with a slap of noise."""
    t = seconds(length_s)
    body = glide(t, hz * bend, hz, 0.03) + 0.35 * np.sin(2 * np.pi * 1.6 * hz * t) * np.exp(-t / 0.05)
    return body * decay(t, ring) + slap * band(noise(f"slap{hz}", len(t)), 900, 6000) * decay(t, 0.008)


def modes(length_s: float, hz: tuple[float, ...], ring: float) -> Wave:
    """Struck wood, bell, block: a few decaying sines."""
    t = seconds(length_s)
    return sum((np.sin(2 * np.pi * f * t) / (1 + i) for i, f in enumerate(hz)), np.zeros(len(t))) * decay(
        t, ring
    )


def scratch(length_s: float) -> Wave:
    """A needle pulled forth and back."""
    t = seconds(length_s)
    sweep = 500 + 1400 * np.abs(np.sin(np.pi * t / length_s * 2))
    saw = 2 * ((np.cumsum(sweep) / SAMPLE_RATE) % 1) - 1
    return band(saw + 0.5 * noise("scratch", len(t)), 500, 5000) * np.sin(np.pi * t / length_s)


HIT_RECIPES: dict[str, Callable[[], Wave]] = {
    "kick_tight": partial(kick, 0.3, 170, 58, 0.02, 0.09, 0.5, 1.2),
    "kick_soft": partial(kick, 0.3, 120, 55, 0.02, 0.10, 0.15, 0.8),
    "kick_hard": partial(kick, 0.35, 260, 52, 0.018, 0.11, 0.9, 2.4),
    "kick_long": partial(kick, 0.35, 210, 50, 0.024, 0.14, 0.4, 1.6),
    "kick_808": partial(kick, 0.6, 130, 48, 0.02, 0.24, 0.15, 1.1),
    "kick_boom": partial(kick, 0.8, 110, 42, 0.03, 0.3, 0.3, 1.8),
    "snare_tight": partial(snare, 0.25, 210, 0.7, 0.05, 900, 9000),
    "snare_fat": partial(snare, 0.35, 175, 0.9, 0.09, 500, 8000),
    "snare_808": partial(snare, 0.25, 190, 0.6, 0.06, 1500, 9500),
    "brush": partial(hiss, 0.25, 700, 6000, 0.06, 0.006),
    "rim": partial(modes, 0.1, (1700.0, 820.0, 2500.0), 0.012),
    "clap": partial(clap, 0.3),
    "snap": partial(hiss, 0.15, 1500, 4200, 0.018),
    "hat": partial(metal, 0.08, 410, 0.014, 1.2, 7000),
    "hat_open": partial(metal, 0.35, 410, 0.12, 1.2, 6500),
    "hat_808": partial(metal, 0.07, 540, 0.012, 0.2, 7500),
    "hat_808_open": partial(metal, 0.35, 540, 0.13, 0.2, 7000),
    "ride": partial(metal, 0.6, 330, 0.2, 0.35, 4500),
    "crash": partial(metal, 1.0, 290, 0.35, 1.5, 3000),
    "tom_hi": partial(drum, 0.4, 190, 1.5, 0.12, 0.3),
    "tom_mid": partial(drum, 0.45, 135, 1.5, 0.15, 0.3),
    "tom_lo": partial(drum, 0.5, 92, 1.5, 0.18, 0.3),
    "conga_hi": partial(drum, 0.2, 340, 1.1, 0.05, 0.5),
    "conga_mid": partial(drum, 0.3, 260, 1.1, 0.09, 0.25),
    "conga_lo": partial(drum, 0.35, 185, 1.1, 0.11, 0.2),
    "tambourine": partial(metal, 0.22, 780, 0.05, 1.5, 5500),
    "shaker": partial(hiss, 0.1, 5000, 20_000, 0.022, 0.012),
    "cowbell": partial(modes, 0.25, (562.0, 845.0, 1690.0), 0.06),
    "claves": partial(modes, 0.12, (2450.0, 3900.0), 0.018),
    "triangle": partial(modes, 0.5, (4130.0, 5230.0, 6840.0), 0.2),
    "blip": partial(modes, 0.15, (1244.0, 2489.0), 0.03),
    "scratch": partial(scratch, 0.2),
    "metal": partial(modes, 0.22, (2210.0, 3480.0, 5130.0, 1310.0), 0.05),
    "stomp": partial(drum, 0.35, 70, 1.8, 0.08, 0.8),
}


def hit(recipe: str) -> Samples:
    """One drum hit, peak 0.9."""
    return at_peak(HIT_RECIPES[recipe]())


def at_peak(x: Wave, peak: float = 0.9) -> Samples:
    """Scaled to ``peak``, the last 5 ms faded out."""
    x = x * (peak / max(1e-9, float(np.abs(x).max())))
    fade = min(len(x), SAMPLE_RATE // 200)
    x[len(x) - fade :] *= np.linspace(1, 0, fade)
    return x.astype(np.float32)


@dataclass(frozen=True)
class Voice:
    """An additive voice: partial amplitudes, their decay, an envelope.

    Attributes:
        shape: amplitude of partial k = 1, 2...
        attack_s: linear attack.
        ring_s: decay time constant of partial 1; partial k decays ``k ** damping`` times faster; 0 sustains.
        cutoff: corner of a gentle one-pole-like roll-off, in multiples of the pitch.
        vibrato: depth in semitones of a 5.5 Hz vibrato that begins at 0.25 s with the note.
        drive: saturation after the sum; 0 for none.
        bend: semitones from which the pitch glides at the start, 30 ms.
        inharmonic: stretch of the partials, as of a stiff string.
        breath: loudness of the noise around the pitch.
        sweep_s: time constant with which the roll-off comes down from four times its place; 0 for none.
    """

    shape: Callable[[int], float]
    attack_s: float = 0.003
    ring_s: float = 0.0
    damping: float = 0.5
    cutoff: float = 12.0
    vibrato: float = 0.0
    drive: float = 0.0
    bend: float = 0.0
    inharmonic: float = 0.0
    breath: float = 0.0
    sweep_s: float = 0.0

    def play(self, pitch: int, length_s: float) -> Samples:
        """A note of MIDI ``pitch``, at most ``length_s`` long, peak 0.9."""
        t = seconds(length_s)
        hz = pitch_hz(pitch)
        cents = self.bend * np.exp(-t / 0.03)
        if self.vibrato:
            cents = cents + self.vibrato * np.clip((t - 0.25) / 0.3, 0, 1) * np.sin(2 * np.pi * 5.5 * t)
        turns = np.cumsum(2.0 ** (cents / 12)) * (hz / SAMPLE_RATE)
        corner = self.cutoff * (1 + 3 * np.exp(-t / self.sweep_s)) if self.sweep_s else self.cutoff
        out = np.zeros(len(t))
        turning = np.exp(2j * np.pi * turns)
        harmonic = np.ones(len(t), complex)
        for k in range(1, MOST_PARTIALS):
            stretch = np.sqrt(1 + self.inharmonic * k * k)
            harmonic *= turning  # the sine of k times the angle, without k sines
            amplitude = self.shape(k)
            if k * stretch * hz > NYQUIST_MARGIN_HZ:
                break
            if amplitude:
                roll_off = 1.0 / (1.0 + (k / corner) ** 4)
                ring = np.exp(-t * k**self.damping / self.ring_s) if self.ring_s else 1.0
                wave = np.sin(2 * np.pi * k * stretch * turns) if self.inharmonic else harmonic.imag
                out += amplitude * roll_off * ring * wave
        if self.breath:
            out += self.breath * band(noise(f"breath{pitch}", len(t)), hz, min(4 * hz, 9000))
        out *= np.minimum(t / self.attack_s, 1.0)
        out /= max(1e-9, np.abs(out).max())
        return at_peak(np.tanh(self.drive * out) if self.drive else out)


def saw(k: int) -> float:
    """Partial amplitudes of a saw tooth."""
    return 1.0 / k


def square(k: int) -> float:
    """Partial amplitudes of a square wave."""
    return (k % 2) / k


def sine(k: int) -> float:
    """Only the fundamental."""
    return float(k == 1)


def table(*amplitudes: float) -> Callable[[int], float]:
    """Partial amplitudes given one by one."""
    return lambda k: amplitudes[k - 1] if k <= len(amplitudes) else 0.0


NOTE_RECIPES: dict[str, Voice] = {
    "bass_pluck": Voice(saw, 0.004, 0.5, 0.7, 5),
    "bass_slap": Voice(saw, 0.001, 0.35, 0.6, 12),
    "bass_soft": Voice(table(1, 0.5, 0.25, 0.1), 0.008, 0.45, 0.6),
    "bass_saw": Voice(saw, 0.003, 0.9, 0.3, 5, sweep_s=0.08),
    "bass_acid": Voice(saw, 0.002, 0.5, 0.2, 3.5, sweep_s=0.07, drive=1.5),
    "bass_square": Voice(square, 0.002, 0.6, 0.3, 6, sweep_s=0.06),
    "bass_organ": Voice(table(1, 0.7, 0.05, 0.25), 0.002, 0.35, 0.4),
    "bass_reese": Voice(table(1, 0.8, 0.6, 0.5, 0.35, 0.3, 0.2), 0.004, 1.5, 0.1, drive=2.0),
    "sub_808": Voice(table(1, 0.12, 0.05), 0.002, 0.7, 0.6, bend=7, drive=1.2),
    "sub_808_hard": Voice(table(1, 0.25, 0.12), 0.001, 0.8, 0.3, bend=9, drive=3.5),
    "piano": Voice(lambda k: k**-1.2, 0.002, 0.7, 0.6, 9, inharmonic=0.0004),
    "epiano": Voice(table(1, 0.35, 0.05, 0.18, 0.0, 0.08), 0.002, 0.7, 0.9),
    "clav": Voice(lambda k: abs(np.sin(k * 0.5)) / k, 0.001, 0.25, 0.4, 16),
    "organ": Voice(table(1, 0.8, 0.6, 0.4, 0.0, 0.25, 0.0, 0.2), 0.004),
    "pluck": Voice(lambda k: abs(np.sin(k * 0.4)) / k, 0.002, 0.45, 0.7, 12),
    "pluck_short": Voice(lambda k: abs(np.sin(k * 0.5)) / k, 0.001, 0.09, 0.6, 12),
    "pluck_saw": Voice(saw, 0.002, 0.3, 0.5, 8, sweep_s=0.05),
    "fuzz": Voice(saw, 0.004, 0.0, 0.0, 10, drive=4.0),
    "brass": Voice(lambda k: k**-0.8, 0.02, 0.0, 0.0, 6, sweep_s=0.05),
    "brass_thin": Voice(table(0.3, 0.6, 1, 0.8, 0.6, 0.4, 0.3), 0.02),
    "stab": Voice(saw, 0.002, 0.35, 0.3, 9, drive=1.5),
    "saw_poly": Voice(saw, 0.006, 1.0, 0.1, 7, sweep_s=0.15),
    "saw_stab": Voice(saw, 0.002, 0.22, 0.2, 8, sweep_s=0.06),
    "reed": Voice(table(1, 0.5, 0.7, 0.35, 0.4, 0.2, 0.15), 0.025, vibrato=0.15, breath=0.04),
    "hollow": Voice(square, 0.03, 0.0, 0.0, 6, vibrato=0.08, breath=0.02),
    "flute": Voice(table(1, 0.3, 0.1, 0.04), 0.04, vibrato=0.15, breath=0.08),
    "bowed": Voice(lambda k: k**-1.0, 0.05, 0.0, 0.0, 9, vibrato=0.2),
    "bell": Voice(table(1, 0, 0, 0.4, 0, 0, 0, 0, 0, 0.15), 0.001, 0.8, 0.5),
    "bell_dark": Voice(table(1, 0.1, 0.35, 0.0, 0.2, 0, 0.12), 0.001, 0.5, 0.5, inharmonic=0.01),
    "mallet": Voice(table(1, 0, 0, 0.3), 0.001, 0.2, 0.8),
    "voice": Voice(table(1, 0.6, 0.5, 0.2, 0.1, 0.15, 0.1), 0.06, vibrato=0.12, breath=0.03),
    "square_lead": Voice(square, 0.004, 0.0, 0.0, 9, vibrato=0.1),
    "saw_lead": Voice(saw, 0.004, 0.0, 0.0, 9, vibrato=0.1),
    "whistle": Voice(table(1, 0.08, 0.04), 0.02, vibrato=0.12, bend=-2),
    "strings": Voice(lambda k: k**-1.1, 0.15, 0.0, 0.0, 7, vibrato=0.06),
    "pad_warm": Voice(saw, 0.12, 0.0, 0.0, 3.5),
    "pad_glass": Voice(table(1, 0.2, 0.0, 0.25, 0.0, 0.1), 0.1),
    "pad_dark": Voice(saw, 0.15, 0.0, 0.0, 2.2),
}
