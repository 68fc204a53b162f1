"""Networks with deterministic weights, built once for the whole folder."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.config import VQVAEConfig, paper_config
from models.deterministic import draw_weights, drawn
from models.motion_encoder import MotionEncoder
from models.vq_generator import build_generator
from models.vqvae import VQVAE

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def official_names() -> dict[str, dict[str, list[int]]]:
    return json.loads(gzip.decompress((GOLDEN / "official_names.json.gz").read_bytes()))


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "paper.npz") as file:
        return dict(file)


@pytest.fixture(scope="session")
def codec() -> VQVAE:
    codec = VQVAE(VQVAEConfig())
    draw_weights(codec)
    return codec.eval()


@pytest.fixture(scope="session")
@torch.inference_mode()
def motion_embedding() -> torch.Tensor:
    encoder = MotionEncoder(paper_config("aist", "high").motion)
    draw_weights(encoder)
    return encoder.eval()(drawn("aist.motion", (2, 120, 219)))


@pytest.fixture(scope="session")
def visual_and_genre() -> tuple[torch.Tensor, torch.Tensor]:
    return drawn("aist.visual", (2, 1, 2048)), torch.eye(10)[[5, 0]]


@pytest.fixture(scope="session")
@torch.inference_mode()
def high_features(motion_embedding, visual_and_genre) -> torch.Tensor:
    generator = build_generator(paper_config("aist", "high").generator)
    draw_weights(generator)
    return generator.eval()(motion_embedding, *visual_and_genre)
