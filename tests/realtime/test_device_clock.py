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


def test_a_drivers_first_reports_are_outvoted_when_the_stream_runs() -> None:
    """As PulseAudio does: nothing known, then 20 ms too early twice, then right."""
    clock = DeviceClock(44_100)
    for index in range(90):
        wrong_s = -0.02 if index < 3 else 0.0
        clock = clock.update(1024 * index, 5.0 + 1024 * index / 44_100 + wrong_s)
    assert abs(clock.time_of(1024 * 90) - 5.0 - 1024 * 90 / 44_100) < 1e-4
    assert abs(clock.drift_ppm) < 5


def test_single_wild_reports_hardly_move_it() -> None:
    clock = DeviceClock(48_000)
    worst_s = 0.0
    for index in range(3000):
        wild_s = 0.05 if index % 50 == 49 else 0.0
        clock = clock.update(1024 * index, 5.0 + 1024 * index / 48_000 + wild_s)
        worst_s = max(worst_s, abs(clock.time_of(1024 * index) - 5.0 - 1024 * index / 48_000))
    assert worst_s < 0.3e-3


def test_a_card_that_begins_to_be_late_is_believed_within_a_few_reports() -> None:
    """A server that gave its stream a longer buffer: all is heard 15 ms later from then on."""
    clock, _ = run(48_000, 0.0, 0.0, 20.0)
    for index in range(8):
        frame = 960_000 + 1024 * index
        clock = clock.update(frame, 5.0 + frame / 48_000 + 0.015)
    assert abs(clock.time_of(frame) - 5.0 - frame / 48_000 - 0.015) < 1e-6
