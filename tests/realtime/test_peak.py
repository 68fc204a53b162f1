"""The largest of recent values."""

from realtime.peak import Peak


def test_it_remembers_a_span_and_forgets_after_two() -> None:
    peak = Peak(5.0)
    assert peak.value is None
    peak.update(0.0, 3.0)
    peak.update(1.0, 1.0)
    assert peak.value == 3.0
    peak.update(5.5, 1.0)
    assert peak.value == 3.0
    peak.update(11.0, 2.0)
    assert peak.value == 2.0
