"""Rewrites the golden files from our networks; run only after parity with the reference was seen.

python -m tests.models.golden.make_golden SHARED/reference/state_dict_keys.json
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import torch

from models.config import DiscriminatorConfig, VQVAEConfig, paper_config
from models.deterministic import draw_weights, drawn
from models.discriminator import MultiScaleDiscriminator
from models.motion_encoder import MotionEncoder
from models.vq_generator import build_generator
from models.vqvae import VQVAE, CodeDecoder

HERE = Path(__file__).parent
FEATURE_STRIDE, SAMPLE_STRIDE = 29, 101


@torch.inference_mode()
def outputs() -> dict[str, np.ndarray]:
    """Every output that the golden file holds, thinned."""
    found: dict[str, np.ndarray] = {}
    visual, genre = drawn("aist.visual", (2, 1, 2048)), torch.eye(10)[[5, 0]]
    embedding = _drawn(MotionEncoder(paper_config("aist", "high").motion))(
        drawn("aist.motion", (2, 120, 219))
    )
    found["aist.motion_embedding"] = embedding
    high = _drawn(build_generator(paper_config("aist", "high").generator))(embedding, visual, genre)
    found["aist.high.features"] = high[..., ::FEATURE_STRIDE]
    low = _drawn(build_generator(paper_config("aist", "low").generator))(embedding, visual, genre)
    found["aist.low.features"] = low[..., ::FEATURE_STRIDE]
    codec = _drawn(VQVAE(VQVAEConfig()))
    for name, level, features in (("high", 2, high), ("low", 1, low[..., :256])):
        codes, samples = CodeDecoder(codec, level)(features)
        found[f"{name}.codes"] = codes.to(torch.int16)
        found[f"{name}.samples"] = samples[..., ::SAMPLE_STRIDE]
    tone = torch.sin(torch.arange(8192) * 0.05)[None]
    for level in range(3):
        found[f"vqvae.features{level}"] = codec.features(tone, level)[..., ::FEATURE_STRIDE]
    for scale, layers in enumerate(_drawn(MultiScaleDiscriminator(DiscriminatorConfig()))(high)):
        found[f"netD.scale{scale}"] = layers[-1]
    return {name: value.numpy() for name, value in found.items()}


def _drawn(module):
    draw_weights(module)
    return module.eval()


if __name__ == "__main__":
    names = json.loads(Path(sys.argv[1]).read_text())
    packed = json.dumps(names, separators=(",", ":")).encode()
    (HERE / "official_names.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    np.savez_compressed(HERE / "paper.npz", **outputs())
