"""``python -m export reconstruct``: a codec's copies of a folder of sounds, what no generator can surpass."""

import argparse
from pathlib import Path

import numpy as np
import soundfile
import torch

from configs.errors import ConfigError
from models.checkpoint import load_model, unpacked
from models.codec import Codec
from models.config import LEVEL_INDEX, SAMPLE_RATE, VQVAEConfig
from models.published import load_published
from models.vqvae import VQVAE
from models.weights_file import read_weights_file


def main(arguments: list[str]) -> None:
    """Parse the command line and write the copies.

    Raises:
        NoverreError: a checkpoint that cannot be used, or sounds that are not mono at 22,050 Hz.
    """
    parser = argparse.ArgumentParser(prog="python -m export reconstruct", description=__doc__)
    parser.add_argument(
        "--codec",
        type=Path,
        required=True,
        help="vqvae.pt or finetune.pt, a published file, or house_codec.pt",
    )
    parser.add_argument("--level", choices=tuple(LEVEL_INDEX), default="high", help="of a Jukebox codec")
    parser.add_argument("--sounds", type=Path, required=True, help="folder of wavs, mono at 22,050 Hz")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    codec, paths = open_codec(options.codec), sorted(options.sounds.glob("*.wav"))
    if not paths:
        raise ConfigError(f"{options.sounds} holds no wav file")
    options.out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32")
        if samples.ndim != 1 or rate != SAMPLE_RATE:
            raise ConfigError(f"{path} is not mono at {SAMPLE_RATE} Hz; resample it first")
        copy = copied(codec, torch.from_numpy(samples), LEVEL_INDEX[options.level])
        soundfile.write(options.out / path.name, np.clip(copy.numpy(), -1, 1), rate)
    print(f"{options.out}: {len(paths)} copies by {options.codec}.")


def open_codec(path: Path) -> VQVAE | Codec:
    """The codec in ``path``: of this program's paper training, of the house, or as published.

    Raises:
        CheckpointError: naming what is wrong with it.
        ConfigError: a network of another kind.
    """
    content = read_weights_file(path)
    packed = content.get("model") if isinstance(content, dict) else None
    if isinstance(packed, dict) and "kind" in packed:
        codec = unpacked(packed, path)
    elif isinstance(content, dict) and "noverre" in content:
        codec = load_model(path)
    else:
        codec = VQVAE(VQVAEConfig())
        load_published(path, codec)
    if not isinstance(codec, VQVAE | Codec):
        raise ConfigError(f"{path} holds a {type(codec).__name__}, not a codec")
    return codec.eval()


@torch.inference_mode()
def copied(codec: VQVAE | Codec, samples: torch.Tensor, level: int) -> torch.Tensor:
    """Samples ``[N]`` through the codec, ``[N]``; what does not fill a code is silence."""
    made = codec(samples[None], level).samples[:, 0] if isinstance(codec, VQVAE) else codec(samples[None])[0]
    copy = torch.zeros_like(samples)
    length = min(len(samples), made.shape[-1])
    copy[:length] = made[0, :length]
    return copy
