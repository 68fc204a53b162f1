"""Whatever stands in a file, the answer is a value or one sentence: configurations, manifests, traces."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from configs.bundle import Bundle, load_bundle
from configs.errors import BundleError, ConfigError, NoverreError, SourceError
from configs.schema import ShowConfig, load_config
from realtime.controls import Controls
from realtime.mp4_file import trim_to_fragments
from realtime.replay import Replay, recorded_keys
from realtime.trace import is_trace, read_trace
from tests.fuzz.mutate import ODD_VALUES, budget, changed_bytes, changed_tree
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "configs").glob("*.yaml"))
TEXTS = [path.read_bytes() for path in EXAMPLES]
TREES = [yaml.safe_load(text) for text in TEXTS]
FOLDER = Path(tempfile.mkdtemp(prefix="noverre-fuzz-"))


def sentence(error: NoverreError) -> None:
    """A sentence for a person: not empty, one paragraph, no traceback, not endless."""
    said = str(error)
    assert said and "Traceback" not in said and len(said) < 20_000, said


def load(text: bytes) -> None:
    path = FOLDER / "c.yaml"
    path.write_bytes(text)
    try:
        assert isinstance(load_config(path, {}), ShowConfig)
    except ConfigError as error:
        sentence(error)


@given(st.sampled_from(TEXTS).flatmap(changed_bytes))
@budget(150)
def test_configurations_with_accidents(text: bytes) -> None:
    load(text)


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@budget(60)
def test_configurations_that_are_anything(text: bytes) -> None:
    load(text)


@given(st.sampled_from(TREES).flatmap(changed_tree))
@budget(200)
def test_configurations_with_odd_values(tree: Any) -> None:
    try:
        load_config(None, tree if isinstance(tree, dict) else {})
    except ConfigError as error:
        sentence(error)


@given(st.sampled_from(sorted(ShowConfig.model_fields)), ODD_VALUES)
@budget(100)
def test_every_key_with_any_value(key: str, value: Any) -> None:
    try:
        load_config(None, {key: value})
    except ConfigError as error:
        sentence(error)


@pytest.mark.parametrize(
    "text", [b"[" * 20_000, b"{a: " * 5000, b"a: &a [*a]", b"x: " + b"9" * 10_000, b"- " * 9000]
)
def test_configurations_made_to_hurt(text: bytes) -> None:
    load(text)


@pytest.fixture(scope="module")
def toy() -> Iterator[Path]:
    yield make_toy_bundle(FOLDER / "toy")


def load_toy(toy: Path, text: bytes) -> None:
    whole = (toy / "manifest.yaml").read_bytes()
    (toy / "manifest.yaml").write_bytes(text)
    try:
        assert isinstance(load_bundle(toy), Bundle)
    except BundleError as error:
        sentence(error)
    finally:
        (toy / "manifest.yaml").write_bytes(whole)


@given(data=st.data())
@budget(100)
def test_manifests_with_accidents(toy: Path, data: st.DataObject) -> None:
    load_toy(toy, data.draw(changed_bytes((toy / "manifest.yaml").read_bytes())))


@given(data=st.data())
@budget(150)
def test_manifests_with_odd_values(toy: Path, data: st.DataObject) -> None:
    tree = data.draw(changed_tree(yaml.safe_load((toy / "manifest.yaml").read_text())))
    load_toy(toy, yaml.safe_dump(tree, allow_unicode=False).encode())


@pytest.mark.parametrize(
    "text", [b"[" * 20_000, b"files: {'../../etc/passwd': x}", b"!!python/object/apply:os.system [id]"]
)
def test_manifests_made_to_hurt(toy: Path, text: bytes) -> None:
    load_toy(toy, text)


def trace_records() -> list[dict[str, Any]]:
    """A short show's trace, every kind of record."""
    config = load_config(None, {}).model_dump(mode="json", exclude={"stage"})
    controls = json.loads(json.dumps(Controls().__dict__))
    records: list[dict[str, Any]] = [
        {"kind": "show", "version": 1, "config": config, "sample_rate": 22050, "hop_samples": 5504,
         "bundle": {"name": "toy", "files": {}}}
    ]  # fmt: skip
    for index in range(3):
        people = [{"person": 0, "aspect": 1.33, "points": [[0.5, 0.5, 0.0, 1.0]] * 33}]
        records.append({"kind": "frame", "index": index, "time_s": index / 30, "pose_ms": 1.0,
                        "visual": [0.5] * 6, "people": people})  # fmt: skip
        records.append({"kind": "hop", "index": index, "now_s": index * 0.25, "heard_s": index * 0.25 + 0.2,
                        "frames": [index], "controls": controls, "external": None,
                        "start_sample": index * 5504})  # fmt: skip
        records.append({"kind": "beat", "heard_s": 1.0, "sample": 1, "beat_in_bar": 1, "bar": 0,
                        "bpm": 120.0, "confidence": 0.9})  # fmt: skip
    return [*records, {"kind": "bundle", "hop": 2, "path": "bundles/house", "files": {}}]


RECORDS = trace_records()
LINES = b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in RECORDS)


def replay(text: bytes) -> None:
    """Read, then perform as far as reading goes."""
    path = FOLDER / "t.jsonl"
    path.write_bytes(text)
    is_trace(path)
    try:
        recorded_keys(path)
        again = Replay(path)
        for index in range(again.hops):
            again.due_s(index * 5504)
            again.heard_s(index * 5504)
            again.controls()
            again.bundle_at(index)
            again.external(0.0)
            again.observe(0.0)
    except SourceError as error:
        sentence(error)


def test_the_trace_that_is_changed_below_is_whole() -> None:
    path = FOLDER / "whole.jsonl"
    path.write_bytes(LINES)
    assert Replay(path).hops == 3 and len(list(read_trace(path))) == len(RECORDS)


@pytest.mark.parametrize(
    ("at", "odd"),
    [
        (1, {"time_s": 1e300}), (2, {"now_s": 1e300}), (2, {"heard_s": float("nan")}), (2, {"frames": [7]}),
        (2, {"controls": Controls(bpm=float("nan")).__dict__}), (2, {"controls": {}}),
        (2, {"controls": Controls(style=(1.0,)).__dict__}), (2, {"external": {"bpm": -1}}),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_is_refused_by_its_number(at: int, odd: dict[str, Any]) -> None:
    records = [{**record, **odd} if index == at else record for index, record in enumerate(RECORDS)]
    path = FOLDER / "odd.jsonl"
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))
    with pytest.raises(SourceError, match=f"record {at + 1} .*is damaged"):
        Replay(path)


@given(changed_bytes(LINES))
@budget(150)
def test_traces_with_accidents(text: bytes) -> None:
    replay(text)


@given(changed_tree(RECORDS))
@budget(150)
def test_traces_with_odd_values(records: Any) -> None:
    replay(b"".join(json.dumps(record).encode() + b"\n" for record in records))


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b'{"kind":"hop","now_s":' + b"9" * 9000 + b"}", b"\xff\xfe", b"\0" * 4096]
)
def test_traces_made_to_hurt(line: bytes) -> None:
    replay(LINES + line + b"\n" + LINES)


@given(
    st.binary(max_size=400) | changed_bytes(b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08moof\0\0\0\x0cmdatabcd" * 3)
)
@budget(60)
def test_recordings_cut_anywhere_can_be_trimmed(data: bytes) -> None:
    path = FOLDER / "t.mp4"
    path.write_bytes(data)
    trim_to_fragments(path)
    assert data.startswith(path.read_bytes())
