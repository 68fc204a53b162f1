from hypothesis import given
from hypothesis import strategies as st

from realtime.osc.schedule import Schedule


@given(st.lists(st.floats(0, 100), max_size=50), st.floats(0, 100))
def test_what_is_due_comes_in_order_and_the_rest_waits(times_s, now_s):
    schedule = Schedule()
    for number, due_s in enumerate(times_s):
        schedule.push(due_s, number)
    expected = sorted((due_s, number) for number, due_s in enumerate(times_s))
    assert list(schedule.pop_due(now_s)) == [entry for entry in expected if entry[0] <= now_s]
    later = [due_s for due_s in times_s if due_s > now_s]
    assert schedule.next_due_s == (min(later) if later else None)
    assert len(schedule) == len(later)


def test_when_full_the_oldest_is_dropped_and_counted():
    schedule = Schedule(capacity=3)
    for due_s in (5.0, 1.0, 3.0, 4.0, 2.0):
        schedule.push(due_s, due_s)
    assert schedule.dropped == 2
    assert [item for _, item in schedule.pop_due(9)] == [3.0, 4.0, 5.0]


def test_clear_says_how_much_was_forgotten():
    schedule = Schedule()
    schedule.push(1.0, "a")
    assert schedule.clear() == 1 and schedule.next_due_s is None
