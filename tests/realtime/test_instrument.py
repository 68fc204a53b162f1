"""Another bundle takes over in the midst of a show: at a bar line, without a gap, and again in a replay."""

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from configs.schema import load_config
from realtime.controls import ChangeBundle
from realtime.instrument import NextInstrument, Wish
from realtime.show import Show
from realtime.sinks import QuietSink
from realtime.types import Block
from tests.toy_bundle import make_toy_bundle

pytestmark = pytest.mark.pose
RATE, HOP, BPM = 22050, 5504, 120.0
ASKED_AT = 6
DEMO = "demo:bpm=120,seconds=6,fps=10"
"""The tempo is set: what is seen matters little, and every picture costs."""


class Asker(QuietSink):
    """Hears everything, and asks for another bundle after some blocks."""

    name = "asker"

    def __init__(self, show: Show, folder: Path | None) -> None:
        self.blocks: list[Block] = []
        self._show, self._folder = show, folder

    def play(self, block: Block, heard_at_s: float) -> None:
        self.blocks.append(block)
        if len(self.blocks) == ASKED_AT and self._folder is not None:
            self._show.inbox.put(ChangeBundle(str(self._folder)))


def perform(bundle: Path, follows: Path | None, trace: Path, source: str = DEMO):
    """Blocks, what was said, and the trace's records."""
    keys = {"source": source, "seconds": 4.5, "clock": "virtual", "audio": ("none",), "bundle": bundle}
    said: list[str] = []
    show = Show(load_config(None, keys | {"trace": trace, "follow": {"bpm": BPM}}), said.append)
    asker = Asker(show, follows)
    show.add_sink(asker)
    show.run(threading.Event())
    return asker.blocks, said, [json.loads(line) for line in trace.read_text().splitlines()]


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return make_toy_bundle(folder / "low"), make_toy_bundle(folder / "high", name="high", tone=90.0)


@pytest.fixture(scope="module")
def alone(toys, tmp_path_factory: pytest.TempPathFactory) -> list[Block]:
    """What the first bundle plays if nobody asks for another."""
    return perform(toys[0], None, tmp_path_factory.mktemp("alone") / "t.jsonl")[0]


@pytest.fixture(scope="module")
def changed(toys, tmp_path_factory: pytest.TempPathFactory):
    trace = tmp_path_factory.mktemp("changed") / "t.jsonl"
    return *perform(*toys, trace), trace


def test_it_takes_over_at_the_bar_line_and_nothing_before_it_differs(changed, alone: list[Block]) -> None:
    blocks, said, records, _ = changed
    differ = [
        not np.array_equal(one.samples, other.samples) for one, other in zip(blocks, alone, strict=True)
    ]
    first = differ.index(True)
    assert first > ASKED_AT and all(differ[first:-1])
    hop = next(record for record in records if record["kind"] == "hop" and record["index"] == first)
    from_bar = (hop["phase"] + 2) % 4 - 2
    assert abs(from_bar) <= 0.55 * HOP / RATE * BPM / 60
    assert any("'high' plays" in text for text in said)


def test_the_join_is_no_jump(changed) -> None:
    blocks, _, records, _ = changed
    sound = np.concatenate([block.samples for block in blocks])
    at = next(record for record in records if record["kind"] == "bundle")["hop"] * HOP
    jumps = np.abs(np.diff(sound))
    assert jumps[at - 1] <= np.percentile(jumps, 99)


def test_a_replay_changes_where_the_show_did_and_another_bundle_is_another_bundle(
    toys, changed, tmp_path: Path
) -> None:
    blocks, _, _, trace = changed
    again, _, _ = perform(toys[0], None, tmp_path / "again.jsonl", str(trace))
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(blocks, again, strict=True))
    other, _, records = perform(toys[1], None, tmp_path / "other.jsonl", str(trace))
    assert not any(record["kind"] == "bundle" for record in records) and len(other) == len(blocks)


def test_a_bundle_that_cannot_be_had_is_a_sentence_and_the_show_goes_on(
    toys, alone: list[Block], tmp_path: Path
) -> None:
    blocks, said, _ = perform(toys[0], tmp_path / "nowhere", tmp_path / "t.jsonl")
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(blocks, alone, strict=True))
    assert any("nowhere" in text and "plays on" in text for text in said)


def test_a_bundle_of_other_blocks_is_refused(toys, tmp_path: Path) -> None:
    folder = make_toy_bundle(tmp_path / "fast", name="fast", sample_rate=44_100)
    _, said, _ = perform(toys[0], folder, tmp_path / "t.jsonl")
    assert any("sample_rate 44100" in text and "plays on" in text for text in said), said


class Slow(NextInstrument):
    """Opens a bundle only when it is let, and then nothing but its name."""

    def __init__(self) -> None:
        super().__init__(lambda text: None, wait=False)
        self.let = threading.Event()

    def _open(self, wish):
        self.let.wait(5)
        return wish.folder.name


@pytest.mark.parametrize(("folders", "plays"), [(["a", "b", "c"], "c"), (["a", "now"], None)])
def test_of_many_wishes_the_last_counts_and_it_may_be_to_stay(folders: list[str], plays: str | None) -> None:
    now = SimpleNamespace(config=SimpleNamespace(bundle=Path("now")))
    following = Slow()
    for folder in folders:
        following.ask(Wish(Path(folder), now, None, 1))
    worker = following._thread
    following.let.set()
    worker.join(timeout=5)
    assert following.take() == plays and following.take() is None
