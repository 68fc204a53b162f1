"""The dance: channels at any time, from style, seed, tempo and energy. Knows nothing of bodies or pictures.

Three layers: keys that stop on beats (legs, torso, arms each for themselves; the weight follows the feet a
little later), the genre's groove that pulses under them, and the small unrhythmic life of a standing person.
All are pure functions of time.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dancer.channels import INDEX, TRACKS, mirror
from dancer.energy import EnergyCurve
from dancer.phrases import PHRASE_BEATS, Keys, Phrases
from dancer.tempo import TempoMap
from dancer.vocabulary import VOCABULARY

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SPEEDS = (0.5, 1.0, 2.0)
SHORTEST_TRAVEL_S = 0.11
"""No limb gets from key to key faster than this: about the quickest a trained arm stops."""
FASTEST_M_S = 9.0
"""Nor does a hand or foot go faster than about this at full energy; punches are measured at 6-10 m/s."""
RECOIL_HZ, RECOIL_DECAY_S = 6.0, 0.07
EASY_BPM = 118.0
"""Above this tempo movements get smaller, as limbs run out of time."""

_SPIN = INDEX["spin"]
_UP = INDEX["up"]
_COLUMNS = {track: np.array([INDEX[name] for name in names]) for track, names in TRACKS.items()}
_HANDS = {side: [INDEX[f"{side}_hand_{axis}"] for axis in ("out", "up", "front")] for side in "lr"}
_ARM_M = 0.535
_FEET = {side: [INDEX[f"{side}_foot_{axis}"] for axis in ("out", "up", "front")] for side in "lr"}


@dataclass(frozen=True)
class Dance:
    """What is danced: ``speed`` 0.5 dances in half time, 2 in double time; ``looseness`` 0 is a machine."""

    style: str
    seed: int = 0
    speed: float = 1.0
    mirrored: bool = False
    looseness: float = 1.0


class Choreography:
    """Poses of one dancer as a function of time."""

    def __init__(self, dance: Dance, tempo: TempoMap, energy: EnergyCurve) -> None:
        self.dance, self.tempo, self.energy = dance, tempo, energy
        genre = VOCABULARY[dance.style]
        self.manner = genre.manner
        self.phrases = Phrases(
            genre, dance.seed, tempo.bpm * dance.speed, dance.looseness, self._energy_at_beat
        )
        self.life = _Life(dance.seed)

    def _energy_at_beat(self, beat: float) -> Floats:
        return self.energy(self.tempo.time_at(beat / self.dance.speed))

    def beats(self, time_s: Floats) -> Floats:
        """Position in danced beats (half as many in half time)."""
        return self.tempo.beat_at(time_s) * self.dance.speed

    def poses(self, time_s: Floats) -> Floats:
        """Poses ``[T, C]`` (dancer/channels.py) at times ``[T]`` in seconds."""
        beats = self.beats(time_s)
        bpm = self.tempo.bpm_at(time_s) * self.dance.speed
        size = amplitude(self.energy(time_s)) * np.minimum(1, np.sqrt(EASY_BPM / bpm))
        out = np.tile(self.phrases.stance, (len(beats), 1))
        for phrase in np.unique(np.floor(beats / PHRASE_BEATS)).astype(int):
            rows = np.flatnonzero(np.floor(beats / PHRASE_BEATS) == phrase)
            for track, columns in _COLUMNS.items():
                keys = self.phrases.around(int(phrase), track)
                moved, leap = self._through(keys, beats[rows], bpm[rows], size[rows])
                out[np.ix_(rows, columns)] = moved[:, columns]
                if track == "legs":  # the weight follows the feet
                    sunk, _ = self._through(keys, beats[rows] - self.manner.late, bpm[rows], size[rows])
                    out[rows, _UP] = sunk[:, _UP] + leap
        self._groove(out, beats, size * np.minimum(1, EASY_BPM / bpm))
        out += self.life(time_s)
        return mirror(out) if self.dance.mirrored else out

    def _through(self, keys: Keys, beat: Floats, bpm: Floats, size: Floats) -> tuple[Floats, Floats]:
        """Poses on the way between keys, and how high a leap lifts the body, which is not in them yet.

        All channels, of which the caller takes its track's.
        """
        j = np.clip(np.searchsorted(keys.beat, beat, side="right"), 2, len(keys.beat) - 1)
        gap = keys.beat[j] - keys.beat[j - 1]
        wanted = self.manner.travel * np.where(keys.travel[j] > 0, keys.travel[j], 1.0)
        start, end = keys.values[j - 1], keys.values[j]
        least_s = np.maximum(
            SHORTEST_TRAVEL_S, _farthest_m(end - start) / FASTEST_M_S * self.manner.sharp**0.7
        )
        travel = np.minimum(np.maximum(wanted, least_s * bpm / 60), 0.98 * gap)
        s = np.clip(1 - (keys.beat[j] - beat) / travel, 0, 1)
        eased = ease(s, self.manner.sharp)[:, None]
        moved = start + (end - start) * eased
        _swing_hands(moved, end - start, 4 * eased * (1 - eased))
        moved += self._recoil(keys, j, beat, bpm)
        stance = self.phrases.stance
        pose = stance + (moved - stance) * size[:, None]
        begun = start[:, _SPIN] - np.trunc(start[:, _SPIN] + np.copysign(1e-6, start[:, _SPIN]))
        pose[:, _SPIN] = begun + (end[:, _SPIN] - begun) * ease(s, 2.0)
        return pose, self._leave_the_floor(pose, keys, j, s, size, end - start)

    def _recoil(self, keys: Keys, j: Ints, beat: Floats, bpm: Floats) -> Floats:
        since_s = (beat - keys.beat[j - 1]) * 60 / bpm
        ring = (
            -self.manner.recoil * np.exp(-since_s / RECOIL_DECAY_S) * np.sin(2 * np.pi * RECOIL_HZ * since_s)
        )
        ring = np.where(since_s > 0, ring, 0)[:, None] * (keys.values[j - 1] - keys.values[j - 2])
        return np.asarray(ring)

    def _leave_the_floor(
        self, pose: Floats, keys: Keys, j: Ints, s: Floats, size: Floats, way: Floats
    ) -> Floats:
        """Adds the arc of a leap to both feet, of a step to each that goes somewhere; returns the leap."""
        arc = 4 * s * (1 - s) * np.minimum(1, size)
        leap = np.asarray(keys.hop[j] * arc)
        for k, side in enumerate("lr"):
            distance = np.sqrt(np.sum(way[:, _FEET[side]] ** 2, axis=1))
            picked = keys.lift[j, k] * np.where(keys.lift[j, k] > 0.1, 1, np.minimum(1, distance / 0.12))
            pose[:, _FEET[side][1]] += leap + picked * arc
        return leap

    def _groove(self, pose: Floats, beats: Floats, size: Floats) -> None:
        """The pulse in knees, chest and head, in place (adds to ``pose``)."""
        m = self.manner
        strength = size**0.7
        later = beats - m.late
        pulse = (0.5 + 0.5 * np.cos(2 * np.pi * later)) ** m.pulse
        head = (0.5 + 0.5 * np.cos(2 * np.pi * (later - 0.06))) ** m.pulse
        weight = np.cos(np.pi * beats)
        wave = np.cos(2 * np.pi * beats)
        pose[:, _UP] -= m.bounce * strength * pulse
        pose[:, INDEX["lean"]] += strength * (m.rock * (pulse - 0.4) + m.jack * wave)
        pose[:, INDEX["hip_pitch"]] -= strength * m.jack * 0.8 * wave
        pose[:, INDEX["pop_front"]] += strength * 0.25 * m.jack * wave
        pose[:, INDEX["nod"]] += strength * m.nod * (head - 0.4)
        pose[:, INDEX["side"]] += strength * m.sway * weight
        pose[:, INDEX["hip_roll"]] -= strength * 1.6 * m.sway * weight


def _farthest_m(way: Floats) -> Floats:
    """How far the hand or foot that goes farthest has to go, ``[T]``, for ways ``[T, C]``."""
    hands = [_ARM_M * np.linalg.norm(way[:, columns], axis=1) for columns in _HANDS.values()]
    feet = [np.linalg.norm(way[:, columns], axis=1) for columns in _FEET.values()]
    return np.asarray(np.max([*hands, *feet], axis=0))


def _swing_hands(pose: Floats, way: Floats, arc: Floats) -> None:
    """Leads hands around the shoulder, out and forward, instead of straight through it; in place."""
    for columns in _HANDS.values():
        distance = np.linalg.norm(way[:, columns], axis=1, keepdims=True)
        pose[:, columns] += 0.25 * distance * arc * np.array([0.55, 0.0, 0.85])


def amplitude(energy: Floats) -> Floats:
    """Size of movement for energy 0..1: nothing at 0, 0.45 at 0.2, 1.1 at 1."""
    return 1.1 * np.clip(energy, 0, 1) ** 0.55


def ease(s: Floats, sharp: float) -> Floats:
    """From 0 to 1 for s in 0..1 with no speed at either end; speed peaks at ``(sharp - 1) / sharp``.

    ``sharp`` 2 is the smoothstep; larger values leave late and brake hard. Deceleration is greatest
    at the arrival itself.
    """
    return s**sharp * ((sharp + 1) - sharp * s)


class _Life:
    """What a person does who only stands: breath, shifting weight, a wandering head. No rhythm in it."""

    AMOUNTS: ClassVar[dict[str, float]] = {
        "side": 0.010, "front": 0.008, "spin": 0.006, "hip_yaw": 0.03, "hip_roll": 0.012,
        "lean": 0.02, "twist": 0.03, "tilt": 0.015, "nod": 0.03, "look": 0.06, "cock": 0.02,
        "l_hand_out": 0.014, "l_hand_up": 0.010, "l_hand_front": 0.018,
        "r_hand_out": 0.014, "r_hand_up": 0.010, "r_hand_front": 0.018,
    }  # fmt: skip

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 0x11FE])
        self._columns = np.array([INDEX[name] for name in self.AMOUNTS])
        self._amounts = np.array(list(self.AMOUNTS.values()))
        self._hz = rng.uniform(0.09, 0.75, (3, len(self._columns)))
        self._phase = rng.uniform(0, 2 * np.pi, (3, len(self._columns)))

    def __call__(self, time_s: Floats) -> Floats:
        """Offsets ``[T, C]``."""
        waves = np.sin(2 * np.pi * time_s[:, None, None] * self._hz + self._phase).mean(axis=1)
        out = np.zeros((len(time_s), len(INDEX)))
        out[:, self._columns] = waves * self._amounts
        return out
