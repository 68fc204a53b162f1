"""The listening test hides who made what, and the opinions come out as one would compute them by hand."""

import json

import numpy as np
import pytest

from evaluation.__main__ import main
from evaluation.listening import build_test
from evaluation.mos import Rating, mos_table, opinion, read_key, read_ratings


@pytest.fixture
def systems(write_wav, tmp_path):
    for system in ("truth", "ours"):
        for clip in ("a", "b", "c"):
            write_wav(f"{system}/{clip}.wav", np.zeros(100))
    return {"ground truth": tmp_path / "truth", "ours": tmp_path / "ours"}


def test_the_page_holds_all_clips_and_no_name(systems, tmp_path):
    built = build_test(systems, "quality", tmp_path / "test", seed=4)
    page = built.page.read_text()
    assert built.clips == 6 and len(list((tmp_path / "test/page/clips").iterdir())) == 6
    assert "ground truth" not in page and "ours" not in page.replace("yourself", "").replace("colours", "")
    key = read_key(built.key)
    assert sorted(key.values()) == sorted((system, clip) for system in systems for clip in "abc")
    assert "key.json" not in {path.name for path in (tmp_path / "test/page").rglob("*")}
    assert json.loads(page.split("const TEST = ")[1].split(";\n")[0])["study"] == "quality"


def test_blind_names_follow_the_seed(systems, tmp_path):
    first, second, other = (
        read_key(build_test(systems, "quality", tmp_path / name, seed).key)
        for name, seed in (("one", 1), ("two", 1), ("three", 2))
    )
    assert first == second != other


def test_what_cannot_be_compared_is_refused(systems, tmp_path):
    with pytest.raises(ValueError, match="no study"):
        build_test(systems, "beauty", tmp_path / "test")
    with pytest.raises(ValueError, match="no clips for the coherence study"):
        build_test(systems, "coherence", tmp_path / "test")
    (tmp_path / "ours/c.wav").unlink()
    with pytest.raises(ValueError, match="clip 'c'"):
        build_test(systems, "quality", tmp_path / "test")
    with pytest.raises(ValueError, match="not empty"):
        build_test({"ground truth": tmp_path / "truth"}, "quality", tmp_path)


def test_the_listener_is_the_unit():
    ratings = [Rating("ann", "quality", "ours", clip, score) for clip, score in (("a", 4), ("b", 5))]
    ratings += [Rating("bob", "quality", "ours", clip, score) for clip, score in (("a", 2), ("b", 3))]
    found = opinion(ratings)
    assert (found.mean, found.ratings, found.listeners) == (3.5, 4, 2)
    assert found.half_width == pytest.approx(
        12.706 * np.sqrt(2) / np.sqrt(2), rel=1e-3
    )  # t(1) = 12.706, s = sqrt 2
    assert np.isnan(opinion(ratings[:2]).half_width)
    with pytest.raises(ValueError, match="no ratings"):
        opinion([])


def test_the_command_reads_listeners_files_with_the_key(systems, tmp_path, capsys):
    built = build_test(systems, "quality", tmp_path / "test")
    for listener, bonus in (("ann", 0), ("bob", -1), ("cyd", 0)):
        rows = [
            f"{listener},quality,{blind},{(5 if system == 'ground truth' else 3) + bonus},1"
            for blind, (system, _) in read_key(built.key).items()
        ]
        text = "\n".join(["listener,study,clip,score,position", *rows])
        (tmp_path / f"{listener}.csv").write_text(text)
    files = [f"{tmp_path}/{name}.csv" for name in ("ann", "bob", "cyd")]
    assert main(["mos", *files, "--key", str(built.key), "--json", f"{tmp_path}/mos.json"]) == 0
    rows = json.loads((tmp_path / "mos.json").read_text())["tables"][0]["rows"]
    assert [(row["system"], row["MOS"], row["ratings"], row["listeners"]) for row in rows] == [
        ("ground truth", pytest.approx(4.667, abs=1e-3), 9, 3),
        ("ours", pytest.approx(2.667, abs=1e-3), 9, 3),
    ]
    assert "ground truth" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("listener,study,clip\nann,quality,000\n", "lacks the column 'score'"),
        ("listener,study,clip,score\nann,quality,000,6\n", "line 2: the score '6'"),
        ("listener,study,clip,score\nann,quality,000,good\n", "line 2: the score 'good'"),
        ("listener,study,clip,score\nann,quality,999,3\n", "knows no clip '999'"),
        ("listener,study,clip,score\nann,quality,000,3\nann,quality,000,4\n", "a second time"),
        ("listener,study,clip,score\n", "hold no ratings"),
    ],
)
def test_malformed_files_are_named(tmp_path, text, reason):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_ratings([tmp_path / "bad.csv"], {"000": ("ours", "a")})


def test_without_a_key_a_system_column_is_needed(tmp_path):
    (tmp_path / "plain.csv").write_text("listener,study,clip,score,system\nann,quality,a,4,ours\n")
    assert mos_table(read_ratings([tmp_path / "plain.csv"])).rows[0][:3] == ("ours", "quality", 4.0)
    (tmp_path / "blind.csv").write_text("listener,study,clip,score\nann,quality,000,4\n")
    with pytest.raises(ValueError, match="--key"):
        read_ratings([tmp_path / "blind.csv"])
    (tmp_path / "key.json").write_text("[]")
    with pytest.raises(ValueError, match="no key of a listening test"):
        read_key(tmp_path / "key.json")
