"""The commands end to end on small folders: numbers, JSON, plots, and refusals in one sentence."""

import json

import numpy as np
import pytest

from evaluation.__main__ import main
from evaluation.embedding import FALLBACK
from evaluation.score import score_folders


@pytest.fixture
def folders(make_groove, write_wav, tmp_path):
    for index, (genre, bpm, energy) in enumerate(
        [("HO", 124, 1.0), ("HO", 118, 1.0), ("JB", 84, 0.1), ("JB", 88, 0.1)]
    ):
        samples, beats = make_groove(bpm, 3.0, index, energy)
        name = f"g{genre}_sBM_c01_seg{index}"
        write_wav(f"reference/{name}.wav", samples)
        (tmp_path / f"reference/{name}.beats.txt").write_text("".join(f"{beat:.3f} 1\n" for beat in beats))
        write_wav(f"same/{name}.wav", samples)
        write_wav(f"late/{name}.wav", np.concatenate([np.zeros(1100), samples]))
    return tmp_path


def test_identical_sounds_score_full_marks_and_baselines_stand_beside(folders):
    table = score_folders(folders / "reference", {"same": folders / "same"}, FALLBACK)
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert list(rows) == ["ground truth", "same", "click each second", "white noise", "silence"]
    same = rows["same"]
    assert same["coverage"] == same["hit"] == same["F1"] == 100.0
    assert same["log-mel L1"] < 1e-3 and same["Frechet distance"] == pytest.approx(0, abs=1e-3)
    assert same["genre accuracy"] == 100.0 and rows["ground truth"]["genre accuracy"] == 100.0
    assert rows["click each second"]["hit"] == 100.0, "the known weakness of the published score"
    assert rows["silence"]["coverage"] == rows["silence"]["beat F 70 ms"] == 0.0
    assert same["beat F 70 ms"] > rows["white noise"]["beat F 70 ms"]
    assert rows["white noise"]["Frechet distance"] > 1
    assert "band statistics" in table.note


def test_fifty_ms_late_is_forgiven_by_the_wide_tolerance_only(folders):
    table = score_folders(
        folders / "reference", {"late": folders / "late", "same": folders / "same"}, FALLBACK
    )
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert rows["late"]["beat F 70 ms"] > 0.8 * rows["same"]["beat F 70 ms"]
    assert rows["late"]["beat F 25 ms"] < 0.3


def test_the_score_command_writes_tables_and_plots(folders, capsys):
    arguments = ["score", "--reference", f"{folders}/reference", "--generated", f"ours={folders}/same"]
    arguments += [
        "--json",
        f"{folders}/out/scores.json",
        "--plots",
        f"{folders}/plots",
        "--compare",
        "comparison",
    ]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "| D2M-GAN high | 88.2 |" in shown and "| ours (ours) | 100.0 |" in shown
    tables = json.loads((folders / "out/scores.json").read_text())["tables"]
    assert tables[0]["rows"][1]["method"] == "ours" and len(tables) == 2
    for name in ("spectrograms.png", "scores.png"):
        assert (folders / "plots" / name).read_bytes().startswith(b"\x89PNG")


def test_the_trace_commands_run(make_groove, write_wav, tmp_path, capsys):
    samples, beats = make_groove(120, 24, 3, 1.0, 0.0)
    quiet = 0.5 * make_groove(120, 24, 3, 0.0, 0.0)[0]
    level = np.arange(len(samples)) / 22050
    audio = write_wav("show.wav", np.where((level > 8.2) & (level < 16.2), samples, quiet))
    records = [{"kind": "truth", "beats": list(beats), "times_s": [0, 8, 16], "energy": [0.2, 0.8, 0.2]}]
    for index in range(90):
        now_s = index * 5504 / 22050
        records.append({"kind": "frame", "index": index, "time_s": now_s - 0.05, "pose_ms": 18.0})
        hop = {"start_sample": 5504 * index, "now_s": now_s - 0.2, "heard_s": now_s, "frames": [index]}
        records.append({"kind": "hop", **hop, "ms": {"engine": 15.0 + index % 7}})
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(json.dumps(record) + "\n" for record in records))
    for command in ("alignment", "steering"):
        arguments = [command, "--trace", str(trace), "--audio", str(audio)]
        assert main([*arguments, "--json", f"{tmp_path}/{command}.json", "--plots", str(tmp_path)]) == 0
    assert (
        main(
            ["latency", "--trace", str(trace), "--json", f"{tmp_path}/latency.json", "--plots", str(tmp_path)]
        )
        == 0
    )
    assert json.loads((tmp_path / "alignment.json").read_text())["heard"]["f_25"] > 0.95
    assert json.loads((tmp_path / "steering.json").read_text())["detection rate"] == 1.0
    assert json.loads((tmp_path / "latency.json").read_text())["stages"]["engine"][
        "median_ms"
    ] == pytest.approx(18)
    assert {path.name for path in tmp_path.glob("*.png")} == {"alignment.png", "steering.png", "latency.png"}
    assert "median ms" in capsys.readouterr().out


def test_a_refusal_is_one_sentence_and_status_2(tmp_path, capsys):
    assert main(["score", "--reference", str(tmp_path), "--generated", str(tmp_path)]) == 2
    assert "no sound file" in capsys.readouterr().err
    assert main(["latency", "--trace", f"{tmp_path}/none.jsonl"]) == 2
    assert "cannot read the trace" in capsys.readouterr().err


def test_broken_annotations_are_named(folders):
    (next((folders / "reference").glob("*.beats.txt"))).write_text("0.5\nsoon\n")
    with pytest.raises(ValueError, match=r"beats\.txt"):
        score_folders(folders / "reference", {"same": folders / "same"}, FALLBACK)


def test_two_folders_of_one_name_are_refused(folders, capsys):
    arguments = ["score", "--reference", f"{folders}/reference"]
    assert main([*arguments, "--generated", f"a={folders}/same", "--generated", f"a={folders}/late"]) == 2
    assert "two folders are called" in capsys.readouterr().err
