import json
from pathlib import Path

import numpy as np
import pytest

from configs.genres import GENRES
from corpus.band.mix import Controls, mix
from corpus.band.song import compose
from corpus.bank import Bank
from corpus.build import build
from corpus.plan import plan, read_seed
from corpus.take import Take, make_take
from corpus.takebank import TakeBank

NO_BANK = Path("there/is/no/bank.npz")


@pytest.fixture(scope="module")
def takes() -> list[Take]:
    return [
        make_take(compose(genre, index), 0, 9, 1) for genre, index in (("house", 0), ("lock", 3), ("pop", 7))
    ]


@pytest.fixture(scope="module")
def folder(takes: list[Take], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpus")
    build(out, takes, 9, NO_BANK, workers=1)
    return out


def test_ten_hours_are_ten_hours_and_evenly_shared() -> None:
    takes = plan(2027, 10.0)
    assert 10.0 <= sum(take.seconds for take in takes) / 3600 < 12.0
    by_genre = {g: sum(t.seconds for t in takes if t.song.genre == g) for g in GENRES}
    assert max(by_genre.values()) < 1.15 * min(by_genre.values())
    assert len({take.name for take in takes}) == len(takes)
    songs = {
        split: {t.song.name for t in takes if t.song.split == split}
        for split in ("train", "validation", "test")
    }
    assert [len(songs[split]) for split in ("train", "validation", "test")] == [60, 10, 10]
    assert not songs["train"] & (songs["validation"] | songs["test"])


def test_ten_minutes_hold_every_song() -> None:
    takes = plan(2027, 1 / 6)
    assert len({take.song.name for take in takes}) == 80
    assert sum(take.seconds for take in takes) >= 600


def test_same_seed_same_corpus_another_seed_another(folder: Path, takes: list[Take], tmp_path: Path) -> None:
    build(tmp_path, takes, 9, NO_BANK, workers=2)
    for path in sorted((folder / "takes").iterdir()):
        assert path.read_bytes() == (tmp_path / "takes" / path.name).read_bytes(), path.name
    other = make_take(compose("house", 0), 0, 10, 1)
    assert other.as_json() != takes[0].as_json()


def test_a_broken_build_goes_on_where_it_stopped(folder: Path, takes: list[Take]) -> None:
    kept, lost = folder / "takes" / "house_0_0000.npy", folder / "takes" / "lock_3_0000.npy"
    before = kept.stat().st_mtime_ns
    content = lost.read_bytes()
    lost.unlink()
    build(folder, takes, 9, NO_BANK, workers=1)
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == content


def test_windows_are_what_the_take_sounds_like(folder: Path, takes: list[Take], bank: Bank) -> None:
    window = TakeBank(folder).cut(0, 100, 344)
    stems = takes[0].stems(bank)
    np.testing.assert_allclose(window.stems.rows, stems.rows[:, 12_800 : 12_800 + 344 * 128], atol=1e-4)
    np.testing.assert_array_equal(window.stems.phase, stems.phase[100:444])
    assert window.variation.shape == (14, 344)
    assert (GENRES[window.genre], window.song) == ("house", 0)
    controls = Controls.constant(344)
    np.testing.assert_array_equal(window.mix(controls), mix(window.stems, controls, takes[0].song.style.pump))


def test_windows_come_from_the_split_and_repeat_with_the_seed(folder: Path) -> None:
    train, test = TakeBank(folder, "train"), TakeBank(folder, "test")
    drawn = [train.window(np.random.default_rng(s)) for s in range(20)]
    assert {GENRES[w.genre] for w in drawn} == {"house", "lock"}
    assert GENRES[test.window(np.random.default_rng(0)).genre] == "pop"
    again = train.window(np.random.default_rng(7))
    assert (again.take.name, again.start_code) == (drawn[7].take.name, drawn[7].start_code)


def test_errors_say_what_to_do(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m corpus build"):
        TakeBank(tmp_path)
    with pytest.raises(ValueError, match="no takes for 'validation'"):
        TakeBank(folder, "validation")
    with pytest.raises(ValueError, match="does not fit"):
        TakeBank(folder).window(np.random.default_rng(0), codes=100_000)
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text("seed: twelve\n")
    with pytest.raises(ValueError, match="seed: 2027"):
        read_seed(seeds)


def test_index_tells_beats_and_downbeats(folder: Path, takes: list[Take]) -> None:
    index = json.loads((folder / "index.json").read_text())
    assert [record["name"] for record in index["takes"]] == [take.name for take in takes]
    assert index["takes"][0]["beats_s"] == takes[0].beats_s.tolist()
    assert index["takes"][0]["downbeats_s"] == takes[0].beats_s[:-1:4].tolist()
    assert (folder / "takes" / "house_0_0000.mid").exists()
