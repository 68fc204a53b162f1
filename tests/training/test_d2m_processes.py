"""Two processes walk the path of one: torchrun on loopback, half the batch each."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training.two_processes import walk
from training.processes import Processes

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_two_processes_equal_one_with_the_doubled_batch(tmp_path: Path) -> None:
    path = tmp_path / "two.pt"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    launcher += ["--master-addr", "127.0.0.1", "--master-port", str(free_port())]
    root = str(HERE.parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*launcher, str(HERE / "two_processes.py"), str(path)], env=environment, check=True, timeout=120
    )
    two = torch.load(path, weights_only=True)
    assert two["count"] == 2

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the two have it: sums in parallel are added up in another order
    try:
        one = walk(Processes())
    finally:
        torch.set_num_threads(threads)
    assert two["scalars"] == pytest.approx(one["scalars"], rel=1e-4)
    for side in ("model", "judges"):
        for name, value in one[side]["weights"].items():
            difference = (value - two[side]["weights"][name]).abs().max()
            assert difference < 1e-4 * 1e-4, f"{side} {name} differs by {difference:.1e}, of steps of 1e-4"


def test_shares_are_even_and_make_up_the_whole() -> None:
    rows = torch.arange(6)
    shares = [Processes(rank, 3).share(rows) for rank in range(3)]
    assert sorted(torch.cat(shares).tolist()) == list(range(6))
    with pytest.raises(ValueError, match="batch of 6 cannot be shared by 4"):
        Processes(0, 4).share(rows)
