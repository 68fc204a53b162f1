"""VGGish (Hershey et al., ICASSP 2017) in the published PyTorch layout, weights by path. Imports torch.

Tensor names are ``features.{0,3,6,8,11,13}`` and ``embeddings.{0,2,4}``, as in the widely used file
``vggish-10086976.pth``; it is read with ``weights_only=True``, so a file with code in it is refused.
"""

import pickle
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from features.mel import SAMPLE_RATE_HZ, frames_of, hann

VGGISH_RATE_HZ = 16000
FRAME_SAMPLES = 400  # 25 ms
HOP_SAMPLES = 160  # 10 ms
N_FFT = 512
N_BANDS = 64
LOWEST_HZ, HIGHEST_HZ = 125.0, 7500.0
LOG_OFFSET = 0.01
EXAMPLE_FRAMES = 96  # 0.96 s
CHANNELS = (64, 128, 256, 256, 512, 512)
HIDDEN = 4096
EMBEDDING_SIZE = 128


class VggishNetwork(nn.Module):
    """Log-mel examples ``[N, 1, 96, 64]`` -> embeddings ``[N, 128]``."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS, hidden: int = HIDDEN):
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 1
        for index, outputs in enumerate(channels):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            if index in (0, 1, 3, 5):
                layers.append(nn.MaxPool2d(2, 2))
            inputs = outputs
        self.features = nn.Sequential(*layers)
        flat = channels[-1] * (EXAMPLE_FRAMES // 16) * (N_BANDS // 16)
        self.embeddings = nn.Sequential(
            nn.Linear(flat, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, EMBEDDING_SIZE),
            nn.ReLU(),
        )

    def forward(self, examples: Tensor) -> Tensor:
        """The published weights were made in TensorFlow, whose flattening puts channels last."""
        maps = self.features(examples)  # [N, C, 6, 4]
        embedding: Tensor = self.embeddings(maps.permute(0, 2, 3, 1).flatten(1))
        return embedding


def load_vggish(path: Path | str) -> VggishNetwork:
    """The network with published weights; a wrong, truncated or malicious file is refused with its reason."""
    try:
        weights = torch.load(str(path), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is no safe PyTorch weight file: {reason}") from error
    with torch.device("meta"):
        network = VggishNetwork()
    _check_layout(weights, network, path)
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)


def _check_layout(weights: object, network: nn.Module, path: Path | str) -> None:
    expected = network.state_dict()
    if not isinstance(weights, dict):
        raise ValueError(f"{path} holds no dictionary of tensors; give VGGish's state dict")
    for name, tensor in expected.items():
        if name not in weights:
            raise ValueError(
                f"{path} lacks the tensor {name!r}; it is not VGGish in the published PyTorch layout"
            )
        if tuple(weights[name].shape) != tuple(tensor.shape):
            raise ValueError(
                f"{path}: {name!r} has shape {tuple(weights[name].shape)}, VGGish's is {tuple(tensor.shape)}"
            )
    surplus = next((name for name in weights if name not in expected), None)
    if surplus is not None:
        raise ValueError(f"{path} holds a tensor {surplus!r} that VGGish does not have")


def htk_mel_filters() -> NDArray[np.float32]:
    """VGGish's triangles, straight in HTK mels (not in Hz), without the DC bin: ``[64, 257]``."""
    bins_mel = 1127.0 * np.log1p(np.fft.rfftfreq(N_FFT, 1 / VGGISH_RATE_HZ) / 700.0)
    lowest, highest = (1127.0 * np.log1p(hz / 700.0) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges_mel = np.linspace(lowest, highest, N_BANDS + 2)
    rising = (bins_mel - edges_mel[:-2, None]) / (edges_mel[1:-1] - edges_mel[:-2])[:, None]
    falling = (edges_mel[2:, None] - bins_mel) / (edges_mel[2:] - edges_mel[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    filters[:, 0] = 0
    return np.asarray(filters, np.float32)


def vggish_examples(samples: ArrayLike) -> NDArray[np.float32]:
    """Log-mel examples ``[N, 96, 64]`` of mono samples at 22,050 Hz; short sound is padded to one example."""
    mono = np.asarray(samples, np.float32)
    at_16k = np.asarray(soxr.resample(mono, SAMPLE_RATE_HZ, VGGISH_RATE_HZ, quality="HQ"), np.float32)
    needed = FRAME_SAMPLES + (EXAMPLE_FRAMES - 1) * HOP_SAMPLES
    at_16k = np.pad(at_16k, (0, max(0, needed - len(at_16k))))
    spectra = np.abs(np.fft.rfft(frames_of(at_16k, FRAME_SAMPLES, HOP_SAMPLES) * hann(FRAME_SAMPLES), N_FFT))
    log_mel = np.log(spectra.astype(np.float32) @ htk_mel_filters().T + LOG_OFFSET)
    whole = len(log_mel) // EXAMPLE_FRAMES
    return np.asarray(log_mel[: whole * EXAMPLE_FRAMES], np.float32).reshape(whole, EXAMPLE_FRAMES, N_BANDS)


def embed(network: VggishNetwork, samples: ArrayLike) -> NDArray[np.float64]:
    """Embeddings ``[N, 128]``, one for each 0.96 s of mono samples at 22,050 Hz."""
    with torch.inference_mode():
        embedding = network(torch.from_numpy(vggish_examples(samples))[:, None])
    return np.asarray(embedding.numpy(), np.float64)
