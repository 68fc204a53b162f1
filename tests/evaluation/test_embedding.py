"""Embeddings: the fallback tells sounds apart; VGGish has the published layout, or is refused."""

import pickle

import numpy as np
import pytest

from evaluation.embedding import EXAMPLE_SAMPLES, FALLBACK, band_statistics, load_embedding


def test_the_fallback_gives_one_point_for_each_096_s(make_groove):
    samples, _ = make_groove(seconds=2.0)
    assert band_statistics(samples).shape == (2, 72)
    assert band_statistics(np.zeros(10)).shape == (1, 72)
    assert FALLBACK.clip(samples).shape == (72,)
    assert load_embedding() is FALLBACK


def test_alike_is_nearer_than_different(make_groove):
    first, again = make_groove(seed=1)[0], make_groove(seed=2)[0]
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * 22050) / 22050)

    def gap(a, b):
        return np.linalg.norm(FALLBACK.clip(a) - FALLBACK.clip(b))

    assert gap(first, again) < 0.3 * gap(first, tone)


torch = pytest.importorskip("torch")


def test_vggish_has_the_published_names_and_shapes():
    from evaluation.vggish import VggishNetwork

    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in VggishNetwork().state_dict().items()}
    convs = [(0, 64, 1), (3, 128, 64), (6, 256, 128), (8, 256, 256), (11, 512, 256), (13, 512, 512)]
    expected = {f"features.{index}.weight": (outs, ins, 3, 3) for index, outs, ins in convs}
    expected |= {f"features.{index}.bias": (outs,) for index, outs, _ in convs}
    for index, outs, ins in [(0, 4096, 12288), (2, 4096, 4096), (4, 128, 4096)]:
        expected |= {f"embeddings.{index}.weight": (outs, ins), f"embeddings.{index}.bias": (outs,)}
    assert shapes == expected


def test_the_flattening_puts_channels_last_as_tensorflow_does():
    from evaluation.vggish import VggishNetwork

    network = VggishNetwork((2, 2, 3, 3, 4, 5), hidden=16)
    examples = torch.randn(2, 1, 96, 64, generator=torch.Generator().manual_seed(0))
    maps = network.features(examples)
    assert maps.shape == (2, 5, 6, 4)
    by_hand = torch.stack(
        [maps[:, channel, row, column] for row in range(6) for column in range(4) for channel in range(5)], 1
    )
    torch.testing.assert_close(network(examples), network.embeddings(by_hand))


def test_examples_are_96_frames_of_64_bands(make_groove):
    from evaluation.vggish import htk_mel_filters, vggish_examples

    samples, _ = make_groove(seconds=2.0)
    examples = vggish_examples(samples)
    assert examples.shape == (2, 96, 64) and examples.min() >= np.log(0.01) - 1e-6
    assert vggish_examples(np.zeros(100)).shape == (1, 96, 64)
    filters = htk_mel_filters()
    assert filters.shape == (64, 257) and filters.max() <= 1 and not filters[:, 0].any()
    assert not filters[:, 241:].any(), "nothing above 7,500 Hz"


def test_a_tone_lands_in_the_right_vggish_band():
    from evaluation.vggish import vggish_examples

    tone = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050)
    band = int(vggish_examples(tone)[0].mean(0).argmax())
    edges = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), 66)
    assert abs(edges[band + 1] - 1127 * np.log1p(1000 / 700)) < edges[1] - edges[0]


class Malicious:
    def __reduce__(self):
        return print, ("code ran from a weight file",)


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps(Malicious())])
def test_files_that_are_no_safe_weights_are_refused(tmp_path, content, capsys):
    from evaluation.vggish import load_vggish

    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no safe PyTorch weight file"):
        load_vggish(path)
    assert "code ran" not in capsys.readouterr().out


def test_a_wrong_layout_names_the_first_offending_tensor(tmp_path):
    from evaluation.vggish import load_vggish

    torch.save({"features.0.weight": torch.zeros(64, 1, 3, 3)}, tmp_path / "short.pth")
    with pytest.raises(ValueError, match=r"features\.0\.bias"):
        load_vggish(tmp_path / "short.pth")
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "wide.pth")
    with pytest.raises(ValueError, match=r"features\.0\.weight.*\(64, 3, 3, 3\)"):
        load_vggish(tmp_path / "wide.pth")
    torch.save([1], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="no dictionary"):
        load_vggish(tmp_path / "list.pth")


def test_seconds_of_a_point():
    assert pytest.approx(0.9636, abs=1e-3) == EXAMPLE_SAMPLES / 22050
