"""Two (null) sound cards: both play the same music at the same moments, in a whole show too."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, lfilter

from configs.errors import DeviceError
from realtime import sound_cards
from realtime.sound_cards import different_cards
from tests.measure.tape import RATE, Heard, Tape, lag_s
from tests.realtime.conftest import SoundCard, pulse
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parent.parent.parent
SHOW_S, REACH_S = 9.0, 0.2
OF_NOISE_S, OF_MUSIC_S = 0.25, 1.0
"""Lengths of a piece that is looked for. The wedge slides by up to 3 ms a second until it is where the house
is: a longer piece of noise would be like nothing; a shorter one of the toy's drum may hold no stroke."""
APART_MS = 10.0

PLAY = """
import sys, time
import numpy as np
from configs.schema import Sound
from realtime.playout import Playout
from realtime.side_speaker import SideSpeaker
from realtime.speaker import Speaker
from realtime.types import Block
samples = np.load(sys.argv[1])
playout, sound = Playout(), Sound(queue_ms=200)
house = Speaker(playout, "house", sound, 22050)
wedge = SideSpeaker(house.heard_s, "wedge", sound, 22050)
while not (house.ready and wedge.ready): time.sleep(0.01)
for card in (house, wedge): card.put(Block(0, samples))
for card in (house, wedge): card.start()
while playout.position < len(samples) - 22050: time.sleep(0.05)
print(house.underruns, wedge.report.underruns)
house.close(), wedge.close()
"""


class PortAudio:
    """PyAudio's module and its one class, as far as cards are listed."""

    cards = ("HDA Intel: Analog", "Scarlett 2i2", "HDMI")

    def PyAudio(self) -> "PortAudio":
        return self

    def get_device_count(self) -> int:
        return len(self.cards)

    def get_device_info_by_index(self, index: int) -> dict[str, object]:
        named = {"index": index, "name": self.cards[index]}
        return {**named, "defaultSampleRate": 48000.0, "maxOutputChannels": 2}

    def get_default_output_device_info(self) -> dict[str, object]:
        return self.get_device_info_by_index(1)

    def terminate(self) -> None:
        pass


@pytest.mark.parametrize(
    "twins", [("auto", "scarlett"), ("hdmi", "1", "HDMI"), ("0", "intel"), ("2", "auto", "1")]
)
def test_one_card_by_two_names_is_refused(monkeypatch: pytest.MonkeyPatch, twins: tuple[str, ...]) -> None:
    monkeypatch.setattr(sound_cards, "portaudio", PortAudio)
    with pytest.raises(DeviceError, match="both mean the sound card"):
        different_cards(twins)


def test_different_cards_are_well_and_a_missing_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_cards, "portaudio", PortAudio)
    different_cards(("auto", "hdmi", "intel"))
    different_cards(("no such card",))  # the one card of a show is opened, not looked for
    with pytest.raises(DeviceError, match=r"'moon'.*no such sound card"):
        different_cards(("auto", "moon"))


@pytest.fixture(scope="module")
def two_cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    """House and wedge, each a card of its own for ALSA and so for PortAudio."""
    folder = tmp_path_factory.mktemp("two_cards")
    (folder / ".asoundrc").write_text(
        "".join(f'pcm.{name} {{ type pulse device "{name}" }}\n' for name in ("house", "wedge"))
    )
    with pulse(folder, {"house": 48_000, "wedge": 44_100}) as cards:
        yield cards


def show(cards: SoundCard, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "run_live.py",
        "--bundle",
        str(make_toy_bundle(folder / "toy")),
        "--no-preview",
    ]
    environment = {**cards.environment, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


def apart_ms(house: Heard, wedge: Heard, span_s: float) -> list[float]:
    """How much later the wedge plays what the house plays, second by second, by cross-correlation."""
    begins_s = house.wall_s(int(np.argmax(np.abs(house.samples) > 0.01)))
    found_ms = []
    for after_s in np.arange(3.0, SHOW_S - 2.0):
        first = house.place(begins_s + after_s)
        piece = house.samples[first : first + round(span_s * RATE)]
        found_s = lag_s(piece, RATE, wedge, begins_s + after_s, REACH_S)
        assert found_s is not None, f"the wedge plays something else {after_s:.0f} s after the beginning"
        found_ms.append(found_s * 1000)
    return found_ms


@pytest.mark.soundcard
@pytest.mark.realtime
def test_two_cards_of_different_rates_play_together(two_cards: SoundCard, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(round(SHOW_S + 2.0) * 22050)
    np.save(tmp_path / "in.npy", lfilter(*butter(3, 400, fs=22050), noise).astype(np.float32))
    tapes = [Tape(tmp_path / sink, two_cards.environment, sink) for sink in ("house", "wedge")]
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(tmp_path / "in.npy")],
        cwd=ROOT, env=two_cards.environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    house, wedge = (tape.stop() for tape in tapes)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "0"]  # underruns
    assert np.max(np.abs(apart_ms(house, wedge, OF_NOISE_S))) < APART_MS


@pytest.mark.soundcard
@pytest.mark.realtime
@pytest.mark.pose
def test_in_a_whole_show_both_play_the_same_music_at_the_same_moments(
    two_cards: SoundCard, tmp_path: Path
) -> None:
    tapes = [Tape(tmp_path / sink, two_cards.environment, sink) for sink in ("house", "wedge")]
    done = show(
        two_cards, tmp_path, "--source", f"demo:seconds={SHOW_S + 20}", "--seconds", str(SHOW_S),
        "--audio", "house", "--audio", "wedge", "--trace", str(tmp_path / "t.jsonl"),
    )  # fmt: skip
    house, wedge = (tape.stop() for tape in tapes)
    assert done.returncode == 0 and "wedge: underruns 0;" in " ".join(done.stderr.split()), done.stderr
    end = json.loads((tmp_path / "t.jsonl").read_text().splitlines()[-1])
    assert end["underruns"] == 0 and [card["name"] for card in end["cards"]] == ["wedge"]
    assert end["cards"][0]["underruns"] == 0
    assert np.max(np.abs(apart_ms(house, wedge, OF_MUSIC_S))) < APART_MS


@pytest.mark.soundcard
@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (("house", "wedge", "Wedge"), ("'wedge'", "twice")),
        (("house", "hou"), ("'house' and 'hou' both mean the sound card 'house'",)),
        (("house", "moon"), ("'moon'", "no such sound card")),
    ],
)
def test_mistakes_end_in_a_sentence(
    two_cards: SoundCard, tmp_path: Path, audio: tuple[str, ...], words: tuple[str, ...]
) -> None:
    began_s = time.monotonic()
    done = show(
        two_cards, tmp_path, "--source", "demo", *(word for name in audio for word in ("--audio", name))
    )
    said = " ".join(done.stderr.split())
    assert done.returncode == 2 and all(word in said for word in words) and "Traceback" not in said, said
    assert said.count("noverre:") == 1 and time.monotonic() - began_s < 60
