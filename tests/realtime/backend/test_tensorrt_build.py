"""TensorRT for RTX builds on a machine without a GPU; so what a card would be given is tested everywhere."""

from dataclasses import replace
from pathlib import Path

import pytest

from configs.bundle import Bundle, load_bundle
from configs.errors import BackendError
from export.official import export_bundle
from models.config import PaperConfig, VQVAEConfig, paper_config
from models.deterministic import draw_weights
from models.paper import PaperModel
from models.vqvae import VQVAE
from realtime.backend.hop_graph import hop_model
from realtime.backend.tensorrt_build import Batch, build_engine, targets_of, tensorrt_module

trt = pytest.importorskip("tensorrt_rtx", reason="LOUD: tensorrt_rtx is not installed, no engine was built")
CARDS = ("SM75", "SM86", "SM89", "SM120")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The paper's networks, every layer of them, at the high level, but narrow."""
    full = paper_config("aist", "high", 2)
    assert full.motion is not None
    narrow = replace(full.generator, divide_channels=16, motion_width=64)
    motion = replace(full.motion, hidden=64, channels=(16, 32, 64), width=64)
    config: PaperConfig = replace(full, generator=narrow, motion=motion)
    model, codec = PaperModel(config), VQVAE(VQVAEConfig())
    for part in (model, codec):
        draw_weights(part)
    folder = tmp_path_factory.mktemp("paper") / "paper"
    export_bundle(model, codec, "aist", folder, name="paper")
    return load_bundle(folder)


def test_the_house_bundle_builds_for_all_cards_and_is_smaller_in_half_precision(house: Bundle) -> None:
    full, half = (len(build_engine(trt, hop_model(house, one), Batch(), CARDS)) for one in ("fp32", "fp16"))  # type: ignore[arg-type]
    assert 1_000_000 < half < 0.8 * full


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_the_papers_networks_build_for_all_cards(paper: Bundle, precision: str) -> None:
    engine = build_engine(trt, hop_model(paper, precision), Batch(), CARDS)  # type: ignore[arg-type]
    assert len(engine) > 1_000_000


def test_an_engine_for_any_card_and_in_bf16(toy: Bundle) -> None:
    assert build_engine(trt, hop_model(toy, "bf16"), Batch(largest=1024))


def test_a_card_it_does_not_know_is_a_sentence(toy: Bundle) -> None:
    assert set(CARDS) <= set(targets_of(trt))
    with pytest.raises(BackendError, match="knows no SM90; it knows SM75"):
        build_engine(trt, hop_model(toy), Batch(), ("SM90",))


def test_what_it_does_not_take_is_named(toy: Bundle) -> None:
    model = hop_model(toy)
    model.graph.node[0].op_type = "NoSuchLayer"
    with pytest.raises(BackendError, match="TensorRT does not take this graph"):
        build_engine(tensorrt_module("tensorrt_rtx"), model, Batch())


def test_engines_built_ahead_lie_where_the_stage_looks(toy: Bundle, tmp_path: Path) -> None:
    from export.__main__ import main
    from realtime.backend.engine_cache import read_engine
    from realtime.backend.tensorrt import key_for

    out = ["--out", str(tmp_path)]
    assert main(["tensorrt", "--bundle", str(toy.folder), "--for", "SM89", "--precision", "fp16", *out]) == 0
    content = hop_model(toy, "fp16").SerializeToString(deterministic=True)
    key = key_for(trt, None, "SM89", "fp16", Batch(), content)
    assert len(read_engine(tmp_path / key.file_name, key)) > 100_000
