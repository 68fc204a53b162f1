"""Lasting numbers for people who cross, leave and return; and whom the music follows."""

import numpy as np
import pytest

from features import landmarks as lm
from realtime.people import People, PeopleState
from realtime.types import Landmarks

ASPECT = 16 / 9
FRAME_S = 1 / 30


def person(x, size=0.2, wave=0.0, seen=0.95):
    """Somebody at x (fraction of the width) with one hand out by ``wave`` torso lengths."""
    points = np.zeros((33, 4), np.float32)
    rows = {range(11): -1.4, (11, 12): -1.0, (13, 14): -0.5, range(15, 23): 0.0, (23, 24): 0.0, (25, 26): 0.9,
            range(27, 33): 1.7}  # fmt: skip
    for joints, down in rows.items():
        for joint in joints:
            side = 0.0 if joint < 11 else (0.3 if joint % 2 else -0.3)
            points[joint] = (x + side * size / ASPECT, 0.55 + down * size, 0.0, seen)
    points[lm.LEFT_WRIST, 0] += wave * size / ASPECT
    return points


def stage(script, seconds, seed=0, people=None, state=None, start_s=0.0):
    """Run ``script(time_s) -> {name: pose}``, poses in any order: numbers by name, the followed, state."""
    people, rng = people or People(), np.random.default_rng(seed)
    state, numbers, followed = state or PeopleState(), {}, []
    for k in range(1, int(seconds * 30)):
        time_s = start_s + k * FRAME_S
        cast = script(time_s)
        names = list(cast)
        rng.shuffle(names)
        noisy = {n: cast[n] + rng.normal(0, 0.001, (33, 4)).astype(np.float32) for n in names}
        poses = [Landmarks(time_s, noisy[n], ASPECT, i) for i, n in enumerate(names)]
        state = people.update(state, poses, time_s)
        for name in names:
            mine = [p.person for p in state.visible() if np.array_equal(p.points, noisy[name])]
            numbers.setdefault(name, []).append((time_s, mine[0] if mine else None))
        followed.append(state.followed)
    return numbers, followed, state


def only_number(history):
    numbers = {n for _, n in history} - {None}  # None: taken for a double of somebody right before them
    assert len(numbers) == 1, numbers
    return numbers.pop()


def test_order_of_detection_does_not_matter():
    numbers, _, _ = stage(lambda t: {"a": person(0.3), "b": person(0.6), "c": person(0.8)}, 3)
    assert len({only_number(numbers[n]) for n in "abc"}) == 3


def test_two_who_cross_keep_their_numbers():
    numbers, _, _ = stage(
        lambda t: {"right": person(0.2 + 0.15 * t, 0.22), "left": person(0.8 - 0.15 * t, 0.18)}, 4
    )
    assert only_number(numbers["right"]) != only_number(numbers["left"])


def test_hidden_behind_another_and_back():
    def script(t):
        cast = {"front": person(0.5, 0.24)}
        if not 1.5 < t < 2.4:
            cast["behind"] = person(0.25 + 0.12 * t, 0.18)
        return cast

    numbers, _, _ = stage(script, 4)
    assert only_number(numbers["behind"]) != only_number(numbers["front"])


def test_who_stays_away_is_a_new_person():
    numbers, _, _ = stage(lambda t: {} if 1 < t < 6 else {"a": person(0.5)}, 8)
    assert len({n for _, n in numbers["a"]}) == 2


def test_one_body_seen_twice_is_one_person():
    _, _, state = stage(lambda t: {"a": person(0.5), "ghost": person(0.502, seen=0.6)}, 2)
    assert len(state.people) == 1 and state.people[0].seen.points[0, 3] > 0.9


def waver(t, amount):
    return amount * float(np.sin(2 * np.pi * 2 * t))


def test_the_most_active_one_is_followed_without_flips():
    def script(t):
        busy = 0.8 if t < 12 else 0.1
        return {"a": person(0.3, wave=waver(t, busy)), "b": person(0.7, wave=waver(t, 0.9 - busy))}

    numbers, followed, _ = stage(script, 24)
    a, b = only_number(numbers["a"]), only_number(numbers["b"])
    settled = followed[60:]
    assert settled[0] == a and settled[-1] == b
    assert np.count_nonzero(np.diff(settled)) == 1
    switch_s = 2 + FRAME_S * np.flatnonzero(np.diff(settled))[0]
    assert switch_s > 12 + 3  # not at once: a pause is no farewell


def test_equals_never_change_over():
    _, followed, _ = stage(
        lambda t: {"a": person(0.3, wave=waver(t, 0.5)), "b": person(0.7, wave=waver(t + 0.2, 0.55))}, 20
    )
    assert np.count_nonzero(np.diff(followed[60:])) == 0


def test_a_short_absence_keeps_the_followed_one():
    def script(t):
        cast = {"b": person(0.7, wave=waver(t, 0.1))}
        if not 5 < t < 6:
            cast["a"] = person(0.3, wave=waver(t, 0.6))
        return cast

    numbers, followed, _ = stage(script, 9)
    a = only_number(numbers["a"])
    assert set(followed[60:]) == {a}


def test_who_leaves_hands_over():
    _, followed, state = stage(
        lambda t: {"b": person(0.7)} | ({"a": person(0.3, wave=waver(t, 0.6))} if t < 4 else {}), 8
    )
    assert followed[-1] != followed[90]
    assert state.followed_landmarks() is not None


def test_a_chosen_one_is_followed_whatever_others_do():
    people = People()
    numbers, _, state = stage(
        lambda t: {"a": person(0.3), "b": person(0.7, wave=waver(t, 0.9))}, 4, people=people
    )
    a, b = only_number(numbers["a"]), only_number(numbers["b"])
    assert state.followed == b
    state = people.choose(state, a)
    _, followed, state = stage(
        lambda t: {"a": person(0.3), "b": person(0.7, wave=waver(t, 0.9))},
        10, people=people, state=state, start_s=4.0,
    )  # fmt: skip
    assert set(followed) == {a}
    assert people.choose(state, None).followed == a  # kept until the other has outdone them for a while
    with pytest.raises(ValueError, match="not on stage"):
        people.choose(state, 99)


def test_missing_poses_and_old_frames_change_nothing():
    people = People()
    _, _, state = stage(lambda t: {"a": person(0.5)}, 1, people=people)
    nobody = Landmarks(1.1, np.full((33, 4), np.nan, np.float32), ASPECT)
    assert people.update(state, [nobody], 1.1).visible() == ()
    assert people.update(state, [nobody], 0.2) is state
