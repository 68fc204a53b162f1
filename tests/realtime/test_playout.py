import numpy as np

from realtime.playout import JOIN_SAMPLES, Playout
from realtime.types import Block

HOP = 1000


def block(index: int, value: float | None = None, reserve: int = HOP) -> Block:
    start = index * HOP
    full = np.arange(start, start + HOP + reserve, dtype=np.float32)
    if value is not None:
        full = np.full(HOP + reserve, value, np.float32)
    return Block(start, full[:HOP], full[HOP:])


def test_blocks_in_time_come_out_in_a_row() -> None:
    playout = Playout()
    out = []
    for index in range(5):
        playout.put(block(index))
        out += [playout.take(300), playout.take(700)]
    np.testing.assert_array_equal(np.concatenate(out), np.arange(5 * HOP))
    assert playout.health.late_hops == playout.health.starved_samples == 0


def test_a_new_block_replaces_the_reserve() -> None:
    playout = Playout()
    playout.put(block(0, 0.1))
    playout.put(block(1, 0.2))
    out = playout.take(2 * HOP)
    assert np.allclose(out[:HOP], 0.1) and np.allclose(out[HOP:], 0.2)


def test_a_late_block_is_joined_to_the_reserve_that_played() -> None:
    playout = Playout()
    playout.put(block(0))
    first = playout.take(HOP + 400)
    playout.put(block(1))
    out = np.concatenate([first, playout.take(600)])
    np.testing.assert_allclose(out, np.arange(2 * HOP), atol=1e-3)
    assert playout.health.late_hops == 1 and playout.health.starved_samples == 0


def test_without_reserve_the_sound_fades_to_silence_and_is_counted() -> None:
    playout = Playout()
    playout.put(block(0, 0.8, reserve=0))
    out = playout.take(HOP + 500)
    assert np.abs(np.diff(out)).max() < 0.8 / (JOIN_SAMPLES - 2)
    assert np.all(out[HOP + JOIN_SAMPLES :] == 0)
    assert playout.health.starved_samples == 500 and playout.health.starvations == 1
    playout.put(block(1, 0.5))
    assert np.allclose(playout.take(500)[JOIN_SAMPLES:], 0.5)
