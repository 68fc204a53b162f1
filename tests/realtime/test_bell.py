import multiprocessing as mp

from realtime.bell import hear, make_bell, ring


def test_rings_wake_and_count_as_one_and_nobody_waits_to_ring() -> None:
    listener, rope = make_bell(mp.get_context("spawn"))
    assert not hear(listener, 0.0)
    for _ in range(5):
        ring(rope)
    assert hear(listener, 1.0) and not hear(listener, 0.0)
    for _ in range(100_000):  # nobody listens: the pipe is full long before, and ringing does not block
        ring(rope)
    while hear(listener, 0.0):
        pass
    ring(rope)
    assert hear(listener, 1.0)
