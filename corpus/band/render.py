"""From notes to stems: every player on tracks of its own, levelled, ready for any mix. Knows no dancer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from corpus.band.intune import in_phase
from corpus.band.parts import Note, cycle
from corpus.band.song import BEATS_PER_CYCLE, Song
from corpus.band.styles import Equaliser, Style
from corpus.band.synth import noise
from corpus.band.tempo import Times, beat_times, phase_at
from corpus.bank import Bank

Samples = NDArray[np.float32]

SAMPLE_RATE = 22_050
SAMPLES_PER_CODE = 128

LAYERS: tuple[str, ...] = (
    "kick", "snare", "hats", "percussion", "bass", "harmony", "lead", "pad", "crash", "sweep",
)  # fmt: skip
PITCHED: tuple[str, ...] = ("bass", "harmony", "lead", "pad")
STEMS: tuple[str, ...] = (
    "kick", "snare", "hats", "percussion",
    "bass_dark", "bass_bright", "harmony_dark", "harmony_bright",
    "lead_dark", "lead_bright", "pad_dark", "pad_bright",
    "crash", "sweep",
)  # fmt: skip
"""Rows of ``Stems.rows``: pitched layers twice, dark and bright, so that a filter is a cross-mix."""

LEVELS_DB: dict[str, float] = {
    "kick": -15.0, "snare": -17.0, "hats": -27.0, "percussion": -27.0, "bass": -19.0, "harmony": -24.0,
    "lead": -22.5, "pad": -29.0, "crash": -25.0, "sweep": -29.0,
}  # fmt: skip
"""Loudness (RMS while it sounds) of each layer against the others, before a song's own offsets."""

FULL_BAND_DB = -15.5
"""RMS of all layers at unit gain; a mix at an energy of 0.6 then comes to about -18 dBFS."""

DARK_HZ = {"bass": 260.0, "harmony": 900.0, "lead": 1300.0, "pad": 700.0}
LOWEST_HZ, LOW_SHELF_HZ, HIGH_SHELF_HZ = 22.0, 150.0, 4500.0
REVERB_S = 0.22
REVERB_SEND = {"snare": 0.22, "percussion": 0.16, "harmony": 0.2, "lead": 0.26, "pad": 0.2, "crash": 0.12}
RELEASE_S = {"bass": 0.03, "harmony": 0.06, "lead": 0.07, "pad": 0.15}
CRASH_LONGEST_S = 0.9
SWEEP_BEATS = 4


@dataclass(frozen=True)
class Stems:
    """A rendered span of a song.

    Attributes:
        rows: float32 ``[14, N]`` at 22,050 Hz, in the order of ``STEMS``; N is a multiple of 128.
        duck: float32 ``[T]`` at code centres: 1 just when a kick is struck, falling to 0 (side-chain).
        phase: float32 ``[T]``, beats within the four-bar cycle, 0 <= phase < 16, at code centres.
    """

    rows: Samples
    duck: Samples
    phase: Samples


def render_stems(song: Song, beats_s: Times, variations: NDArray[np.float32], bank: Bank) -> Stems:
    """Play a song from the start of its cycle.

    Args:
        song: the song.
        beats_s: time of every beat, seconds from sample 0, ``[16 * phrases + 1]`` (``tempo.beat_times``).
        variations: ``[phrases, 8]`` in [-1, 1].
        bank: the sounds.

    Returns:
        Stems of the phrases' length, rounded down to whole codes.

    Raises:
        ValueError: the number of beats does not fit the number of phrases.
    """
    if len(beats_s) != BEATS_PER_CYCLE * len(variations) + 1:
        raise ValueError(
            f"Phrases take 16 beats: {len(variations)} phrases need {BEATS_PER_CYCLE * len(variations) + 1} "
            f"beat times, not {len(beats_s)}."
        )
    levels = layer_gains(song, bank)
    layers, duck = play(song, beats_s, variations, bank)
    for layer in layers:
        layers[layer] *= levels[layer.removesuffix("_octave")]
    rows = np.stack([layers[name] for name in finished(layers, song.style)])
    centres = (np.arange(len(duck)) * SAMPLES_PER_CODE + SAMPLES_PER_CODE // 2) / SAMPLE_RATE
    phase = np.mod(phase_at(centres, beats_s), BEATS_PER_CYCLE).astype(np.float32)
    return Stems(rows, duck, np.where(phase >= BEATS_PER_CYCLE, 0, phase).astype(np.float32))


def play(
    song: Song, beats_s: Times, variations: NDArray[np.float32], bank: Bank
) -> tuple[dict[str, Samples], Samples]:
    """Dry, unlevelled layers (plus ``lead_octave``), each ``[N]``, and the side-chain curve ``[T]``."""
    codes = int(beats_s[-1] * SAMPLE_RATE) // SAMPLES_PER_CODE
    n = codes * SAMPLES_PER_CODE
    layers = {layer: np.zeros(n, np.float32) for layer in (*LAYERS, "lead_octave")}
    beat_index = np.arange(len(beats_s), dtype=np.float64)
    beat_s = float(np.mean(np.diff(beats_s)))
    player = Player(bank, beat_s)
    duck = np.zeros(codes, np.float32)
    for phrase, variation in enumerate(variations):
        for note in cycle(song, variation.tolist()):
            when = np.interp(phrase * BEATS_PER_CYCLE + note.beat, beat_index, beats_s)
            start = round(float(when) * SAMPLE_RATE)
            if note.pitch >= 0:
                start = max(0, in_phase(start, note.pitch, bank.wave_at_start(note.sound, note.pitch)))
            place(
                layers["lead_octave" if note.octave else note.layer], player.sound(note), start, note.velocity
            )
            if note.layer == "kick":
                dip(duck, start, beat_s)
    crash = faded(bank.hit(song.style.crash), min(beat_s, CRASH_LONGEST_S))
    for beat in beats_s[:-1]:
        place(layers["crash"], crash, round(float(beat) * SAMPLE_RATE), 1.0)
    rise = sweep(song, SWEEP_BEATS * beat_s)
    for beat in beats_s[:-1:SWEEP_BEATS]:
        place(layers["sweep"], rise, round(float(beat) * SAMPLE_RATE), 1.0)
    equaliser = equaliser_sections(song.style.eq)
    for layer, track in layers.items():
        layers[layer] = filtered(equaliser, track)
    return layers, duck


def filtered(sections: NDArray[np.float64], samples: Samples) -> Samples:
    """Second-order sections in double precision; what rings below -180 dB is made silence."""
    out = np.asarray(sosfilt(sections, samples), np.float32)
    out[np.abs(out) < 1e-9] = 0.0
    return out


def equaliser_sections(eq: Equaliser) -> NDArray[np.float64]:
    """Second-order sections of a style's equaliser, after Bristow-Johnson's cookbook; nothing below 22 Hz."""
    sections = [
        shelf(LOW_SHELF_HZ, eq.low_db, high=False),
        bell(eq.mid_hz, eq.mid_db),
        shelf(HIGH_SHELF_HZ, eq.high_db, high=True),
    ]
    rumble = butter(2, LOWEST_HZ, "high", fs=SAMPLE_RATE, output="sos")
    return np.concatenate([rumble, np.array(sections)])


def bell(hz: float, gain_db: float) -> list[float]:
    """A peaking section, Q = 0.9."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / SAMPLE_RATE
    alpha = np.sin(w) / 1.8
    b = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    d = [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a]
    return [x / d[0] for x in b + d]


def shelf(hz: float, gain_db: float, high: bool) -> list[float]:
    """A shelving section; ``high`` lifts what is above ``hz``, else what is below."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / SAMPLE_RATE
    c = np.cos(w) * (-1 if high else 1)
    sign = -1 if high else 1
    root = 2 * np.sqrt(a) * np.sin(w) / np.sqrt(2)
    b = [
        a * (a + 1 - (a - 1) * c + root),
        sign * 2 * a * (a - 1 - (a + 1) * c),
        a * (a + 1 - (a - 1) * c - root),
    ]
    d = [a + 1 + (a - 1) * c + root, sign * -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - root]
    return [x / d[0] for x in b + d]


def place(track: Samples, sound: Samples, start: int, gain: float) -> None:
    """Add ``sound`` to ``track`` at ``start``, as far as the track reaches."""
    end = min(len(track), start + len(sound))
    if start < end:
        track[start:end] += np.float32(gain) * sound[: end - start]


class Player:
    """Cuts bank notes to length for one tempo, and remembers them."""

    def __init__(self, bank: Bank, beat_s: float) -> None:
        self.bank = bank
        self.beat_s = beat_s
        self._cut: dict[tuple[str, int, float], Samples] = {}

    def sound(self, note: Note) -> Samples:
        """The samples of a note at full velocity: a hit rings out, a note is held and released."""
        if note.pitch < 0:
            return self.bank.hit(note.sound)
        key = (note.sound, note.pitch, round(note.beats, 4))
        if key not in self._cut:
            whole = self.bank.note(note.sound, note.pitch)
            self._cut[key] = released(whole, note.beats * self.beat_s, RELEASE_S[note.layer])
        return self._cut[key]


def released(sound: Samples, held_s: float, release_s: float) -> Samples:
    """The first ``held_s`` seconds of a note and a raised-cosine release."""
    held, release = int(held_s * SAMPLE_RATE), int(release_s * SAMPLE_RATE)
    cut = sound[: held + release].copy()
    fade = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, release))
    start = min(held, max(0, len(cut) - release))
    cut[start:] *= fade[: len(cut) - start]
    return cut


def faded(sound: Samples, length_s: float) -> Samples:
    """The sound cut to ``length_s``, its last third faded out: it fits between two beats."""
    cut = sound[: int(length_s * SAMPLE_RATE)].copy()
    tail = len(cut) // 3
    cut[len(cut) - tail :] *= np.linspace(1, 0, tail) ** 2
    return cut


def dip(duck: Samples, start: int, beat_s: float) -> None:
    """Raise the side-chain curve at a kick: 1 at once, gone after 0.6 beats."""
    first = start // SAMPLES_PER_CODE
    length = int(0.6 * beat_s * SAMPLE_RATE / SAMPLES_PER_CODE)
    curve = (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, length))).astype(np.float32)
    end = min(len(duck), first + length)
    if first < end:
        np.maximum(duck[first:end], curve[: end - first], out=duck[first:end])


@lru_cache(maxsize=64)
def sweep_shape(length: int, key: int) -> Samples:
    """A riser of ``length`` samples: gliding partials of the key note and a breath of noise."""
    t = np.linspace(0, 1, length)
    base = 110.0 * 2 ** (((key - 9) % 12) / 12)
    turns = np.cumsum(base * 2 ** (2 * t)) / SAMPLE_RATE
    tone = sum((np.sin(2 * np.pi * k * turns) / k for k in (1, 2, 3, 4, 6, 8)), np.zeros(length))
    air = sosfilt(butter(2, 2500, "high", fs=SAMPLE_RATE, output="sos"), noise("sweep", length))
    shape = (0.6 * tone + 0.25 * air) * t**1.5 * np.minimum(1, (1 - t) * 40)
    return np.asarray(shape, np.float32)


def sweep(song: Song, length_s: float) -> Samples:
    """The song's riser over ``length_s`` seconds."""
    return sweep_shape(int(length_s * SAMPLE_RATE), song.key)


@lru_cache(maxsize=1)
def reverb() -> Samples:
    """A small room: decaying fixed noise, 0.22 s, a few ms after the direct sound."""
    n = int(REVERB_S * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    tail = sosfilt(butter(1, [250, 5000], "band", fs=SAMPLE_RATE, output="sos"), noise("room", n))
    tail *= (
        np.exp(-t / 0.07)
        * np.minimum(1, np.maximum(0, t - 0.006) / 0.004)
        * np.minimum(1, (REVERB_S - t) / 0.03)
    )
    return np.asarray(tail / np.sqrt(np.sum(tail**2)), np.float32)


def finished(layers: dict[str, Samples], style: Style) -> Sequence[str]:
    """Add room to ``layers`` and split pitched ones into dark and bright, in place; returns ``STEMS``."""
    for layer, send in REVERB_SEND.items():
        send = send * style.room
        wet = oaconvolve(layers[layer], reverb())[: len(layers[layer])]
        layers[layer] += np.float32(send) * wet.astype(np.float32)
    for layer in PITCHED:
        low_pass = butter(2, DARK_HZ[layer], "low", fs=SAMPLE_RATE, output="sos")
        layers[f"{layer}_dark"] = filtered(low_pass, layers[layer])
        layers[f"{layer}_bright"] = (
            layers[layer] + layers["lead_octave"] if layer == "lead" else layers[layer]
        )
    return STEMS


def loudness(samples: Samples) -> float:
    """RMS over the 50 ms spans in which the layer sounds (within 26 dB of its loudest)."""
    span = SAMPLE_RATE // 20
    power = np.mean(samples[: len(samples) // span * span].reshape(-1, span) ** 2, axis=1)
    if power.max(initial=0.0) <= 0.0:
        return 1.0
    return float(np.sqrt(power[power > power.max() / 400].mean()))


_gains: WeakKeyDictionary[Bank, dict[str, dict[str, float]]] = WeakKeyDictionary()


def layer_gains(song: Song, bank: Bank) -> dict[str, float]:
    """Gains that bring every layer to its level, from one neutral cycle at the song's own tempo."""
    known = _gains.setdefault(bank, {})
    if song.name not in known:
        layers, _ = play(song, beat_times(song.bpm, BEATS_PER_CYCLE), np.zeros((1, 8), np.float32), bank)
        levels = {layer: LEVELS_DB[layer] + song.style.levels_db.get(layer, 0.0) for layer in LAYERS}
        gains = {layer: 10 ** (levels[layer] / 20) / loudness(layers[layer]) for layer in LAYERS}
        band = np.sum(
            [gains[layer] * layers[layer] for layer in LAYERS if layer not in ("crash", "sweep")], axis=0
        )
        master = 10 ** (FULL_BAND_DB / 20) / float(np.sqrt(np.mean(band**2)))
        known[song.name] = {layer: gain * master for layer, gain in gains.items()}
    return known[song.name]
