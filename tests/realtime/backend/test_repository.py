import re
from pathlib import Path

import numpy as np
import onnxruntime

from configs.bundle import Bundle
from export.__main__ import main
from realtime.backend.base import Inputs
from realtime.backend.onnxruntime import OnnxRuntimeBackend


def test_the_repository_holds_the_hop_and_says_its_shapes(
    toy: Bundle, tmp_path: Path, windows: list[Inputs]
) -> None:
    assert main(["triton", "--bundle", str(toy.folder), "--out", str(tmp_path)]) == 0
    session = onnxruntime.InferenceSession(str(tmp_path / "toy" / "1" / "model.onnx"))
    text = (tmp_path / "toy" / "config.pbtxt").read_text()
    told = {name: [int(size) for size in sizes.split(",")] for name, sizes in re.findall(
        r'name: "(\w+)", data_type: \w+, dims: \[([^\]]*)\]', text)}  # fmt: skip
    graph = {one.name: list(one.shape[1:]) for one in [*session.get_inputs(), *session.get_outputs()]}
    assert told == graph
    assert 'backend: "onnxruntime"' in text and "dynamic_batching" in text
    samples = session.run(["samples"], {one.name: windows[0][one.name] for one in session.get_inputs()})[0]
    np.testing.assert_array_equal(samples, OnnxRuntimeBackend(toy).render(windows[0]).samples)


def test_the_whole_hop_as_a_file(toy: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "hop.onnx"
    assert main(["onnx", "--bundle", str(toy.folder), "--precision", "fp32", "--out", str(out)]) == 0
    assert [one.name for one in onnxruntime.InferenceSession(str(out)).get_outputs()] == ["codes", "samples"]


def test_a_bundle_that_is_not_there_is_a_sentence(tmp_path: Path, capsys) -> None:
    for command in ("verify", "bench", "trim"):
        assert main([command, "--bundle", str(tmp_path / "nothing")]) == 2
        assert "has no manifest.yaml" in capsys.readouterr().err
