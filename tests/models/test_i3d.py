"""I3D has the published names, pads as TensorFlow does, and reads both published layouts."""

import pytest
import torch

from models.deterministic import drawn
from models.i3d import I3D, MIXED, I3DConfig, Unit, load_i3d, pad_to_same
from models.weights_file import CheckpointError


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return I3D(I3DConfig(channels=2)).state_dict()


def test_names_are_the_common_layout(state) -> None:
    units = ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3"]
    units += [f"{mixed}.{branch}" for mixed in MIXED for branch in ("b0", "b1a", "b1b", "b2a", "b2b", "b3b")]
    parts = ["conv3d.weight"]
    parts += [f"bn.{x}" for x in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")]
    expected = {f"{unit}.{part}" for unit in units for part in parts}
    assert set(state) == expected | {"logits.conv3d.weight", "logits.conv3d.bias"}
    assert state["Conv3d_1a_7x7.conv3d.weight"].shape == (64, 2, 7, 7, 7)
    assert state["Mixed_5b.b0.conv3d.weight"].shape == (256, 832, 1, 1, 1)
    assert state["logits.conv3d.weight"].shape == (400, 1024, 1, 1, 1)


def test_the_size_is_the_published_one() -> None:
    """12.3 million weights without the classifier (table 1 of the paper says 12 M)."""
    with torch.device("meta"):
        network = I3D(I3DConfig(channels=3))
    assert sum(x.numel() for name, x in network.named_parameters() if "logits" not in name) == 12_287_264


@pytest.mark.parametrize("size", [7, 8, 15, 16, 64])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_divides_and_rounds_up(size: int, stride: int) -> None:
    x = torch.randn(1, 3, size, size + 1, size + 2)
    y = Unit(3, 4, (3, 3, 3), (stride, stride, stride))(x)
    assert y.shape[2:] == tuple(-(-n // stride) for n in x.shape[2:])


def test_the_odd_zero_goes_to_the_end() -> None:
    padded = pad_to_same(torch.ones(1, 1, 4, 4, 4), (7, 7, 7), (2, 2, 2))[0, 0]
    assert padded.shape == (9, 9, 9)
    assert padded[:, 4, 4].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert pad_to_same(torch.ones(1, 1, 4, 4, 4), (2, 2, 2), (1, 1, 1))[0, 0, :, 0, 0].tolist() == [1] * 4 + [
        0
    ]


@pytest.mark.parametrize("counter", [True, False])
def test_old_and_new_files_load(state, tmp_path, counter: bool) -> None:
    kept = {name: x for name, x in state.items() if counter or "num_batches" not in name}
    torch.save(kept, tmp_path / "flow_imagenet.pt")
    network = load_i3d(tmp_path / "flow_imagenet.pt")
    assert network.config == I3DConfig(channels=2) and not network.training
    clip = drawn("clip", (1, 2, 16, 32, 32))
    with torch.inference_mode():
        assert network(clip).shape == (1, 1024)
        assert network.classify(clip).shape == (1, 400)


def test_a_lacking_tensor_is_named(state, tmp_path) -> None:
    kept = {name: x for name, x in state.items() if name != "Mixed_4c.b2b.bn.running_var"}
    torch.save(kept, tmp_path / "rgb_imagenet.pt")
    with pytest.raises(CheckpointError, match=r"lacks the tensor Mixed_4c\.b2b\.bn\.running_var \[64\]"):
        load_i3d(tmp_path / "rgb_imagenet.pt")
