"""``python -m export house``: a trained codec and streaming generator as a bundle the stage can perform.

Writes the two graphs with one byte a weight, compares them with torch, times them on one core, and writes
manifest and model card. Figures come from the checkpoints: nothing is claimed that training did not measure.
"""

import argparse
import time
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from configs.bundle import Layout, Manifest, Style, load_bundle, sha256, write_manifest
from configs.bundle import Tensor as TensorSpec
from configs.errors import BundleError, ConfigError
from configs.genres import GENRES, tempi_bpm
from configs.tuning import TURN_CODES
from export.card import card
from export.onnx import OPSET, PRODUCER, to_onnx
from export.parity import TOLERANCE, relative_difference, run_onnx
from export.small_weights import rounded, shrink
from export.trim import trim
from models.checkpoint import load_model
from models.codec import Codec
from models.decoding import FeatureDecoder
from models.streaming import StreamingGenerator
from models.weights_file import read_weights_file

WINDOW_CODES = 344
HOP_CODES = 32
"""186 ms: a gesture waits less for its block than with the paper's 43 (250 ms)."""
RESERVE_CODES = 44
"""A quarter of a second, as a hop of the paper's: what a late step is played from."""
TIMED_HOPS = 50
FILES = ("generator.onnx", "decoder.onnx")
EVERYTHING = slice(None)
MOTION_FEATURES = (
    "energy", "energy_fast", "stillness", "arm_openness", "arm_height", "body_height", "jump", "turn",
    "accent", "sway", "left_arm", "right_arm", "left_leg", "right_leg", "torso", "present",
)  # fmt: skip
VISUAL_FEATURES = ("brightness", "contrast", "warmth", "saturation", "hue_cos", "hue_sin")
NORMALISATION = (
    "motion columns as features.motion, about 0..1, interpolated to code centres, held where motion_mask "
    "is 0; visual as features.visual; phase in beats, 0 <= phase < 16"
)
LICENCE = "MIT"


def main(arguments: list[str]) -> None:
    """Parse the command line and export.

    Raises:
        NoverreError: checkpoints that cannot be used, or graphs that differ from them.
    """
    parser = argparse.ArgumentParser(prog="python -m export house", description=__doc__)
    parser.add_argument("--codec", type=Path, required=True, help="house_codec.pt of a training folder")
    parser.add_argument("--generator", type=Path, required=True, help="house_model.pt of a training folder")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder to write")
    parser.add_argument("--note", default="", help="a sentence on the training, for manifest and card")
    options = parser.parse_args(arguments)
    codec, generator = load_model(options.codec), load_model(options.generator)
    if not isinstance(codec, Codec) or not isinstance(generator, StreamingGenerator):
        raise ConfigError(
            "--codec wants a codec and --generator a streaming generator of python -m training."
        )
    told = read_weights_file(options.generator)["extra"]
    manifest = export_bundle(codec, generator, options.out, told, options.note)
    print(f"{options.out}: {manifest.evaluation}")


def export_bundle(
    codec: Codec, generator: StreamingGenerator, out: Path, told: dict[str, Any], note: str
) -> Manifest:
    """Write the checked bundle of `codec` and `generator` to `out`; `told` is what training says of them.

    Raises:
        BundleError: when a graph differs from its network by more than 1e-4.
    """
    codec, generator = rounded(codec).eval(), rounded(generator).eval()
    layout, context = house_layout(codec, generator), codec.config.context_codes
    inputs = example_inputs(generator)
    decoder = FeatureDecoder(codec).eval()
    with torch.inference_mode():
        features = generator(**inputs)
    start = layout.past - context
    heard = slice(start, start + decoder_codes(layout, context))
    played = {"features": features[..., heard].clone(), "clock": inputs["clock"][..., heard].clone()}
    to_onnx(generator, inputs, ["features"], out / FILES[0])
    to_onnx(decoder, played, ["codes", "samples"], out / FILES[1])
    for file in FILES:
        shrink(out / file)
    check(out, inputs, features, decoder, played)
    block = slice(context, context + layout.block + layout.reserve)
    trim(out / FILES[0], "features", heard)
    trim(out / FILES[1], "samples", block)
    rate = codec.config.samples_per_code
    samples = slice(block.start * rate, block.stop * rate)
    check(out, inputs, features, decoder, played, heard, samples)
    figures: dict[str, str | int | float] = {**figures_of(told), **timing_ms(out, inputs, played)}
    manifest = Manifest(
        name=out.name,
        level="streaming",
        sample_rate=codec.config.sample_rate,
        samples_per_code=codec.config.samples_per_code,
        layout=layout,
        decoder_context_codes=context,
        decoder_codes=decoder_codes(layout, context),
        clock_turn_codes=clock_turn(codec),
        inputs=input_tensors(generator),
        outputs=output_tensors(codec, layout),
        normalisation=NORMALISATION,
        motion_features=MOTION_FEATURES,
        visual_features=VISUAL_FEATURES,
        styles=tuple(Style(name=genre, bpm=tempi_bpm(genre)[3]) for genre in GENRES),
        songs_per_style=generator.config.songs_per_style,
        opset=OPSET,
        producer=PRODUCER,
        training=training_of(told, note),
        licence=LICENCE,
        evaluation=figures,
        files={file: sha256(out / file) for file in FILES},
    )
    write_manifest(out, manifest)
    (out / "README.md").write_text(
        card(manifest, {file: (out / file).stat().st_size for file in FILES}), encoding="utf-8"
    )
    return load_bundle(out).manifest


def house_layout(codec: Codec, generator: StreamingGenerator) -> Layout:
    """Where block and reserve lie: the margin is all that generator and decoder see of the future."""
    margin = codec.config.context_codes + generator.config.right_context_codes
    past = WINDOW_CODES - HOP_CODES - RESERVE_CODES - margin
    return Layout(past=past, block=HOP_CODES, reserve=RESERVE_CODES, margin=margin)


def clock_turn(codec: Codec) -> int:
    """Codes after which all that swings in both networks swings as it did."""
    return lcm(codec.config.clock_codes, TURN_CODES)


def decoder_codes(layout: Layout, context: int) -> int:
    """Codes that are decoded: block, reserve, and the decoder's context on both sides."""
    return layout.block + layout.reserve + 2 * context


def example_inputs(generator: StreamingGenerator) -> dict[str, Tensor]:
    """Two different, plausible rows of every input."""
    config, codes = generator.config, WINDOW_CODES
    draw = torch.Generator().manual_seed(0)
    styles = torch.softmax(4 * torch.randn(2, config.styles, 1, generator=draw), 1)
    slots = torch.softmax(4 * torch.randn(2, config.songs_per_style, 1, generator=draw), 1)
    values = 2 * torch.rand(2, config.variation - config.songs_per_style, 1, generator=draw) - 1
    return {
        "motion": torch.rand(2, config.motion_features, codes, generator=draw),
        "motion_mask": (torch.arange(codes) < 200).float().repeat(2, 1),
        "visual": torch.rand(2, config.visual_features, codes, generator=draw),
        "phase": torch.stack([torch.linspace(9, 13.2, codes), torch.linspace(14, 17.3, codes) % 16]),
        "style": styles.repeat(1, 1, codes),
        "variation": torch.cat([slots, values], 1).repeat(1, 1, codes),
        "clock": torch.stack([torch.arange(codes), torch.arange(100_000, 100_000 + codes)]).float(),
    }


def check(
    out: Path,
    inputs: dict[str, Tensor],
    features: Tensor,
    decoder: FeatureDecoder,
    played: dict[str, Tensor],
    heard: slice = EVERYTHING,
    heard_samples: slice = EVERYTHING,
) -> None:
    """Compare the graphs with torch, where they are heard, on two rows and on one.

    Raises:
        BundleError: when they differ by more than the tolerance.
    """
    with torch.inference_mode():
        codes, samples = (found.numpy() for found in decoder(**played))
    for rows in (2, 1):
        (found,) = run_onnx(out / FILES[0], {name: x[:rows] for name, x in inputs.items()})
        found_codes, sound = run_onnx(out / FILES[1], {name: x[:rows] for name, x in played.items()})
        worst = max(
            relative_difference(found[..., heard], features[:rows, :, heard].numpy()),
            relative_difference(sound[:, heard_samples], samples[:rows, heard_samples]),
        )
        if worst > TOLERANCE or not np.array_equal(found_codes, codes[:rows]):
            raise BundleError(
                f"{out} differs from torch by {worst:.1e} (allowed {TOLERANCE}): do not use it."
            )


def timing_ms(out: Path, inputs: dict[str, Tensor], played: dict[str, Tensor]) -> dict[str, float]:
    """Median processor time of generator, decoder and both for one hop, ONNX Runtime, one thread, ms.

    Processor time, not time passed: whatever else the machine does is not counted.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    first, second = (
        onnxruntime.InferenceSession(str(out / file), options, providers=["CPUExecutionProvider"])
        for file in FILES
    )
    window = {name: x[:1].numpy() for name, x in inputs.items()}
    features = {name: x[:1].numpy() for name, x in played.items()}
    times_ms = []
    for _ in range(TIMED_HOPS):
        begin_s = time.thread_time()
        first.run(None, window)
        middle_s = time.thread_time()
        second.run(None, features)
        times_ms.append((1e3 * (middle_s - begin_s), 1e3 * (time.thread_time() - middle_s)))
    generator_ms, decoder_ms = np.median(times_ms, axis=0)
    both_ms = np.median(np.sum(times_ms, axis=1))
    return {
        "generator_ms": round(float(generator_ms), 2),
        "decoder_ms": round(float(decoder_ms), 2),
        "hop_ms": round(float(both_ms), 2),
    }


def figures_of(told: dict[str, Any]) -> dict[str, float]:
    """Log-mel L1 as training measured it."""
    return {
        "codec_mel_l1_unheard_songs": round(float(told["unheard__codec_mel_l1"]), 4),
        "codec_mel_l1_known_songs": round(float(told["held_out__codec_mel_l1"]), 4),
        "generated_mel_l1_known_songs": round(float(told["held_out__mel_l1"]), 4),
    }


def training_of(told: dict[str, Any], note: str) -> dict[str, str | int | float | bool]:
    """How long each network was trained."""
    return {
        "data": "house corpus (python -m corpus build), under random curves and danced movement",
        "codec_steps": int(told["codec_steps"]),
        "codec_hours": round(float(told["codec_trained_s"]) / 3600, 2),
        "generator_steps": int(told["steps"]),
        "generator_hours": round(float(told["trained_s"]) / 3600, 2),
        "note": note,
    }


def input_tensors(generator: StreamingGenerator) -> tuple[TensorSpec, ...]:
    """The manifest's description of the generator's inputs."""
    config = generator.config
    shapes: list[tuple[str, tuple[int | str, ...], str]] = [
        ("motion", ("B", config.motion_features, WINDOW_CODES), "motion features, held where unknown"),
        ("motion_mask", ("B", WINDOW_CODES), "1 where motion is known, 0 in the future"),
        ("visual", ("B", config.visual_features, WINDOW_CODES), "visual features, held where unknown"),
        ("phase", ("B", WINDOW_CODES), "beats within the four-bar cycle, 0 <= phase < 16, at code centres"),
        ("style", ("B", config.styles, WINDOW_CODES), "weights of the styles, summing to 1"),
        (
            "variation",
            ("B", config.variation, WINDOW_CODES),
            f"{config.songs_per_style} song weights summing to 1, then phrase values in -1..1",
        ),
        (
            "clock",
            ("B", WINDOW_CODES),
            "whole numbers: each code's since the show began, less turns of clock_turn_codes; the decoder is "
            "given its part too",
        ),
    ]
    return tuple(
        TensorSpec(name=name, shape=shape, dtype="float32", rate="code", meaning=meaning)
        for name, shape, meaning in shapes
    )


def output_tensors(codec: Codec, layout: Layout) -> tuple[TensorSpec, ...]:
    """The manifest's description of both graphs' outputs."""
    config, codes = codec.config, decoder_codes(layout, codec.config.context_codes)
    return (
        TensorSpec(
            name="features",
            shape=("B", config.feature_dim, WINDOW_CODES),
            dtype="float32",
            rate="code",
            meaning="code features of the window, before the look-up",
        ),
        TensorSpec(
            name="codes",
            shape=("B", config.codebooks, codes),
            dtype="int64",
            rate="code",
            meaning="nearest codes, one row a residual level",
        ),
        TensorSpec(
            name="samples",
            shape=("B", codes * config.samples_per_code),
            dtype="float32",
            rate="sample",
            meaning="their sound; only block and reserve are exact",
        ),
    )
