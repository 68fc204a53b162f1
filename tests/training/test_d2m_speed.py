"""The comparison times what it says: both loops, in turns, medians."""

from tests.training.paper_fakes import small_settings
from training.speed import Speed, measure


def test_medians_of_turns() -> None:
    """Configured steps take 1, 2, 9 s by this clock, plain ones 4, 5, 6."""
    ticks = iter([0, 1, 1, 5, 5, 7, 7, 12, 12, 21, 21, 27])
    speed = measure(small_settings(batch=1), (10, 6), 8, 10, repeats=3, clock=lambda: next(ticks))
    assert speed == Speed(configured_s=2, plain_s=5, batch=1)
    assert "2.50 times faster; 0.50 windows a second" in str(speed)
    assert next(ticks, None) is None
