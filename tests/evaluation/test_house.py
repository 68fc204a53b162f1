"""The examination measures a bundle of known behaviour: a drum on every beat, deaf to dancer and light."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from configs.genres import GENRES
from evaluation.__main__ import main
from evaluation.answers import Change
from evaluation.bundle_player import BundlePlayer, Conditions, read_conditions
from evaluation.embedding import FALLBACK
from evaluation.house import (
    answered,
    answers,
    continuity,
    danced,
    distances,
    genres,
    levels_db,
    published,
    read_cases,
    rhythm,
    steady_conditions,
)
from evaluation.house_table import house_table
from tests.toy_bundle import make_toy_bundle

RATE = 22050


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_toy_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def player(bundle):
    return BundlePlayer(bundle)


@pytest.fixture
def cases(tmp_path, make_groove):
    """Two genres, two songs each, in every folder; the truth answers energy and (by filtering) light."""

    def write(folder, genre, song, seconds, shape=lambda samples: samples):
        bpm, energy = {"house": (120, 1.0), "ballet_jazz": (96, 0.2)}[genre]
        conditions = steady_conditions(genre, bpm, seconds)
        samples, beats = make_groove(bpm, seconds, song, energy, 60 / bpm)
        name = f"{genre}_{song}_0000_0"
        (tmp_path / folder).mkdir(exist_ok=True)
        fields = {
            key: getattr(conditions, key) for key in ("motion", "visual", "phase", "style", "variation")
        }
        np.savez(tmp_path / folder / f"{name}.npz", **fields)
        soundfile.write(tmp_path / folder / f"{name}.wav", shape(samples), RATE)
        (tmp_path / folder / f"{name}.beats.txt").write_text("".join(f"{beat}\n" for beat in beats))

    def louder_later(samples):
        half = len(samples) // 2
        return np.concatenate([0.1 * np.convolve(samples[:half], np.ones(20) / 20, "same"), samples[half:]])

    for genre in ("house", "ballet_jazz"):
        for song in (0, 1):
            write("train", genre, song, 4.2)
            write("songs", genre, song, 4.2)
        write("long", genre, 0, 42)
        for kind in ("up", "bright"):
            write(kind, genre, 0, 6, louder_later)
        for kind in ("down", "dark"):
            write(kind, genre, 0, 6, lambda samples: louder_later(samples[::-1])[::-1])
    return tmp_path


def test_the_player_plays_on_the_beat_and_the_asked_length(player):
    conditions = steady_conditions("house", 120, 8.0)
    sound = player.play(conditions)
    assert len(sound) == conditions.motion.shape[1] * 128 and len(player.hop_ms) == -(
        -len(conditions.phase) // 43
    )
    loudness = np.convolve(np.abs(sound), np.hanning(1001), "same")
    for beat in range(1, 15):  # the toy's drum is loudest on the beat
        near = int((0.5 * beat - 0.2) * RATE)
        assert abs(near + loudness[near : near + int(0.4 * RATE)].argmax() - 0.5 * beat * RATE) < 0.02 * RATE


def test_a_wrapped_phase_plays_like_an_unwrapped_one(player):
    conditions = steady_conditions("house", 120, 10.0)
    unwrapped = replace(conditions, phase=np.unwrap(conditions.phase, period=16).astype(np.float32))
    np.testing.assert_allclose(player.play(conditions), player.play(unwrapped), atol=2e-2)


def test_movement_after_the_lead_is_held_and_masked(player, monkeypatch):
    seen = []
    generator = player._generator
    wanted = {node.name for node in generator.get_inputs()}

    class Spy:
        def run(self, names, feed):
            seen.append(feed)
            return generator.run(names, {name: value for name, value in feed.items() if name in wanted})

    monkeypatch.setattr(player, "_generator", Spy())
    monkeypatch.setattr(player, "_wanted", ["motion", "motion_mask", "visual", "phase", "style", "variation"])
    conditions = steady_conditions("house", 120, 2.5)
    ramp = np.tile(np.arange(len(conditions.phase), dtype=np.float32), (16, 1))
    player.play(replace(conditions, motion=ramp), lead_codes=20)
    layout = player.manifest.layout
    feed = seen[6]  # its block begins at code 258, so code 238 is the last that is known
    assert feed["motion"][0, 0].max() == 238 and feed["motion"][0, 0, -1] == 238
    assert feed["motion_mask"][0].sum() == layout.past - 20 + 1
    assert feed["motion"][0, 0, layout.past - 21] == 237
    assert feed["phase"][0, layout.past] == pytest.approx(conditions.phase[258], abs=1e-4)


def test_conditions_of_unequal_length_and_missing_arrays_are_refused(tmp_path):
    good = steady_conditions("house", 120, 2.0)
    with pytest.raises(ValueError, match="differ in length"):
        replace(good, phase=good.phase[:-1])
    np.savez(tmp_path / "a.npz", motion=good.motion)
    with pytest.raises(ValueError, match="lacks 'visual'"):
        read_conditions(tmp_path / "a.npz")
    assert not good.without_motion().motion[15].any(), "nobody is present"
    assert isinstance(good.without_visual(), Conditions)


def test_rhythm_genre_and_distances_of_the_truth_are_what_they_must_be(cases):
    songs, learnt = read_cases(cases / "songs"), read_cases(cases / "train")
    truth = [case.truth for case in songs]
    assert rhythm(songs, truth)["f_25"] > 0.95
    named = genres(learnt, songs, truth, FALLBACK)
    assert named["generated"] == named["truth"] and named["truth"]["classifier"] == 100.0
    far = distances(learnt, songs, truth, FALLBACK)
    assert far["log_mel_l1"] == 0.0 and far["frechet_generated_to_held_out"] == pytest.approx(0, abs=1e-6)
    silent = [np.zeros_like(sound) for sound in truth]
    assert rhythm(songs, silent)["f_70"] == 0.0
    assert distances(learnt, songs, silent, FALLBACK)["frechet_ratio"] > 5


def test_published_scores_stand_beside_the_null_baselines(cases):
    songs = read_cases(cases / "songs")
    rows = published(songs, [case.truth for case in songs])
    assert list(rows) == ["generated", "click each second", "white noise", "silence"]
    assert rows["generated"]["published"]["hit"] == 100.0 and rows["silence"]["published"]["hit"] == 0.0


def test_a_deaf_bundle_answers_nothing_though_the_band_does(player, cases):
    for kind in ("up", "down", "bright", "dark"):
        row = answers(player, read_cases(cases / kind), kind)
        assert row["trials"] == 2 and row["truth"]["rate"] == 1.0, kind
        deaf = row["without motion" if kind in ("up", "down") else "without visual"]
        assert row["generated"] == deaf and row["generated"]["rate"] == 0.0, kind


def test_a_level_that_goes_with_the_bands_is_followed(player, cases, monkeypatch):
    songs = read_cases(cases / "songs")
    loud = np.repeat(np.linspace(0.05, 1.0, 40), 11_025).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(len(loud)).astype(np.float32)
    assert levels_db(loud * noise)[0] < levels_db(loud * noise)[-1] - 20
    moving = [replace(case, truth=loud * noise) for case in songs]

    def lively(conditions):
        return replace(conditions, motion=np.full_like(conditions.motion, 7.0))

    def play(conditions):
        return (loud if conditions.motion.max() > 5 else loud[::-1]) * noise[::-1]

    asked = [replace(case, conditions=lively(case.conditions)) for case in moving]
    monkeypatch.setattr(player, "play", play)
    row = danced(player, asked)
    assert row["dances"] == len(songs) and row["generated"]["follows"] > 0.95
    assert row["without motion"]["follows"] < -0.5


def test_light_is_judged_by_brightness_alone():
    assert answered(Change(-5, -5, 1.5), "bright") and not answered(Change(5, 5, 0.5), "bright")
    assert answered(Change(0, 0, -1.5), "dark") and not answered(Change(-5, -5, -5), "up")


def test_a_drum_on_every_beat_does_not_drift_but_loops(player, cases):
    found = continuity(player, read_cases(cases / "long"), ["house"], seconds=40.0)
    assert (
        found["generated"]["house"]["chroma"] < 0.05 and found["generated"]["house"]["strongest_loop"] > 0.98
    )
    assert 0.3 < found["generated"]["house"]["boundary_accuracy"] < 0.7
    assert set(found["corpus"]) == {"house", "ballet_jazz"}


def test_the_whole_examination_is_a_table_and_json(bundle, cases, capsys):
    arguments = [
        "house",
        "--bundle",
        str(bundle),
        "--corpus",
        str(cases),
        "--long",
        "--json",
        f"{cases}/report.json",
    ]
    assert main([*arguments, "--plots", str(cases / "plots")]) == 0
    measures = json.loads((cases / "report.json").read_text())
    shown = {row[0]: row for row in house_table(measures).rows}
    assert shown["answers a step up"][1:3] == (0.0, 1.0) and shown["beat F 70 ms"][2] > 0.9
    assert measures["cases"] == 4 and shown["size, MB"][1] < 1
    assert (cases / "plots/house.png").stat().st_size > 1000
    assert "null baseline" in capsys.readouterr().out


def test_refusals_are_sentences(bundle, tmp_path, capsys):
    assert main(["house", "--bundle", str(bundle), "--corpus", str(tmp_path), "--long"]) == 2
    assert "holds no cases" in capsys.readouterr().err
    assert main(["house", "--bundle", str(tmp_path), "--corpus", str(tmp_path), "--long"]) == 2
    assert "has no manifest.yaml" in capsys.readouterr().err
    assert main(["house", "--bundle", str(bundle), "--corpus", str(tmp_path), "--long", "polka"]) == 2
    assert "polka" in capsys.readouterr().err


def test_steady_conditions_are_whole():
    conditions = steady_conditions("pop", 100, 30.0)
    assert conditions.style[GENRES.index("pop")].all() and conditions.style.sum(0).max() == 1
    assert conditions.phase.max() < 16 and np.ptp(conditions.variation[6]) > 0
