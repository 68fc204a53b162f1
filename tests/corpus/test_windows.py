"""Windows for the paper's table: every genre of unheard songs, sound and conditions of one performance."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from configs.genres import GENRES
from corpus.band.render import SAMPLE_RATE, STEMS
from corpus.band.song import compose
from corpus.take import make_take
from corpus.windows import WINDOW_SAMPLES, write_windows


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Two takes a genre, of a learnt and an unheard song; noise for stems is quicker than music."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "takes").mkdir()
    rng = np.random.default_rng(0)
    records = []
    for genre in GENRES:
        for song in (0, 7):
            take = make_take(compose(genre, song), 0, 0, 1)
            codes = min(take.codes, 800)
            records.append(take.as_json())
            rows = rng.integers(-3000, 3000, (len(STEMS), codes * 128)).astype(np.int16)
            np.save(folder / "takes" / f"{take.name}.npy", rows)
            curves = np.stack([np.ones(codes), np.arange(codes) % 16]).astype(np.float32)
            np.save(folder / "takes" / f"{take.name}.curves.npy", curves)
            records[-1]["codes"] = codes
    index = {"stems": list(STEMS), "stem_scale": 32767.0, "takes": records}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def test_every_folder_is_whole(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("corpus.take.Take.codes", 800)
    assert write_windows(corpus, tmp_path, "test", 1, 0) == len(GENRES)
    names = {path.stem for path in (tmp_path / "truth").glob("*.wav")}
    assert {name.split("_7_")[0] for name in names} == set(GENRES)
    assert {path.stem for path in (tmp_path / "same_song").glob("*.wav")} == names
    assert {path.stem for path in (tmp_path / "conditions").glob("*.npz")} == names
    database = [path.stem for path in (tmp_path / "database").glob("*.wav")]
    assert len(database) == 2 * len(GENRES) and all("_0_" in name for name in database)
    for name in names:
        samples, rate = soundfile.read(tmp_path / "truth" / f"{name}.wav")
        assert (len(samples), rate) == (WINDOW_SAMPLES, SAMPLE_RATE)
        with np.load(tmp_path / "conditions" / f"{name}.npz") as one:
            assert one["motion"].shape == (16, 688) and one["variation"].shape == (14, 688)
            assert one["style"][:, 0].argmax() == GENRES.index(name.split("_7_")[0])
        beats = [float(line) for line in (tmp_path / "truth" / f"{name}.beats.txt").read_text().split()]
        assert 2 <= len(beats) <= 6 and all(0 <= beat < 2 for beat in beats)
