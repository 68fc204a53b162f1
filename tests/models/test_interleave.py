"""Interleaved codecs are the coarse one, four times over."""

import pytest
import torch

from models.codec import Codec, CodecConfig
from models.interleave import interleaved, interleaved_config

COARSE = CodecConfig(
    encoder_dim=16, encoder_blocks=2, decoder_dim=16, decoder_blocks=2, codebooks=2, codebook_size=16
)
EDGE = 12
"""Codes of the coarse hop at either end that hear the end of the sound."""


@pytest.fixture(scope="module")
def codecs() -> tuple[Codec, Codec]:
    torch.manual_seed(0)
    coarse = Codec(COARSE).eval()
    return coarse, interleaved(coarse, 4).eval()


def test_every_fourth_code_is_the_coarse_codecs_of_a_shifted_sound(codecs: tuple[Codec, Codec]) -> None:
    coarse, fine = codecs
    samples = 0.1 * torch.randn(1, 64 * 128)
    features = fine.encoder(samples)
    assert features.shape[-1] == 4 * 64
    for part in range(4):
        shifted = torch.roll(samples, 48 - 32 * part, dims=1)  # code 4 n + part is centred there
        torch.testing.assert_close(
            features[..., part::4][..., EDGE:-EDGE],
            coarse.encoder(shifted)[..., EDGE:-EDGE],
            atol=1e-4,
            rtol=0,
        )


def test_the_sound_is_the_mean_of_four(codecs: tuple[Codec, Codec]) -> None:
    """With the clock stopped: between the old hands' hours a decoder says something of its own."""
    coarse, fine = codecs
    for codec in codecs:
        codec.decoder.clock.numbers.zero_()
    features = torch.randn(1, 64, 4 * 64)
    made = fine.decoder(features)
    parts = [torch.roll(coarse.decoder(features[..., part::4]), 32 * part - 48, dims=1) for part in range(4)]
    edge = EDGE * 128
    torch.testing.assert_close(
        made[:, edge:-edge], torch.stack(parts).mean(0)[:, edge:-edge], atol=1e-5, rtol=1e-3
    )


def test_the_context_and_the_clock_last_as_long(codecs: tuple[Codec, Codec]) -> None:
    coarse, fine = (codec.config for codec in codecs)
    assert fine.samples_per_code == 32 and fine.transform_samples == coarse.transform_samples == 640
    assert fine.clock_codes * fine.samples_per_code == coarse.clock_codes * coarse.samples_per_code
    assert fine.context_codes * 32 >= coarse.context_codes * 128 - 256


def test_a_hop_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(ValueError, match="hop of 128 samples cannot be divided by 3"):
        interleaved_config(COARSE, 3)
