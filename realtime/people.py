"""Who is who: gives every dancer a number that stays theirs, and picks the one the music follows.

The pose tracker lists people in any order, loses them behind each other and sometimes sees one twice. Knows
nothing of beats or of faces: people are told apart by where they are, where they are going and their build.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from features import landmarks as lm
from realtime.types import Landmarks

Array = NDArray[np.float64]

_CORE = [lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER, lm.LEFT_HIP, lm.RIGHT_HIP]
_LIMBS = [lm.NOSE, lm.LEFT_WRIST, lm.RIGHT_WRIST, lm.LEFT_KNEE, lm.RIGHT_KNEE, lm.LEFT_ANKLE, lm.RIGHT_ANKLE]
_SEEN = _CORE + _LIMBS


@dataclass(frozen=True)
class PeopleConfig:
    """How people are told apart, and how slowly the followed one changes."""

    reach: float = 1.2  # torso lengths a person may stray from where they were expected
    reach_rate: float = 1.5  # further torso lengths for each second unseen
    build_weight: float = 2.0  # torso lengths that a build twice as large or as broad counts as
    same: float = 0.35  # two poses nearer than this (torso lengths, joint by joint) are one person
    forget_s: float = 3.0  # unseen longer than this, a person who returns is a new one
    glide_s: float = 0.4  # how long an unseen person is taken to keep moving
    activity_s: float = 2.0  # memory of how much somebody moves
    rival: float = 1.4  # another must be this much more active ...
    rival_s: float = 4.0  # ... for this long to be followed instead, or half as long as the other was
    hasty_s: float = 1.0  # but at least for this long
    wait_s: float = 1.5  # how long the music waits for a followed person who is out of sight


@dataclass(frozen=True)
class Person:
    """One tracked person. Positions in frame heights, activity in torso lengths / s."""

    number: int
    seen: Landmarks
    joints: Array  # [len(_SEEN), 2] at seen.time_s
    velocity: Array  # [2] of the body's centre, frame heights / s
    torso: float  # frame heights
    breadth: float  # shoulder width over torso length, a slow average of its largest
    activity: float
    since_s: float  # first seen


@dataclass(frozen=True)
class PeopleState:
    """Everybody known, who is followed, and since when somebody else has been the more active."""

    people: tuple[Person, ...] = ()
    time_s: float = -np.inf
    followed: int | None = None
    followed_since_s: float = 0.0
    chosen: int | None = None
    rival: int | None = None
    rival_since_s: float = 0.0
    next_number: int = 0

    def visible(self) -> tuple[Landmarks, ...]:
        """The people in the latest frame, each with their own lasting number, in order of number."""
        return tuple(p.seen for p in self.people if p.seen.time_s == self.time_s)

    def followed_landmarks(self) -> Landmarks | None:
        """The followed person's pose in the latest frame, or None when out of sight."""
        return next((pose for pose in self.visible() if pose.person == self.followed), None)


class People:
    """Pure functions of a configuration: ``state`` goes in, the next one comes out."""

    def __init__(self, config: PeopleConfig | None = None) -> None:
        self.config = config or PeopleConfig()

    def update(self, state: PeopleState, poses: Sequence[Landmarks], time_s: float) -> PeopleState:
        """Take everybody found in the frame of ``time_s``; their ``person`` fields are ignored.

        A time that does not advance changes nothing.
        """
        if time_s <= state.time_s:
            return state
        found = self._without_doubles([replace(p, time_s=time_s) for p in poses if _usable(p)])
        known = [p for p in state.people if time_s - p.seen.time_s <= self.config.forget_s]
        pairs = self._match(known, found, time_s)
        people = [
            self._seen_again(p, found[pairs[i]], time_s) if i in pairs else p for i, p in enumerate(known)
        ]
        number = state.next_number
        for j, pose in enumerate(found):
            if j not in pairs.values():
                people.append(_newcomer(pose, number))
                number += 1
        state = replace(state, people=tuple(people), time_s=time_s, next_number=number)
        return self._follow(state)

    def choose(self, state: PeopleState, number: int | None) -> PeopleState:
        """Follow person ``number`` while they are known; None: the most active one again."""
        if number is not None and number not in {p.number for p in state.people}:
            known = ", ".join(str(p.number) for p in state.people) or "nobody"
            raise ValueError(f"person {number} is not on stage: known are {known}.")
        return self._follow(replace(state, chosen=number))

    def _without_doubles(self, poses: list[Landmarks]) -> list[Landmarks]:
        """Of two poses on one body keep the better seen."""
        kept: list[Landmarks] = []
        for pose in sorted(poses, key=lambda p: -float(p.points[_SEEN, 3].sum())):
            near = (_distance(_joints(pose), _joints(other)) / _torso(other) for other in kept)
            if all(d > self.config.same for d in near):
                kept.append(pose)
        return kept

    def _match(self, known: list[Person], found: list[Landmarks], time_s: float) -> dict[int, int]:
        """Whom each known person is now: index in known -> index in found, the cheapest pairs overall."""
        if not known or not found:
            return {}
        cost = np.array([[self._cost(p, pose, time_s) for pose in found] for p in known])
        rows, columns = linear_sum_assignment(np.minimum(cost, 1e3))
        return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if cost[i, j] < 1e3}

    def _cost(self, person: Person, pose: Landmarks, time_s: float) -> float:
        """Torso lengths between expectation and pose, plus difference of build; huge when out of reach."""
        unseen_s = time_s - person.seen.time_s
        joints = _joints(pose)
        glide = person.velocity * min(unseen_s, self.config.glide_s)
        centre = _distance(_centre(person.joints) + glide, _centre(joints)) / person.torso
        if centre > self.config.reach + self.config.reach_rate * unseen_s:
            return 1e6
        shape = _distance(person.joints + glide, joints) / person.torso
        size = abs(np.log2(_torso(pose) / person.torso)) + abs(np.log2(_breadth(pose) / person.breadth)) / 2
        fade = float(np.exp(-unseen_s / 0.5))  # limbs of long ago say nothing
        return float((1 - fade) * centre + fade * shape + self.config.build_weight * size)

    def _seen_again(self, person: Person, pose: Landmarks, time_s: float) -> Person:
        dt = time_s - person.seen.time_s
        joints = _joints(pose)
        moved = _centre(joints) - _centre(person.joints)
        quick, slow = 1 - np.exp(-dt / 0.15), 1 - np.exp(-dt / self.config.activity_s)
        limbs = (joints - _centre(joints)) - (person.joints - _centre(person.joints))
        speed = float(np.linalg.norm(limbs, axis=1).mean() / person.torso / dt)
        breadth = _breadth(pose)
        wider = 0.2 if breadth > person.breadth else 0.01  # turning sideways narrows nobody
        return replace(
            person,
            seen=replace(pose, person=person.number),
            joints=joints,
            velocity=person.velocity + (moved / dt - person.velocity) * quick,
            torso=person.torso + (_torso(pose) - person.torso) * float(quick),
            breadth=person.breadth + (breadth - person.breadth) * wider,
            activity=person.activity + (min(speed, 8.0) - person.activity) * float(slow),
        )

    def _follow(self, state: PeopleState) -> PeopleState:
        """Stay with the followed person unless they left, or another has outdone them for a while."""
        config = self.config
        present = {p.number: p for p in state.people if state.time_s - p.seen.time_s <= config.wait_s}
        if state.chosen in {p.number for p in state.people}:
            return _following(state, state.chosen)
        state = replace(state, chosen=None)
        if not present:
            return state
        best = max(present.values(), key=lambda p: (p.activity, -p.number))
        current = present.get(state.followed) if state.followed is not None else None
        if current is None:
            return _following(state, best.number)
        if best.activity <= config.rival * current.activity or best is current:
            return replace(state, rival=None)
        if state.rival != best.number:
            return replace(state, rival=best.number, rival_since_s=state.time_s)
        followed_s = state.time_s - state.followed_since_s
        wait_s = min(config.rival_s, max(config.hasty_s, followed_s / 2))
        return state if state.time_s - state.rival_since_s < wait_s else _following(state, best.number)


def _following(state: PeopleState, number: int | None) -> PeopleState:
    """Follow ``number`` from now on, or go on doing so."""
    since_s = state.followed_since_s if number == state.followed else state.time_s
    return replace(state, followed=number, followed_since_s=since_s, rival=None)


def _newcomer(pose: Landmarks, number: int) -> Person:
    seen = replace(pose, person=number)
    return Person(number, seen, _joints(pose), np.zeros(2), _torso(pose), _breadth(pose), 0.0, pose.time_s)


def _usable(pose: Landmarks) -> bool:
    return bool(np.isfinite(pose.points).all())


def _joints(pose: Landmarks) -> Array:
    return lm.in_frame_heights(pose.points[_SEEN], pose.aspect).astype(np.float64)


def _torso(pose: Landmarks) -> float:
    return max(float(lm.torso_lengths(pose.points[None], pose.aspect)[0]), 0.02)


def _breadth(pose: Landmarks) -> float:
    shoulders = lm.in_frame_heights(pose.points[[lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER]], pose.aspect)
    return max(float(np.linalg.norm(shoulders[0] - shoulders[1])) / _torso(pose), 0.2)


def _centre(joints: Array) -> Array:
    return np.asarray(joints[: len(_CORE)].mean(0))


def _distance(a: Array, b: Array) -> float:
    """Mean distance between points ``[..., 2]``."""
    return float(np.linalg.norm(a - b, axis=-1).mean())
