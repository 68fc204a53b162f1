"""A generator that told pitch by a clock, on strings: all it learnt but the clock, to be taught further."""

from dataclasses import replace

import torch

from models.streaming import StreamingConfig, StreamingGenerator
from training.score import tune_strings

QUIET = 0.02
"""Spread of the weights from the new strings, beside about 0.05 of the others: heard from the first step."""


@torch.no_grad()
def restrung(clocked: StreamingGenerator, config: StreamingConfig) -> StreamingGenerator:
    """`clocked` with the strings of `config` in place of its clock; as it is where more differs."""
    like = replace(
        clocked.config,
        clock_codes=config.clock_codes,
        strings=config.strings,
        lowest_string=config.lowest_string,
        string_turn_codes=config.string_turn_codes,
        code_rate_hz=config.code_rate_hz,
    )
    if like != config or clocked.clock is None or config.clock_codes:
        return clocked
    generator = StreamingGenerator(config)
    tune_strings(generator)
    weights = {**generator.state_dict(), **clocked.state_dict()}
    before = clocked.harmonics.channels  # columns of `enter`: harmonics, clock, page ..., then movement
    seen = clocked.config.motion_dim + clocked.config.visual_dim
    old, strings = weights["enter.weight"], config.strings * 2
    told = old[:, before + clocked.clock.channels : -seen]
    fresh = QUIET * torch.randn(len(old), strings)
    weights["enter.weight"] = torch.cat([old[:, :before], told, fresh, old[:, -seen:]], dim=1)
    generator.load_state_dict(weights)
    return generator
