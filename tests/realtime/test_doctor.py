"""The doctor finds each thing that stops a show, in words, with a remedy; and nothing where nothing is."""

import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from configs.errors import DeviceError
from configs.schema import ShowConfig, load_config
from dancer import VirtualDancer, parse_demo
from realtime import doctor
from realtime.doctor import Finding
from realtime.round_trip import RATE, check_round_trip, chirp, delay_of
from tests.realtime.conftest import SoundCard
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parent.parent.parent


def config(**keys: object) -> ShowConfig:
    return load_config(None, keys)


def found(findings: Iterable[Finding], *words: str, level: str = "stop") -> Finding:
    """The finding of that level with these words, which must have a remedy."""
    findings = list(findings)
    fits = [one for one in findings if one.level == level and all(word in one.text for word in words)]
    assert fits, findings
    assert level == "well" or fits[0].remedy
    return fits[0]


def film(path: Path, pictures: Iterable[np.ndarray]) -> str:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return str(path)


def noise(level: int, count: int = 20) -> Iterable[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.integers(level, level + 12, (240, 320, 3), np.uint8) for _ in range(count)]


def test_no_camera() -> None:
    found(doctor.check_camera(config(source="97")), "no camera answers there")


@pytest.mark.pose
def test_a_dark_picture_and_nobody_in_it(tmp_path: Path) -> None:
    findings = list(doctor.check_camera(config(source=film(tmp_path / "dark.avi", noise(0)))))
    assert "light" in found(findings, "dark").remedy
    found(findings, "nobody is in view in 100%", level="care")


@pytest.mark.pose
def test_a_dancer_in_good_light_is_well() -> None:
    findings = list(doctor.check_camera(config(source="demo:style=house,seed=1,seconds=2")))
    found(findings, "brightness", level="well")
    assert found(findings, "the dancer", level="well").check == "pose"


@pytest.mark.pose
def test_a_dancer_whose_feet_are_cut_off(tmp_path: Path) -> None:
    dancer = VirtualDancer(parse_demo("demo:style=house,seed=1"))
    cut = [cv2.resize(dancer.frame(index)[:260], (320, 240)) for index in range(20)]
    findings = list(doctor.check_camera(config(source=film(tmp_path / "cut.avi", cut))))
    assert not [one for one in findings if one.check == "pose" and one.level == "well"], findings


class Card:
    name, rate, ready, latency_s = "fake", 48_000, True, 0.05

    def __init__(self, complaint: str | None = None) -> None:
        self._complaint = complaint

    def trouble(self, now_s: float) -> str | None:
        return self._complaint

    def close(self) -> None:
        pass


def test_a_busy_a_missing_a_silent_and_a_good_sound_card() -> None:
    def busy(name: str, sound: object) -> Card:
        raise DeviceError(
            "the sound card cannot be opened (Device unavailable): close the program that uses it"
        )

    found(doctor.check_sound(config(audio=["hw"]), busy, 0), "cannot be opened (Device unavailable)")
    found(doctor.check_sound(config(audio=["auto"]), busy, 0), "Device unavailable", level="care")
    dead = doctor.check_sound(config(), lambda name, sound: Card("asks for no more sound"), 0)
    found(dead, "asks for no more sound")
    found(
        doctor.check_sound(config(), lambda name, sound: Card(), 0), "110 ms from queue to air", level="well"
    )
    assert not list(doctor.check_sound(config(audio=["none", "wav:x.wav"]), busy, 0))


@pytest.mark.soundcard
def test_a_real_sound_card_is_well_and_none_is_missed(sound_card: SoundCard, tmp_path: Path) -> None:
    program = (
        "from realtime import doctor; from configs.schema import ShowConfig\n"
        "for one in doctor.check_sound(ShowConfig()): print(one.level, one.text)"
    )
    nowhere = {**sound_card.environment, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    said = []
    for environment in (sound_card.environment, nowhere):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout)
    assert said[0].startswith(("well", "care")) and "Hz" in said[0]
    assert said[1].startswith("care") and "sound card" in said[1]


def test_ports_that_are_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", 0))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        taken = config(osc_control={"port": udp.getsockname()[1]}, stage={"port": tcp.getsockname()[1]})
        findings = list(doctor.check_ports(taken))
        assert "osc_control.port" in found(findings, "osc_control", "cannot be used").remedy
        assert "stage.port" in found(findings, "stage", "cannot be used").remedy
    found(doctor.check_ports(taken), "osc_control", "is free", level="well")
    found(doctor.check_ports(taken), "stage", "is free", level="well")


def test_a_damaged_bundle_and_a_whole_one(tmp_path: Path) -> None:
    whole = make_toy_bundle(tmp_path / "toy")
    findings = list(doctor.check_bundle(config(bundle=whole)))
    found(findings, "'toy' is whole", level="well")
    assert any(one.check == "engine" and "a hop takes" in one.text for one in findings)
    content = bytearray((whole / "decoder.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (whole / "decoder.onnx").write_bytes(content)
    found(doctor.check_bundle(config(bundle=whole)), "decoder.onnx", "SHA-256")
    found(doctor.check_bundle(config(bundle=tmp_path)), "manifest.yaml")


@pytest.mark.parametrize("module", ["tensorrt", "tensorrt_rtx"])
def test_tensorrt_that_is_there_but_cannot_be_used(module: str) -> None:
    def installed(name: str) -> bool:
        return name == module

    no_card = doctor.check_gpu(config(backend="tensorrt"), installed, lambda: 0)
    assert "onnxruntime" in found(no_card, module, "is installed but unusable").remedy
    found(doctor.check_gpu(config(), installed, lambda: 0), "unusable", level="care")
    found(doctor.check_gpu(config(), installed, lambda: 1), "1 NVIDIA card, " + module, level="well")
    found(doctor.check_gpu(config(backend="tensorrt"), lambda name: None, lambda: 1), "not installed")


def test_a_machine_that_wakes_late_is_said() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds + 0.05

    found(doctor.check_clock(config(), sleep, lambda: now[0]), "50.0 ms late", level="care")


def test_files_that_cannot_be_written_and_none_is_touched(tmp_path: Path) -> None:
    kept = tmp_path / "kept.wav"
    kept.write_bytes(b"an earlier show")
    fresh = {"trace": tmp_path / "new" / "t.jsonl", "osc_log": tmp_path / "o.jsonl"}
    findings = list(doctor.check_disk(config(audio=[f"wav:{kept}"], **fresh)))
    assert [one.level for one in findings] == ["well"] * 3
    assert kept.read_bytes() == b"an earlier show" and list(tmp_path.iterdir()) == [kept]
    found(doctor.check_disk(config(audio=["wav:/proc/x.wav"])), "--audio wav:/proc/x.wav cannot be written")
    found(doctor.check_disk(config(trace=tmp_path)), "--trace", "Is a directory")
    found(doctor.check_disk(config(record=kept / "take.mp4")), "--record", "Not a directory")
    found(doctor.check_disk(config(osc_log=Path("x" * 300))), "--osc-log", "name too long")


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    plan = config(record=tmp_path / "new" / "take.mp4")
    found(doctor.check_disk(plan, lambda path: 10**9), "1.0 GB are left", level="care")
    found(doctor.check_disk(plan, lambda path: 10**12), "1000 GB", level="well")


@pytest.mark.parametrize("delay_s", [0.02, 0.137, 0.4])
def test_the_chirp_is_found_in_a_noisy_room(delay_s: float) -> None:
    generator = np.random.default_rng(1)
    heard = generator.normal(0, 0.05, 2 * RATE).astype(np.float32)
    at = round((0.5 + delay_s) * RATE)
    heard[at : at + len(chirp())] += 0.1 * chirp()
    assert abs(delay_of(heard, chirp())[0] - 0.5 - delay_s) < 0.001
    text = found(check_round_trip(config(), lambda _: (heard, 0.5)), "to microphone", level="well").text
    assert f"{delay_s * 1000:.0f} ms" in text


def test_a_chirp_that_nobody_hears_and_a_microphone_that_is_not_there() -> None:
    silence = np.random.default_rng(1).normal(0, 0.05, 2 * RATE).astype(np.float32)
    found(check_round_trip(config(), lambda _: (silence, 0.5)), "is not heard", level="care")

    def none(_: object) -> tuple[np.ndarray, float]:
        raise DeviceError("no microphone opens")

    found(check_round_trip(config(), none), "no microphone", level="care")


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: ShowConfig):
        raise ZeroDivisionError("as planned")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (broken, doctor.check_gpu))
    said: list[str] = []
    assert doctor.consult(config(), said.append) == 1
    assert "the check itself failed" in said[0] and len(said) == 3


def test_opencv_does_not_speak_for_itself(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_camera,))
    before = cv2.utils.logging.getLogLevel()
    assert doctor.consult(config(source="97"), lambda text: None) == 1
    assert capfd.readouterr() == ("", "")
    assert cv2.utils.logging.getLogLevel() == before
