"""The exported I3D equals torch and reads into the extractor; exchanged streams are refused."""

from pathlib import Path

import torch

from export.__main__ import main as export_command
from export.i3d import export_i3d
from export.parity import relative_difference, run_onnx
from models.i3d import I3D, I3DConfig


def test_the_graph_equals_torch(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = I3D(I3DConfig(channels=2)).eval()
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
    export_i3d(network, tmp_path / "flow.onnx", side=32)
    clip = torch.randn(1, 2, 64, 32, 32)
    with torch.inference_mode():
        expected = network(clip).numpy()
    (found,) = run_onnx(tmp_path / "flow.onnx", {"clip": clip})
    assert relative_difference(found, expected) < 1e-4


def test_exchanged_streams_are_refused(tmp_path: Path, capsys) -> None:
    torch.save(I3D(I3DConfig(channels=2)).state_dict(), tmp_path / "flow_imagenet.pt")
    path = str(tmp_path / "flow_imagenet.pt")
    assert export_command(["i3d", "--rgb", path, "--flow", path, "--out", str(tmp_path)]) == 2
    assert "are --rgb and --flow exchanged?" in capsys.readouterr().err
