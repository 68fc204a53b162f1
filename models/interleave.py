"""A codec of a finer hop, begun as several of a coarse one, interleaved. Torch only.

With the hop divided by four and every convolution dilated by four, codes 0, 4, 8, ... go through the layers
among themselves: each of the four sets is the coarse codec, a quarter of a hop from the next, and the
overlap-add is the mean of four reconstructions. So the fine codec begins where the coarse one ended.
"""

from dataclasses import replace

import torch

from models.codec import Codec, CodecConfig


def interleaved_config(coarse: CodecConfig, times: int) -> CodecConfig:
    """The sizes of ``times`` codecs, interleaved.

    Raises:
        ValueError: the hop cannot be divided like that.
    """
    if times < 1 or coarse.samples_per_code % (2 * times):
        raise ValueError(f"a hop of {coarse.samples_per_code} samples cannot be divided by {times}")
    hop = coarse.samples_per_code // times
    return replace(
        coarse,
        samples_per_code=hop,
        fourier_samples=coarse.transform_samples,
        frame_codes=2 * (coarse.transform_samples // (2 * hop)) + 1,
        clock_codes=coarse.clock_codes * times,
        dilation=coarse.dilation * times,
    )


@torch.no_grad()
def interleaved(coarse: Codec, times: int) -> Codec:
    """``times`` copies of ``coarse``, interleaved, as one codec that can be taught further.

    The clock's new, quicker hands begin unheard; the old ones turn as fast as they did.
    """
    fine = Codec(interleaved_config(coarse.config, times))
    weights = coarse.state_dict()
    enter = "decoder.trunk.enter.weight"
    features, hands = coarse.config.feature_dim, coarse.config.clock_codes // 2
    wide = torch.zeros_like(fine.state_dict()[enter])
    cosines = features + fine.config.clock_codes // 2
    wide[:, : features + hands] = weights[enter][:, : features + hands]
    wide[:, cosines : cosines + hands] = weights[enter][:, features + hands :]
    fine.load_state_dict({**weights, enter: wide})
    return fine
