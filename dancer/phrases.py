"""Which moves follow each other: phrases of eight beats, by seed. Knows beats and energy, no seconds.

Phrases repeat and answer each other in the form of ``FORM``, every other one in mirror image, as
dancers build their rounds. Any phrase can be made at any time without those before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dancer.channels import CHANNELS, INDEX, TRACKS, mirror
from dancer.moves import SPOTS, Genre, Key, Move

Floats = NDArray[np.float64]

PHRASE_BEATS = 8
FORM = (0, 0, 1, 0, 2, 2, 1, 0)
"""Motif of each phrase of a section."""

SKIP, DOUBLE, SYNCOPATE = 0.06, 0.05, 0.06
"""Chance for a key off the bar line to be left out, danced twice, or placed half a beat early: our choice."""
ARRIVAL_JITTER_S = 0.012
"""Standard deviation of a key's arrival. A choice inside the 10-20 ms that tapping studies report."""

_FAR = 1 << 20  # makes phrase numbers before the first beat usable as seeds


@dataclass(frozen=True)
class Keys:
    """Key poses of one track in rising order of beat: everything ``[K]``, values ``[K, C]``."""

    beat: Floats
    values: Floats
    hop: Floats
    lift: Floats  # [K, 2]
    travel: Floats

    @staticmethod
    def join(parts: "list[Keys]") -> "Keys":
        """One row of keys after the other."""
        return Keys(*(np.concatenate([getattr(p, n) for p in parts]) for n in Keys.__dataclass_fields__))

    def __getitem__(self, rows: slice) -> "Keys":
        return Keys(*(getattr(self, n)[rows] for n in Keys.__dataclass_fields__))


def stance(genre: Genre) -> Floats:
    """The pose ``[C]`` from which every move of ``genre`` departs."""
    values = {"l_foot_out": 0.14, "r_foot_out": 0.14} | genre.stance
    vector = np.zeros(len(CHANNELS))
    for side in "lr":
        for axis, value in zip(("out", "up", "front", "elbow"), SPOTS["loose"], strict=False):
            vector[INDEX[f"{side}_hand_{axis}"]] = value
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector


class Phrases:
    """Keys of any phrase and track, by seed. ``energy_at_beat`` says which moves are in reach."""

    def __init__(
        self, genre: Genre, seed: int, bpm: float, looseness: float, energy_at_beat: Callable[[float], Floats]
    ) -> None:
        self.genre, self.seed, self.bpm, self.looseness = genre, seed, bpm, looseness
        self.energy_at_beat = energy_at_beat
        self.stance = stance(genre)
        self.keys = lru_cache(maxsize=128)(self._keys)
        self.around = lru_cache(maxsize=128)(self._around)

    def _around(self, phrase: int, track: str) -> Keys:
        """The keys of a phrase with those just before and after it, so that it can be moved through."""
        before, after = self.keys(phrase - 1, track), self.keys(phrase + 1, track)
        return Keys.join([before[-3:], self.keys(phrase, track), after[:2]])

    def _keys(self, phrase: int, track: str) -> Keys:
        rng = np.random.default_rng([self.seed, phrase + _FAR, list(TRACKS).index(track), 1])
        keys = self._loosened(self._written(phrase, track), rng)
        values = np.stack([self._values(key) for key in keys])
        if phrase % 2:
            values = mirror(values)
        lift = np.array([key.lift[:: -1 if phrase % 2 else 1] for key in keys], np.float64)
        beat = np.array([key.beat for key in keys]) + phrase * PHRASE_BEATS
        beat = beat + rng.normal(0, ARRIVAL_JITTER_S * self.bpm / 60 * self.looseness, len(beat))
        hop = np.array([key.hop for key in keys])
        travel = np.array([key.travel for key in keys])
        order = np.argsort(beat, kind="stable")
        return Keys(beat[order], values[order], hop[order], lift[order], travel[order])

    def _written(self, phrase: int, track: str) -> list[Key]:
        """The phrase as composed: a motif's move, four beats on perhaps another one."""
        section, motif = phrase // len(FORM), FORM[phrase % len(FORM)]
        rng = np.random.default_rng([self.seed, section + _FAR, motif, list(TRACKS).index(track), 0])
        energy = float(self.energy_at_beat(phrase * PHRASE_BEATS))
        known = self.genre.of_track(track)
        easiest = min(move.needs for move in known)  # a body always does something, however tired
        moves = [move for move in known if move.needs <= max(energy, easiest)]
        weights = np.array([move.weight for move in moves])
        first, second = (moves[i] for i in rng.choice(len(moves), 2, p=weights / weights.sum()))
        changes = rng.random() < 0.45
        keys = _repeated(first, 0, PHRASE_BEATS)
        if changes:
            keys = [k for k in keys if k.beat < 4] + _repeated(second, 4, PHRASE_BEATS)
        return keys

    def _loosened(self, keys: list[Key], rng: np.random.Generator) -> list[Key]:
        """Real dancers leave keys out, double and anticipate them; never the first of a bar."""
        loose, odds = [], self.looseness * self.genre.manner.freedom
        for key in keys:
            chance = rng.random()
            if key.beat % 4 == 0 or chance > (SKIP + DOUBLE + SYNCOPATE) * odds:
                loose.append(key)
            elif chance < DOUBLE * odds:
                loose += [key, Key(key.beat + 0.5, _halved(key.values), 0.0, key.lift, key.travel)]
            elif chance < (DOUBLE + SYNCOPATE) * odds:
                loose.append(Key(key.beat - 0.5, key.values, key.hop, key.lift, key.travel))
        inside = (
            key for key in loose if key.beat < PHRASE_BEATS - 0.3
        )  # the next phrase has its own first key
        return _spaced(sorted(inside, key=lambda key: key.beat))

    def _values(self, key: Key) -> Floats:
        """The key's pose: stance where it says nothing; bigger on the bar line, smaller between beats."""
        pose = self.stance.copy()
        for name, value in key.values.items():
            pose[INDEX[name]] = value
        size = 1.12 if key.beat % 4 == 0 else 1.0 if key.beat % 1 == 0 else 0.85
        scaled = self.stance + (pose - self.stance) * size
        scaled[INDEX["spin"]] = pose[INDEX["spin"]]
        return scaled


def _repeated(move: Move, start: float, end: float) -> list[Key]:
    keys, at = [], start
    while at < end:
        for key in move.keys:
            if at + key.beat < end:
                keys.append(Key(at + key.beat, key.values, key.hop, key.lift, key.travel))
        at += move.beats
    return keys


def _halved(values: dict[str, float]) -> dict[str, float]:
    return {name: value if name == "spin" else value * 0.6 for name, value in values.items()}


def _spaced(keys: list[Key]) -> list[Key]:
    """Keys at least 0.3 beats apart: of two closer ones the later goes."""
    kept: list[Key] = []
    for key in keys:
        if not kept or key.beat - kept[-1].beat > 0.3:
            kept.append(key)
    return kept
