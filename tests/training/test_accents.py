"""The training of the follower's network: its loss, its arithmetic, and that it learns."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml

from corpus.beat_pool import BeatPool, beat_pool
from features.beat_sense import DELAY_S, TOGETHER, BeatSense
from features.pose_stream import INPUTS
from tests.corpus.recordings import recording, write_recording
from training.accents import (
    AccentTrainer,
    AccentTraining,
    SenseNet,
    examples,
    pieces,
    recorded_dances,
    save_weights,
    surprise,
    train,
)
from training.settings import load_settings

SMALL = AccentTraining(dances=2, held_out=0, width=12, hidden=16, steps=80, batch=8, rows=120, log_every=1000)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    import corpus.beat_pool as module

    before, module.PART = module.PART, 2
    made = beat_pool(folder, 2, 12.0, DELAY_S, 500)
    again = beat_pool(folder, 2, 12.0, DELAY_S, 500)
    module.PART = before
    assert np.array_equal(made.rows, again.rows)
    return made


def test_a_flat_density_costs_nothing_a_right_one_gains_and_a_wrong_one_loses():
    beats = torch.linspace(0, 4, 50)[None]
    flat = torch.zeros(1, 50, 10)
    assert surprise(flat, beats)[0].item() == pytest.approx(0, abs=1e-6)
    right = flat.clone()
    right[0, :, 0], right[0, :, 1] = 4 * torch.cos(2 * np.pi * beats[0]), 4 * torch.sin(2 * np.pi * beats[0])
    assert surprise(right, beats)[0].item() == pytest.approx(-4 + np.log(np.i0(4.0)), abs=1e-3)
    assert surprise(-right, beats)[0] > 4
    assert surprise(right, beats * np.nan)[0].item() == pytest.approx(np.log(np.i0(4.0)), abs=1e-3)


def test_bars_that_nobody_knows_do_not_count():
    beats = torch.linspace(0, 4, 50).repeat(2, 1)
    out = torch.randn(2, 50, 10, generator=torch.Generator().manual_seed(0))
    beat, bar = surprise(out, beats, torch.tensor([False, True]))
    assert bar.item() == pytest.approx(surprise(out[:1], beats[:1])[1].item(), abs=1e-6)
    assert beat.item() == pytest.approx(surprise(out, beats)[0].item(), abs=1e-6)
    assert surprise(out, beats, torch.tensor([True, True]))[1].item() == 0.0


def test_numpy_and_torch_agree(tmp_path):
    torch.manual_seed(0)
    net = SenseNet(12, 16)
    net.standardise(np.random.default_rng(0).standard_normal((2, 40, INPUTS)).astype(np.float16))
    for parameter in net.parameters():  # as they are kept
        parameter.data = parameter.data.half().float()
    net.centre, net.spread = net.centre.half().float(), net.spread.half().float()
    save_weights(net, tmp_path / "net.npz")
    rows = torch.randn(1, 30, TOGETHER * INPUTS)
    wanted = net(rows)[0].detach().numpy()
    sense = BeatSense(tmp_path / "net.npz")
    hidden = sense.start().hidden
    for row, expected in zip(rows[0].numpy(), wanted, strict=True):
        hidden, out = sense.step(hidden, row)
        assert np.allclose(out, expected, atol=2e-4)


def test_pieces_are_the_same_for_a_step_and_told_at_their_last_row(pool):
    one, other = pieces(pool, SMALL, 3), pieces(pool, SMALL, 3)
    assert torch.equal(one[0], other[0]) and one[0].shape == (8, 60, TOGETHER * INPUTS)
    assert not torch.equal(one[0], pieces(pool, SMALL, 4)[0])
    counted = BeatPool(pool.rows[:1, :6], np.arange(6.0)[None], pool.style[:1])
    assert examples(counted)[1][0].tolist() == [1.0, 3.0, 1.0]


def test_it_learns_and_goes_on_where_it_stopped(pool):
    settings = replace(SMALL, offset=0.0, gain=0.0)
    trainer = AccentTrainer(settings, pool)
    losses = [trainer.step()["beat"] for _ in range(settings.steps // 2)]
    other = AccentTrainer(settings, pool)
    other.resume(copy.deepcopy(trainer.state()))
    random = torch.get_rng_state()
    rest = [trainer.step()["beat"] for _ in range(5)]
    torch.set_rng_state(random)
    assert [other.step()["beat"] for _ in range(5)] == pytest.approx(rest, rel=1e-5)
    assert min(losses[-5:]) < min(losses[:5]) - 0.02


def test_recorded_dancers_are_taught_and_those_left_out_are_judged(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus.beat_pool.PART", 2)
    motion, _ = recording(seconds=16.0)
    for name in ("taught", "unseen"):
        write_recording(tmp_path / "motions" / f"{name}.npz", motion)
    sizes = {"dances": 4, "held_out": 2, "seconds": 12, "width": 12, "hidden": 16, "batch": 4, "rows": 120}
    folder = {"motions": str(tmp_path / "motions"), "each": 2, "leave_out": ["unseen*"]}
    (tmp_path / "some.yaml").write_text(yaml.safe_dump({"accents": sizes | folder | {"steps": 2}}))
    weights = train(tmp_path / "some.yaml", tmp_path / "out")
    BeatSense(weights)
    taught, unseen = recorded_dances(
        load_settings(AccentTraining, tmp_path / "some.yaml", "accents"), tmp_path / "out"
    )
    assert len(taught.rows) == len(unseen.rows) == 2 and not np.array_equal(taught.rows, unseen.rows)
    assert set(AccentTrainer(SMALL, taught).judged(unseen)) == {"validation__recorded_beat"}
