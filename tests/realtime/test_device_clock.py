import numpy as np

from realtime.device_clock import DeviceClock


def run(rate: float, drift: float, jitter_s: float, seconds: float = 60.0) -> tuple[DeviceClock, float]:
    random = np.random.default_rng(0)
    clock = DeviceClock(rate)
    true_rate = rate * (1 + drift)
    for frame in range(0, int(seconds * rate), 1024):
        clock = clock.update(frame, 5.0 + frame / true_rate + random.normal(0, jitter_s))
    last = int(seconds * rate)
    return clock, clock.time_of(last) - (5.0 + last / true_rate)


def test_follows_a_drifting_crystal_through_jitter() -> None:
    clock, error_s = run(48_000, 100e-6, 1e-3)
    assert abs(error_s) < 0.5e-3
    assert abs(clock.drift_ppm + 100) < 30


def test_an_exact_device_is_exact() -> None:
    clock, error_s = run(44_100, 0.0, 0.0)
    assert abs(error_s) < 1e-9 and abs(clock.drift_ppm) < 1e-3


def test_a_changed_device_starts_again() -> None:
    clock, _ = run(48_000, 0.0, 0.0, 10.0)
    moved = clock.update(480_000, 17.0)
    assert moved.time_of(480_000) == 17.0
