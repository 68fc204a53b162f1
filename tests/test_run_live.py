"""The program as its user meets it: mistakes are one sentence, the same input gives the same bytes."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

import run_live
from realtime.show import Summary
from realtime.status import CardReport, ShowStatus, status_line
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parent.parent
DEMO = "demo:bpm=112,seed=1,style=house,seconds=6,fps=15"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy")


def sentence(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert run_live.main(list(arguments)) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--clock", "cuckoo"], ["--clock", "cuckoo"]),
        (["--sauce", "x"], ["--sauce"]),
        (["--seconds", "soon"], ["--seconds", "soon"]),
        (["--seconds", "-3"], ["seconds", "-3"]),
        (["--intensity", "7"], ["intensity", "7"]),
        (["--osc", "desk"], ["desk", "HOST:PORT"]),
        (["--config", "/nowhere.yaml"], ["/nowhere.yaml"]),
        (["--bundle", "/nowhere"], ["/nowhere", "bundle"]),
        (["--replay", __file__], [__file__, "trace"]),
        (["--audio", "wav:"], ["wav:"]),
    ],
)
def test_mistakes_on_the_command_line(
    capsys: pytest.CaptureFixture, arguments: list[str], words: list[str]
) -> None:
    said = sentence(capsys, *arguments)
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--style", "polka"], ["polka", "waack"]),
        (["--source", "nowhere.mp4"], ["nowhere.mp4", "does not exist"]),
        (["--source", __file__], ["not a video"]),
        (["--source", "demo:style=polka"], ["polka"]),
        (["--source", "88"], ["no camera"]),
        (["--backend", "tensorrt"], ["tensorrt"]),
        (["--trace", "/proc/no/trace.jsonl"], ["--trace"]),
        (["--record", "/proc/no/show.mp4"], ["--record"]),
        (["--record", "/proc/show.mp4"], ["--record", "/proc/show.mp4", "cannot be written"]),
        (["--record", "/tmp"], ["--record", "/tmp", "cannot be written"]),
        (["--osc-log", "/proc/no/osc.jsonl"], ["--osc-log"]),
        (["--audio", "wav:/proc/no/show.wav"], ["/proc/no/show.wav"]),
        (["--audio", "no such card", "--clock", "real"], ["no such card"]),
    ],
)
def test_mistakes_that_show_on_opening(
    capsys: pytest.CaptureFixture, toy: Path, arguments: list[str], words: list[str]
) -> None:
    usual = ["--bundle", str(toy), "--clock", "virtual", "--source", "demo", "--audio", "none"]
    said = sentence(capsys, *usual, *arguments)
    assert all(word in said for word in words), said


@pytest.mark.parametrize("why", ["no source", "taken port", "ctrl-c"])
@pytest.mark.parametrize("before", [True, False])
def test_a_refused_start_leaves_every_file_as_it_was(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str, before: bool
) -> None:
    files = {name: tmp_path / name for name in ("a.wav", "t.jsonl", "f.mp4", "o.jsonl")}
    for path in files.values():
        if before:
            path.write_text("an earlier evening")
    arguments = ["--bundle", str(toy), "--clock", "virtual", "--source", "demo", "--no-preview"]
    arguments += ["--audio", f"wav:{files['a.wav']}", "--trace", str(files["t.jsonl"])]
    arguments += ["--record", str(files["f.mp4"]), "--osc-log", str(files["o.jsonl"])]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if why == "no source":
            arguments += ["--source", "nowhere.mp4"]
        elif why == "taken port":
            config = tmp_path / "c.yaml"
            config.write_text(f"stage: {{port: {taken.getsockname()[1]}}}\n")
            arguments += ["--config", str(config)]
        else:
            monkeypatch.setattr("realtime.show.open_source", lambda *_: os.kill(os.getpid(), signal.SIGINT))
        assert run_live.main(arguments) == (130 if why == "ctrl-c" else 2)
    left = {path.name: path.read_text() for path in files.values() if path.exists()}
    assert left == (dict.fromkeys(files, "an earlier evening") if before else {})


@pytest.mark.parametrize("clock", ["virtual", "real"])
def test_a_pose_model_that_is_none(
    capsys: pytest.CaptureFixture, toy: Path, tmp_path: Path, clock: str
) -> None:
    model, config = tmp_path / "model.task", tmp_path / "c.yaml"
    model.write_bytes(b"no model")
    config.write_text(f"pose: {{model: {model}}}\n")
    said = sentence(
        capsys, "--config", str(config), "--bundle", str(toy), "--clock", clock, "--source", "demo",
        "--audio", "none", "--no-preview",
    )  # fmt: skip
    assert str(model) in said and "make setup" in said


def run(toy: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "run_live.py", "--bundle", str(toy), "--no-preview", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment)


@pytest.mark.pose
def test_same_input_same_bytes_and_replay(toy: Path, tmp_path: Path) -> None:
    wavs = [tmp_path / f"{name}.wav" for name in "abc"]
    trace = tmp_path / "t.jsonl"
    usual = ["--source", DEMO, "--clock", "virtual", "--seconds", "5"]
    run(toy, *usual, "--audio", f"wav:{wavs[0]}", "--trace", str(trace))
    run(toy, *usual, "--audio", f"wav:{wavs[1]}")
    run(toy, "--replay", str(trace), "--audio", f"wav:{wavs[2]}")
    first, again, replayed = (wav.read_bytes() for wav in wavs)
    assert first == again
    assert first == replayed
    samples, rate = soundfile.read(wavs[0])
    assert rate == 22050 and abs(len(samples) / rate - 5) < 0.4 and np.abs(samples).max() < 0.97
    kinds = {json.loads(line)["kind"] for line in trace.read_text().splitlines()}
    assert {"show", "truth", "frame", "hop", "onset", "end"} <= kinds


@pytest.mark.pose
def test_live_and_virtual_give_the_same_bytes_when_every_frame_is_on_time(toy: Path, tmp_path: Path) -> None:
    """Real processes, real clock, no device. A frame that came late on a busy machine breaks no law."""
    live, virtual, trace = tmp_path / "live.wav", tmp_path / "virtual.wav", tmp_path / "t.jsonl"
    usual = ["--source", DEMO, "--seconds", "4"]
    run(toy, *usual, "--clock", "real", "--audio", f"wav:{live}", "--trace", str(trace))
    run(toy, "--source", str(trace), "--audio", f"wav:{virtual}")
    assert live.read_bytes() == virtual.read_bytes()  # whatever was seen, in whatever order: replay agrees
    run(toy, *usual, "--clock", "virtual", "--audio", f"wav:{virtual}", "--trace", str(tmp_path / "v.jsonl"))
    if seen_by_hop(trace) == seen_by_hop(tmp_path / "v.jsonl"):
        assert live.read_bytes() == virtual.read_bytes()
    else:
        pytest.skip("a frame came late on this machine: the stronger half of the law was not tested")


def seen_by_hop(trace: Path) -> list[list[int]]:
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    return [record["frames"] for record in records if record["kind"] == "hop"]


@pytest.mark.pose
def test_a_recording_holds_picture_and_sound_of_the_same_length(toy: Path, tmp_path: Path) -> None:
    import av

    path = tmp_path / "show.mp4"
    run(
        toy,
        "--source",
        DEMO,
        "--clock",
        "virtual",
        "--seconds",
        "4",
        "--audio",
        "none",
        "--record",
        str(path),
    )
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        pictures = [frame.time for frame in container.decode(video)]
    with av.open(str(path)) as container:
        sound = sum(frame.samples for frame in container.decode(audio=0)) / 48000
    assert abs(pictures[-1] - 4.0) < 0.4 and np.all(np.diff(pictures) > 0)
    assert abs(sound - 4.3) < 0.4


def test_the_last_words_and_the_status_line_name_further_cards(capsys: pytest.CaptureFixture) -> None:
    cards = (CardReport("wedge [stage left]", True, 2, 40.0), CardReport("desk", False, 0, 0.0))
    run_live.report(Summary(40, 10.0, 0, 0, 0, 300, 20.0, 30.0, 1.5, cards))
    said = " ".join(capsys.readouterr().err.split())
    assert "underruns 0; wedge [stage left]: underruns 2; desk: underruns 0, lost; first sound" in said
    console = Console(width=300, record=True)
    console.print(status_line(ShowStatus(cards=cards)))
    line = console.export_text()
    assert "wedge [stage left]: underruns 2" in line and "desk: underruns 0, lost" in line
