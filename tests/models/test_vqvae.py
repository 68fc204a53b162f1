"""The codec's lengths, its codebooks, and that decoding a part equals that part of the whole."""

import pytest
import torch

from models.codebook import Codebook
from models.config import VQVAEConfig
from models.vqvae import VQVAE, CodeDecoder, needed_codes

SMALL = VQVAEConfig(width=4, depth=2, features=8, codes=16)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_lengths(level: int) -> None:
    codec = VQVAE(SMALL).eval()
    hop = codec.config.samples_per_code(level)
    with torch.inference_mode():
        codes = codec.encode(torch.randn(2, 44_100), level)
        assert codes.shape == (2, 44_100 // hop)
        assert codec.decode(codes, level).shape == (2, 1, codes.shape[1] * hop)


def test_too_little_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 128 samples"):
        VQVAE(SMALL).encode(torch.zeros(1, 127), 2)


@pytest.mark.parametrize(
    ("level", "start", "stop"), [(2, 100, 143), (2, 0, 43), (2, 175, 220), (1, 400, 480)]
)
@torch.inference_mode()
def test_decoding_what_is_played_equals_the_full_decode(codec, high_features, level, start, stop) -> None:
    features = high_features[:1, :, :220] if level == 2 else high_features.reshape(1, 64, -1)
    decoder, hop, length = CodeDecoder(codec, level), codec.config.samples_per_code(level), features.shape[-1]
    low, high = needed_codes(codec.config, level, start, stop)
    low, high = max(low, 0), min(high, length)
    codes, whole = decoder(features)
    part_codes, part = decoder(features[..., low:high])
    torch.testing.assert_close(part_codes, codes[:, low:high])
    played = part[:, (start - low) * hop : (stop - low) * hop]
    torch.testing.assert_close(played, whole[:, start * hop : stop * hop], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_receptive_field_is_exact(level: int) -> None:
    """With every unit alive, the gradient of the played samples reaches just the needed codes."""
    codec = VQVAE(VQVAEConfig(width=2, depth=3 if level else 2, features=4, codes=16)).double()
    for weight in codec.parameters():
        torch.nn.init.constant_(weight, 0.1)
    features = torch.ones(1, 4, 400, dtype=torch.double, requires_grad=True)
    hop = codec.config.samples_per_code(level)
    codec.decode_features(features, level)[..., 200 * hop : 210 * hop].sum().backward()
    reached = features.grad[0].abs().sum(0).nonzero().flatten()
    assert (int(reached[0]), int(reached[-1]) + 1) == needed_codes(codec.config, level, 200, 210)


def test_nearest_is_the_least_distance() -> None:
    torch.manual_seed(0)
    book, features = Codebook(50, 6), torch.randn(3, 6, 20)
    expected = torch.cdist(features.mT, book.k[None]).argmin(-1)
    torch.testing.assert_close(book.nearest(features), expected)
    torch.testing.assert_close(book.vectors(expected)[1, :, 4], book.k[expected[1, 4]])


def test_the_gradient_passes_straight_through() -> None:
    book = Codebook(50, 6).eval()
    features = torch.randn(2, 6, 9, requires_grad=True)
    weight = torch.randn(2, 6, 9)
    (book.straight_through(features) * weight).sum().backward()
    torch.testing.assert_close(features.grad, weight)
    lookup = book(features)
    torch.testing.assert_close(lookup.features, book.vectors(lookup.codes))


def test_commitment_pulls_the_features_only() -> None:
    book = Codebook(50, 6).eval()
    features = torch.randn(2, 6, 9, requires_grad=True)
    lookup = book(features)
    lookup.commitment.backward()
    expected = 2 * (features - book.vectors(lookup.codes)).detach() / features.numel()
    torch.testing.assert_close(features.grad, expected)


def test_codes_follow_their_features() -> None:
    """Two tight clouds; whatever the start, both are found and their centres become codes."""
    torch.manual_seed(0)
    book = Codebook(4, 2, decay=0.9)
    centres = torch.tensor([[5.0, 5.0], [-5.0, 0.0]])
    for _ in range(200):
        cloud = centres[torch.randint(2, (64,))] + 0.01 * torch.randn(64, 2)
        book(cloud.T[None])
    assert (torch.cdist(centres, book.k).min(dim=1).values < 0.05).all()
    still = book.eval().k.clone()
    book(centres.T[None])
    torch.testing.assert_close(book.k, still)


def test_an_unused_code_starts_anew_from_the_batch() -> None:
    torch.manual_seed(0)
    book = Codebook(4, 2, decay=0.5)
    book.k.copy_(torch.tensor([[0.0, 0.0], [100.0, 100.0], [200.0, 0.0], [300.0, 0.0]]))
    book.resume_from_codes()
    features = torch.randn(1, 2, 64)
    for _ in range(20):
        book(features)
    assert book.k.abs().max() < 5


def test_averages_are_kept_apart_from_the_published_names() -> None:
    book = Codebook(4, 2)
    assert list(book.state_dict()) == ["k"]
    book(torch.randn(1, 2, 30))
    other = Codebook(4, 2)
    other.load_state_dict(book.state_dict())
    other.restore_averages(book.averages())
    batch = torch.randn(1, 2, 300)
    for each in (book, other):
        torch.manual_seed(1)
        each(batch)
    torch.testing.assert_close(book.k, other.k, rtol=0, atol=0)
