"""Any body before any camera is a dancer in the picture, different each time, the same by seed."""

import numpy as np

from dancer import DancerConfig, VirtualDancer
from dancer.skeleton import JOINT
from dancer.variety import any_body, any_view
from dancer.vocabulary import STYLES


def test_the_whole_dancer_is_in_view_of_any_camera() -> None:
    rng = np.random.default_rng(11)
    shares = []
    for trial in range(40):
        config = DancerConfig(style=STYLES[trial % 10], seed=trial, body=any_body(rng), view=any_view(rng))
        points = VirtualDancer(config).landmarks(np.arange(0, 16, 0.2))
        shares.append(np.mean(np.all((points[..., :2] > 0) & (points[..., :2] < 1), axis=-1)))
    assert min(shares) > 0.93 and np.mean(shares) > 0.99


def test_bodies_stand_on_the_floor_and_differ_in_height() -> None:
    rng = np.random.default_rng(3)
    crowns = []
    for _ in range(30):
        joints = VirtualDancer(DancerConfig(energy=0.0, body=any_body(rng))).joints(0.0)
        assert 0.05 < joints[JOINT["left_ankle"], 1] < 0.11
        crowns.append(joints[JOINT["crown"], 1])
    assert min(crowns) > 1.4 and max(crowns) < 1.95 and np.std(crowns) > 0.04


def test_the_seed_decides() -> None:
    make = lambda: (any_body(np.random.default_rng(4)), any_view(np.random.default_rng(5)))  # noqa: E731
    assert make() == make()
