"""The house codec: exact transforms, declared context, and a quantiser that does what it says."""

import pytest
import torch

from models.codec import Codec, CodecConfig
from models.decoding import FeatureDecoder, least
from models.quantise import Codebook, ResidualQuantiser

SMALL = CodecConfig(
    encoder_dim=16, encoder_blocks=2, decoder_dim=16, decoder_blocks=2, codebooks=3, codebook_size=32
)


@pytest.fixture
def codec() -> Codec:
    torch.manual_seed(0)
    return Codec(SMALL).eval()


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_sizes_and_unit_variance(codec: Codec) -> None:
    samples = 0.1 * noise(2, 20 * 128)
    features = codec.encoder(samples)
    made, quantised = codec(samples)
    assert features.shape == (2, 64, 20)
    assert made.shape == samples.shape
    assert quantised.codes.shape == (2, 3, 20)
    assert torch.allclose(features.var(1, unbiased=False), torch.ones(2, 20), atol=1e-2)
    assert features.abs().max() <= 64**0.5


@pytest.mark.parametrize(("hop", "frame_codes"), [(128, 5), (32, 9), (128, 3)])
def test_synthesis_inverts_the_transform(hop: int, frame_codes: int) -> None:
    config = CodecConfig(**{**SMALL.__dict__, "samples_per_code": hop, "frame_codes": frame_codes})
    decoder, window = Codec(config).decoder, torch.hann_window(frame_codes * hop)
    samples = 0.3 * noise(1, 40 * hop)
    side = (config.frame_samples - hop) // 2
    padded = torch.nn.functional.pad(samples, (side, side))
    spectrum = torch.stft(padded, config.frame_samples, hop, window=window, center=False, return_complex=True)
    log_magnitude = spectrum.abs().clamp(min=1e-9).log()
    description = torch.cat([log_magnitude, 10 * spectrum.real, 10 * spectrum.imag], dim=1).transpose(1, 2)
    inner = slice(frame_codes * hop, -frame_codes * hop)
    assert torch.allclose(decoder.synthesise(description)[:, inner], samples[:, inner], atol=1e-4)


def test_decoder_sees_no_further_than_it_declares(codec: Codec) -> None:
    features = noise(1, 64, 60)
    context = SMALL.context_codes
    changed = features.clone()
    changed[..., 30:] += 1.0
    before, after = codec.decoder(features), codec.decoder(changed)
    edge = (30 - context) * 128
    assert torch.equal(before[:, :edge], after[:, :edge])
    assert not torch.allclose(before[:, edge : edge + 4 * 128], after[:, edge : edge + 4 * 128], atol=1e-6)


def test_a_part_decodes_as_it_does_in_the_whole(codec: Codec) -> None:
    features, context, start = noise(1, 64, 120), SMALL.context_codes, SMALL.clock_codes
    whole = codec.decoder(features)[:, (start + context) * 128 : (start + context + 20) * 128]
    part = codec.decoder(features[..., start : start + 2 * context + 20])[:, context * 128 : -context * 128]
    assert torch.allclose(whole, part, atol=1e-5)


@pytest.mark.parametrize("hop", [32, SMALL.clock_codes])
def test_windows_a_hop_apart_decode_alike(codec: Codec, hop: int) -> None:
    """Whatever the hop: each is told when its codes are."""
    features, context = noise(1, 64, 150), SMALL.context_codes
    number = 1_000_000 + torch.arange(150.0)[None]
    first = codec.decoder(features[..., :107], number[:, :107])
    second = codec.decoder(features[..., hop:150], number[:, hop:150])
    first = first[:, (hop + context) * 128 : (107 - context) * 128]
    assert torch.allclose(first, second[:, context * 128 : (107 - hop - context) * 128], atol=1e-5)


def test_the_clock_lets_still_features_sound_at_other_than_multiples_of_the_code_rate(codec: Codec) -> None:
    still = noise(1, 64, 1).repeat(1, 1, 200)
    sound = codec.decoder(still)[0, 40 * 128 : 126 * 128]  # two turns of the clock
    assert torch.allclose(sound[: 43 * 128], sound[43 * 128 :], atol=1e-5)
    assert not torch.allclose(sound[:128], sound[128:256], atol=1e-3)


def test_feature_decoder_is_the_codec(codec: Codec) -> None:
    features = noise(2, 64, 30)
    codes, samples = FeatureDecoder(codec)(features)
    quantised = codec.quantiser(features)
    assert torch.equal(codes, quantised.codes)
    assert torch.allclose(samples, codec.decoder(quantised.features), atol=1e-5)


def test_residual_levels_refine_and_look_up_returns_them() -> None:
    torch.manual_seed(0)
    quantiser = ResidualQuantiser(3, 64, 8)
    for _ in range(60):
        quantiser.train()(noise(4, 8, 50))
    quantised = quantiser.eval()(noise(4, 8, 50))
    one = quantised.codes.clone()
    first = quantiser.codebooks[0].vectors[one[:, 0]].permute(0, 2, 1)
    given = noise(4, 8, 50)
    assert torch.allclose(quantiser.look_up(quantised.codes), quantised.features, atol=1e-5)
    assert ((given - quantised.features) ** 2).mean() < 0.7 * ((given - first) ** 2).mean()


def test_gradient_goes_straight_through_the_look_up() -> None:
    quantiser = ResidualQuantiser(2, 16, 8).eval()
    features = noise(1, 8, 5).requires_grad_()
    weights = noise(1, 8, 5, seed=3)
    (quantiser(features).features * weights).sum().backward()
    assert features.grad is not None and torch.allclose(features.grad, weights)


def test_unused_codes_are_put_where_the_inputs_lie() -> None:
    torch.manual_seed(0)
    book = Codebook(16, 4)
    book.vectors += 100.0
    points = noise(200, 4)
    for _ in range(30):
        book.follow(points, book.nearest(points))
    assert book.vectors.abs().max() < 10
    assert len(book.nearest(points).unique()) >= 12


@pytest.mark.parametrize("size", [1, 7, 12, 1024])
def test_least_is_argmin_also_where_values_tie(size: int) -> None:
    values = torch.randint(0, 50, (3, 40, size), generator=torch.Generator().manual_seed(size)).float()
    assert torch.equal(least(values), values.argmin(-1))
