"""Against a real server process that speaks the KServe v2 protocol, on loopback."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from configs.bundle import Bundle
from configs.errors import BackendError
from configs.schema import ShowConfig
from realtime.backend import open_backend
from realtime.backend.base import Inputs
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.remote import RemoteBackend
from realtime.backend.windows import batch
from realtime.controls import Controls
from realtime.pipeline import Hop, Pipeline

pytest.importorskip("tritonclient.grpc", reason="LOUD: tritonclient is not installed, no server was tested")
pytest.importorskip("onnx", reason="LOUD: onnx is not installed, no server was tested")
from realtime.backend.hop_graph import hop_model
from realtime.backend.repository import write_repository

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SERVER = Path(os.environ.get("MLSERVER", ROOT / "build" / "mlserver-venv" / "bin" / "mlserver"))
HOP_S = 5504 / 22050
pytestmark = pytest.mark.server

Start = Callable[..., tuple[subprocess.Popen, str]]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def start(toy: Bundle, tmp_path: Path) -> Iterator[Start]:
    """Starts servers that hold the toy's model repository, and ends those that still live."""
    if not SERVER.is_file():
        pytest.skip(
            f"LOUD: no server was tested: {SERVER} is missing. python -m venv build/mlserver-venv && "
            "build/mlserver-venv/bin/pip install mlserver==1.7.1 onnxruntime==1.32.0"
        )
    started: list[subprocess.Popen] = []

    def begin(delay_s: float = 0.0) -> tuple[subprocess.Popen, str]:
        folder = tmp_path / str(len(started))
        graph = (
            write_repository(hop_model(toy), toy.manifest, folder / "repository", "cpu") / "1" / "model.onnx"
        )
        ports = {"grpc_port": free_port(), "http_port": free_port(), "metrics_port": free_port()}
        settings = {"host": "127.0.0.1", "parallel_workers": 0, "debug": False, **ports}
        (folder / "settings.json").write_text(json.dumps(settings))
        (folder / "model-settings.json").write_text(json.dumps({"name": "toy", "implementation": "hop.Hop"}))
        (folder / "hop.py").write_text((HERE / "mlserver" / "hop.py").read_text())
        environment = {**os.environ, "HOP_GRAPH": str(graph), "HOP_DELAY_S": str(delay_s)}
        with (folder / "log").open("wb") as log:
            command = [str(SERVER), "start", str(folder)]
            process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        started.append(process)
        address = f"127.0.0.1:{ports['grpc_port']}"
        wait_until_ready(toy, address, process, folder / "log")
        return process, address

    yield begin
    for process in started:
        process.kill()
        process.wait(timeout=10)


def wait_until_ready(toy: Bundle, address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            RemoteBackend(toy, address)
            return
        except BackendError:
            time.sleep(0.2)
    pytest.fail("the server did not start: " + log.read_text()[-1000:])


def test_hops_are_answered_alone_and_for_several_performers(
    start: Start, toy: Bundle, windows: list[Inputs]
) -> None:
    _, address = start()
    engine, local = RemoteBackend(toy, address, deadline_s=5.0), OnnxRuntimeBackend(toy)
    for given in (windows[0], windows[1], batch(windows, 3)):
        found, expected = engine.render(given), local.render(given)
        np.testing.assert_allclose(found.samples, expected.samples, atol=1e-6)
        np.testing.assert_array_equal(found.codes, expected.codes)


def test_a_server_killed_mid_show_costs_no_audio(start: Start, toy: Bundle) -> None:
    """The server dies with -9 before the seventh of twelve hops; every block is as if it had lived."""
    process, address = start()
    said: list[str] = []
    engine = open_backend("triton", toy, server=address, say=said.append)
    local = OnnxRuntimeBackend(toy)
    remote_show, local_show = (Pipeline(toy.manifest, one, ShowConfig()) for one in (engine, local))
    controls = Controls(bpm=112)
    ours, theirs = remote_show.start(controls), local_show.start(controls)
    names = []
    for index in range(12):
        if index == 6:
            process.kill()
            process.wait(timeout=10)
        hop = Hop(index, index * HOP_S, index * HOP_S + 0.22, (), controls)
        began_s = time.perf_counter()
        rendered, ours = remote_show.step(ours, hop)
        taken_s = time.perf_counter() - began_s
        expected, theirs = local_show.step(theirs, hop)
        np.testing.assert_allclose(rendered.block.samples, expected.block.samples, atol=1e-5)
        assert index != 6 or taken_s < HOP_S, "the hop in which the server died was late"
        names.append(engine.name)
    assert names[5].startswith("triton") and names[6].startswith("onnxruntime")
    assert len(said) == 1 and "did not answer within the hop" in said[0] and "plays on" in said[0]


def test_a_slow_server_is_left_within_the_hop(start: Start, toy: Bundle, windows: list[Inputs]) -> None:
    _, address = start(delay_s=30.0)
    said: list[str] = []
    engine = open_backend("triton", toy, server=address, say=said.append)
    began_s = time.perf_counter()
    found = engine.render(windows[0])
    assert time.perf_counter() - began_s < HOP_S
    np.testing.assert_array_equal(found.samples, OnnxRuntimeBackend(toy).render(windows[0]).samples)
    assert "did not answer within the hop" in said[0]


def test_no_server_is_a_sentence(toy: Bundle) -> None:
    with pytest.raises(BackendError, match=r"no server answers at 127\.0\.0\.1"):
        open_backend("triton", toy, server=f"127.0.0.1:{free_port()}")


def test_another_bundle_is_a_sentence(start: Start, toy: Bundle) -> None:
    _, address = start()
    other = Bundle(toy.folder, toy.manifest.model_copy(update={"name": "other"}))
    with pytest.raises(BackendError, match=r"does not hold 'other'|no server answers"):
        RemoteBackend(other, address)
