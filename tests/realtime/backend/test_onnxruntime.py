"""ONNX Runtime on a processor leaves out what makes it slower there."""

from pathlib import Path

import onnx
import onnxruntime
import pytest

from configs.bundle import Bundle
from realtime.backend.onnxruntime import SLOWER_FUSED, OnnxRuntimeBackend, session_options


def fused(path: Path, unwanted: list[str], written: Path) -> set[str]:
    """The operators that ONNX Runtime itself made of a graph's."""
    options = session_options(1)
    options.optimized_model_filepath = str(written)
    onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=unwanted
    )
    nodes = onnx.load(written).graph.node
    turned = {"transposed" for node in nodes for one in node.attribute if one.name == "transA" and one.i}
    return {node.op_type for node in nodes} | turned


def test_what_is_slower_is_left_out_and_known_by_its_name(house: Bundle, tmp_path: Path) -> None:
    slower = {"SkipLayerNormalization", "transposed"}
    assert slower <= fused(house.generator, [], tmp_path / "all.onnx")
    assert not slower & fused(house.generator, SLOWER_FUSED, tmp_path / "less.onnx")


def test_the_processor_alone_leaves_it_out(toy: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def session(path: str, options: object, **given: object) -> onnxruntime.InferenceSession:
        asked.append(given["disabled_optimizers"])
        return opened(path, options, providers=["CPUExecutionProvider"])

    opened = onnxruntime.InferenceSession
    there = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(opened, "get_providers", lambda self: there)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    OnnxRuntimeBackend(toy)
    OnnxRuntimeBackend(toy, providers=["CUDAExecutionProvider"])
    assert asked == [SLOWER_FUSED, SLOWER_FUSED, [], []]
