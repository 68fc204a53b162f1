import numpy as np

from realtime.watchdog import Backoff, Silence, Stillness


def test_waits_double_up_to_a_limit_and_begin_again_after_success() -> None:
    backoff = Backoff(first_s=0.1, most_s=1.0)
    assert [round(backoff.next_s(), 3) for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.next_s() == 0.1


def test_ten_thousand_failures_do_no_harm() -> None:
    backoff = Backoff(most_s=3.0, failures=10_000)
    assert backoff.next_s() == 3.0


def test_silence_counts_from_the_last_sign() -> None:
    silence = Silence(5.0)
    assert silence.lasts_s(7.0) == 2.0
    silence.sign(6.5)
    assert silence.lasts_s(7.0) == 0.5


def test_a_living_cameras_noise_is_never_still_and_a_frozen_picture_is() -> None:
    generator = np.random.default_rng(0)
    room = generator.integers(0, 200, (120, 160, 3), np.uint8)
    stillness = Stillness()
    for index in range(60):
        noise = generator.integers(0, 2, room.shape, np.uint8)
        assert stillness.update(room + noise, index / 30) == 0.0
    frozen = room.copy()
    still_s = [stillness.update(frozen, 2 + index / 30) for index in range(31)]
    assert abs(still_s[-1] - 1.0) < 1e-9
