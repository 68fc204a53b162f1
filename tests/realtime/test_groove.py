import numpy as np

from realtime.groove import SEAM_SAMPLES, Groove, repeated
from realtime.playout import JOIN_SAMPLES, Playout
from realtime.types import Block

RATE, HOP = 22050, 5504
BAR = 44_100  # 120 BPM


def music(start: int, count: int) -> np.ndarray:
    """Exactly periodic in bars, with a beat that no shorter period has."""
    bar = np.random.default_rng(3).normal(0, 0.1, 64).astype(np.float32)
    bar[-1] = bar[0]
    shape = np.interp(np.arange(BAR), np.linspace(0, BAR, 64), bar).astype(np.float32)
    return shape[np.arange(start, start + count) % BAR]


def test_the_loop_continues_what_was_heard_and_repeats_without_a_jump() -> None:
    groove = Groove()
    for start in range(0, 3 * BAR, 1000):
        groove.hear(music(start, 1000))
    bar = groove.loop(BAR)
    assert bar is not None and len(bar) == BAR
    heard = (3 * BAR + 999) // 1000 * 1000
    continued = repeated(bar, 0, 2 * BAR)
    np.testing.assert_allclose(continued, music(heard, 2 * BAR), atol=1e-6)
    assert np.abs(np.diff(continued)).max() < 2 * np.abs(np.diff(music(0, BAR))).max()


def test_its_seam_is_smooth_even_if_the_bars_differ() -> None:
    groove = Groove()
    rising = np.linspace(-0.5, 0.5, 3 * BAR).astype(np.float32)
    groove.hear(rising[: 2 * BAR])
    bar = groove.loop(BAR)
    assert bar is not None
    jumps = np.abs(np.diff(repeated(bar, 0, 3 * BAR)))
    assert jumps.max() < 1.5 * (np.pi / 2) / SEAM_SAMPLES  # a step of a third, spread over the seam


def test_there_is_none_before_a_bar_was_heard_or_without_a_tempo() -> None:
    groove = Groove()
    groove.hear(music(0, BAR))
    assert groove.loop(BAR) is None  # the seam needs a little more
    groove.hear(music(BAR, 1000))
    assert groove.loop(BAR) is not None and groove.loop(0) is None and groove.loop(10**7) is None


def play(playout: Playout, hops: range) -> list[np.ndarray]:
    out = []
    for index in hops:
        full = music(index * HOP, 2 * HOP)
        playout.put(Block(index * HOP, full[:HOP], full[HOP:]), BAR)
        out.append(playout.take(HOP))
    return out


def test_a_step_that_never_comes_is_played_from_the_last_bar_in_time() -> None:
    playout = Playout()
    out = play(playout, range(20))
    out += [playout.take(256) for _ in range(800)]  # nine seconds without a block
    at = sum(len(part) for part in out)
    index = at // HOP
    full = music(index * HOP, 2 * HOP)
    playout.put(Block(index * HOP, full[:HOP], full[HOP:]), BAR)  # late, and joined where it belongs
    out.append(playout.take(3000))
    heard = np.concatenate(out)
    np.testing.assert_allclose(heard, music(0, len(heard)), atol=0.02)
    assert playout.health.starvations == 1 and playout.health.late_hops == 1
    assert playout.health.held_samples == playout.health.starved_samples > 8 * RATE


def test_blocks_that_are_over_before_they_come_do_not_stop_the_groove() -> None:
    playout = Playout()
    out = play(playout, range(20))
    out += [playout.take(256) for _ in range(400)]
    for index in range(20, 23):
        playout.put(Block(index * HOP, np.full(HOP, 9, np.float32)), BAR)
    out.append(playout.take(2000))
    heard = np.concatenate(out)
    np.testing.assert_allclose(heard[20 * HOP + HOP :], music(21 * HOP, len(heard) - 21 * HOP), atol=0.02)


def test_what_passes_by_unheard_is_not_missed() -> None:
    playout = Playout()
    play(playout, range(4))
    playout.pass_by(3 * HOP)
    assert playout.position == 7 * HOP
    assert playout.health.starvations == 0 and playout.health.starved_samples == 0
    block = music(7 * HOP, 2 * HOP)
    playout.put(Block(7 * HOP, block[:HOP], block[HOP:]), BAR)
    np.testing.assert_array_equal(playout.take(HOP), block[:HOP])


def test_without_a_bar_it_fades_to_silence_once() -> None:
    playout = Playout()
    playout.put(Block(0, np.full(HOP, 0.5, np.float32)), BAR)
    playout.take(HOP)
    out = np.concatenate([playout.take(256) for _ in range(20)])
    assert np.abs(np.diff(out)).max() < 0.5 / (JOIN_SAMPLES - 2) and np.all(out[JOIN_SAMPLES:] == 0)
    assert playout.health.starvations == 1
