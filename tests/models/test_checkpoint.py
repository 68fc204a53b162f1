"""Checkpoints rebuild their model; wrong, truncated and malicious files are refused by a sentence."""

import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from models.checkpoint import load_model, save_model
from models.config import (
    DiscriminatorConfig,
    GeneratorConfig,
    MotionEncoderConfig,
    PaperConfig,
    VQVAEConfig,
    paper_config,
)
from models.discriminator import MultiScaleDiscriminator
from models.motion_encoder import MotionEncoder
from models.paper import PaperModel
from models.published import load_published
from models.vq_generator import build_generator
from models.vqvae import VQVAE
from models.weights_file import CheckpointError

MOTION = MotionEncoderConfig(frames=8, features=5, hidden=32, channels=(4, 4, 4), width=16)
SMALL_CODEC = VQVAEConfig(width=4, depth=2, features=8, codes=16)
MODELS = {
    "motion encoder": lambda: MotionEncoder(MOTION),
    "paper": lambda: PaperModel(PaperConfig(MOTION, GeneratorConfig(motion_width=16, divide_channels=16))),
    "paper without motion": lambda: PaperModel(
        PaperConfig(None, GeneratorConfig(motion_width=0, divide_channels=16))
    ),
    "discriminator": lambda: MultiScaleDiscriminator(DiscriminatorConfig(scales=1, base=4, top=4)),
    "codec": lambda: VQVAE(SMALL_CODEC),
}


@pytest.fixture
def encoder() -> MotionEncoder:
    return MotionEncoder(MOTION)


@pytest.mark.parametrize("name", MODELS)
def test_a_checkpoint_rebuilds_its_model(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    save_model(tmp_path / "model.pt", model, step=7)
    again = load_model(tmp_path / "model.pt")
    assert type(again) is type(model) and again.config == model.config
    for key, value in model.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value, rtol=0, atol=0)


def test_an_option_this_program_does_not_have_is_named(encoder, tmp_path: Path) -> None:
    save_model(tmp_path / "model.pt", encoder)
    content = torch.load(tmp_path / "model.pt", weights_only=True)
    content["config"]["colour"] = "red"
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="no option 'colour'"):
        load_model(tmp_path / "model.pt")


def test_a_bare_state_dict_is_not_one_of_ours(encoder, tmp_path: Path) -> None:
    torch.save(encoder.state_dict(), tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of this program"):
        load_model(tmp_path / "model.pt")


class Malice:
    """Would create a file when unpickled by a careless reader."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


@pytest.mark.parametrize("legacy", [True, False])
def test_code_in_a_pickle_is_refused_and_never_run(encoder, tmp_path: Path, legacy: bool) -> None:
    path, target = tmp_path / "mencoder.pt", tmp_path / "owned"
    content = {**encoder.state_dict(), "lin1.weight": Malice(target)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r"refused.*it calls for"):
        load_published(path, encoder)
    assert not target.exists()


def test_a_bare_pickle_is_refused(encoder, tmp_path: Path) -> None:
    path, target = tmp_path / "netG.pt", tmp_path / "owned"
    path.write_bytes(pickle.dumps(Malice(target)))
    with pytest.raises(CheckpointError, match=r"refused|not a PyTorch checkpoint"):
        load_published(path, encoder)
    assert not target.exists()


def test_a_whole_pickled_module_is_refused(encoder, tmp_path: Path) -> None:
    torch.save(encoder, tmp_path / "mencoder.pt")
    with pytest.raises(CheckpointError, match=r"it calls for models\.motion_encoder\.MotionEncoder"):
        load_published(tmp_path / "mencoder.pt", encoder)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(encoder, tmp_path: Path, kept: float) -> None:
    path = tmp_path / "mencoder.pt"
    torch.save(encoder.state_dict(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(CheckpointError, match="truncated"):
        load_published(path, encoder)


def test_text_and_foreign_archives_are_refused(encoder, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_text("404: Not Found")
    with zipfile.ZipFile(tmp_path / "b.pt", "w") as archive:
        archive.writestr("hello.txt", "hello")
    for name in ("a.pt", "b.pt"):
        with pytest.raises(CheckpointError, match="not a PyTorch checkpoint"):
            load_published(tmp_path / name, encoder)
    with pytest.raises(CheckpointError, match="no file of weights"):
        load_published(tmp_path / "absent.pt", encoder)


def broken(state: dict[str, torch.Tensor], how: str) -> dict[str, object]:
    """``state`` with one fault in ``model.7.weight`` or beside it."""
    state = dict(state)
    if how == "lacks":
        del state["model.7.weight"]
    elif how == "shape":
        state["model.7.weight"] = torch.zeros(4, 4, 5)
    elif how == "integers":
        state["model.7.weight"] = state["model.7.weight"].long()
    elif how == "nan":
        state["model.7.weight"] = torch.full_like(state["model.7.weight"], float("nan"))
    elif how == "list":
        state["model.7.weight"] = [1.0, 2.0]
    else:
        state["model.99.weight"] = torch.zeros(1)
    return state


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("lacks", r"lacks the tensor model\.7\.weight \[4, 4, 4\]"),
        ("shape", r"model\.7\.weight is \[4, 4, 5\] but this network has \[4, 4, 4\]"),
        ("integers", r"model\.7\.weight holds torch\.int64"),
        ("nan", r"model\.7\.weight holds values that are not finite"),
        ("list", r"model\.7\.weight is not a plain tensor"),
        ("unknown", r"holds the tensor model\.99\.weight, which this network does not have"),
    ],
)
def test_the_first_offending_tensor_is_named(encoder, tmp_path: Path, how: str, sentence: str) -> None:
    torch.save(broken(encoder.state_dict(), how), tmp_path / "mencoder.pt")
    before = encoder.lin1.weight.clone()
    with pytest.raises(CheckpointError, match=sentence):
        load_published(tmp_path / "mencoder.pt", encoder)
    torch.testing.assert_close(encoder.lin1.weight, before)


def wrapped(state: dict[str, torch.Tensor], how: str) -> dict[str, object]:
    """``state`` as it may be published."""
    if how == "jukebox":
        return {"model": {f"module.{name}": value for name, value in state.items()}, "step": 3}
    if how == "half":
        return {name: value.half() for name, value in state.items()}
    if how == "parametrised":
        new = {
            "weight_g": "parametrizations.weight.original0",
            "weight_v": "parametrizations.weight.original1",
        }
        renamed = {}
        for name, value in state.items():
            last = name.rsplit(".", 1)[-1]
            renamed[name.replace(last, new.get(last, last))] = value
        return renamed
    return dict(state)


@pytest.mark.parametrize("how", ["bare", "jukebox", "half", "parametrised"])
def test_every_published_wrapping_loads(tmp_path: Path, how: str) -> None:
    source, target = MotionEncoder(MOTION), MotionEncoder(MOTION)
    torch.save(wrapped(source.state_dict(), how), tmp_path / "mencoder.pt")
    load_published(tmp_path / "mencoder.pt", target)
    for name, value in source.state_dict().items():
        torch.testing.assert_close(target.state_dict()[name], value, rtol=1e-3, atol=1e-3)


def test_a_loaded_codec_can_be_trained_on(tmp_path: Path) -> None:
    source, target = VQVAE(SMALL_CODEC), VQVAE(SMALL_CODEC)
    torch.save(
        {"model": source.state_dict()}, tmp_path / "vqvae.pth.tar", _use_new_zipfile_serialization=False
    )
    load_published(tmp_path / "vqvae.pth.tar", target)
    torch.testing.assert_close(target.codebook(2).k_sum, source.codebook(2).k)
    assert target.codebook(2).started


def test_the_tiktok_low_checkpoint_is_told_what_it_lost(tmp_path: Path) -> None:
    config = replace(paper_config("tiktok", "low").generator, divide_channels=32)
    generator: nn.Module = build_generator(config)
    state = generator.state_dict()
    del state["lin.weight"], state["lin.bias"]
    torch.save(state, tmp_path / "netG.pt")
    with pytest.raises(
        CheckpointError, match=r"lacks the tensor lin\.weight \[2048, 3072\].*lost this first"
    ):
        load_published(tmp_path / "netG.pt", build_generator(config))
