"""Bundles to try engines on: the toy, and one whose networks have every kind of layer that ours have."""

from pathlib import Path

import numpy as np
import pytest

from configs.bundle import Bundle, load_bundle
from realtime.backend.base import Inputs
from realtime.backend.windows import recorded_windows
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(make_toy_bundle(tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="session")
def house() -> Bundle:
    folder = ROOT / "bundles" / "house"
    if not (folder / "manifest.yaml").is_file():
        pytest.skip("LOUD: bundles/house is not here, the shipped bundle was not tested")
    return load_bundle(folder)


@pytest.fixture(scope="session")
def windows(house: Bundle) -> list[Inputs]:
    """Windows of a danced piece; they fit the house bundle and the toy, which asks for less."""
    return [
        {name: np.array(value) for name, value in one.items()} for one in recorded_windows(house.manifest)
    ]
