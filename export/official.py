"""``python -m export official``: the published networks as a bundle the stage can perform.

Reads the authors' motion encoder, generator and codec (or Jukebox's own codec), writes ``generator.onnx``,
``decoder.onnx`` and the manifest, and refuses to finish when a graph differs from its network.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from configs.bundle import Layout, Manifest, Style, load_bundle, sha256, write_manifest
from configs.bundle import Tensor as TensorSpec
from configs.errors import BundleError, ConfigError
from configs.genres import GENRES, tempi_bpm
from export.i3d import CHANNELS, CLIP_FRAMES, drawn_stream, export_i3d, open_stream
from export.onnx import OPSET, PRODUCER, to_onnx
from export.parity import TOLERANCE, relative_difference, run_onnx
from models.config import LEVEL_INDEX, MOTION_RATE_FPS, SAMPLE_RATE, PaperConfig, VQVAEConfig, paper_config
from models.deterministic import draw_weights, drawn
from models.i3d import I3D
from models.paper import PaperModel
from models.published import load_published
from models.vqvae import VQVAE, CodeDecoder, needed_codes

HOP_SAMPLES = 5504
"""A hop of the stage: 43 codes at the high level, 172 at the low."""

LANDMARKS = {"aist": "smpl-24", "tiktok": "openpose-25"}
NORMALISATION = {
    "aist": "SMPL joint rotations as 24 x 9 matrix entries, then the root's translation, at 60 fps, unscaled",
    "tiktok": "25 OpenPose body joints as (x, y, confidence) in pixels, at 30 fps, unscaled",
}
LICENCE = "weights: as their authors allow; see the source of the checkpoints"


def main(arguments: list[str]) -> None:
    """Parse the command line and export.

    Raises:
        NoverreError: checkpoints that cannot be used, or graphs that differ from them.
    """
    options = _parser().parse_args(arguments)
    config = paper_config(options.dataset, options.level, options.seconds)
    model, codec = PaperModel(config), VQVAE(VQVAEConfig())
    if options.deterministic:
        assert model.motion_encoder is not None
        for part in (model.motion_encoder, model.generator, codec):
            draw_weights(part)
    else:
        _load(options, model, codec)
    name = options.name or options.out.name
    scenery = _scenery(options)
    export_bundle(
        model,
        codec,
        options.dataset,
        options.out,
        name=name,
        licence=options.licence,
        scenery=scenery,
        scenery_frames=options.i3d_frames,
        hops=options.hops,
    )
    print(f"{options.out}: paper network, {options.dataset}, {options.level} level, equal to torch.")


def export_bundle(
    model: PaperModel,
    codec: VQVAE,
    dataset: str,
    out: Path,
    *,
    name: str,
    licence: str = LICENCE,
    motion_features: tuple[str, ...] = (),
    visual_features: tuple[str, ...] = (),
    steps: int = 0,
    scenery: Mapping[str, I3D] | None = None,
    scenery_frames: int = CLIP_FRAMES,
    hops: int = 1,
) -> Manifest:
    """Write a checked bundle of ``model`` and the codec's level to the folder ``out``.

    Args:
        model, codec: what is exported; they are not changed.
        dataset: what the model was taught on: aist, tiktok, or another, whose motion is then our own.
        out: folder of the bundle.
        name, licence: for the manifest.
        motion_features, visual_features: names of the columns, where they are ours.
        steps: how long it was taught here; 0 for published weights.
        scenery: I3D networks by stream, "rgb" and "flow", for the stage to see with; None: it gives zeros.
        scenery_frames: pictures in their clips; fewer are quicker and further from the published features.
        hops: length of the block, see ``paper_layout``.

    Raises:
        BundleError: when a graph differs from its network by more than 1e-4.
    """
    model.eval(), codec.eval()
    config = model.config
    level = LEVEL_INDEX[config.generator.level]
    layout, context = paper_layout(config, codec.config, hops)
    decoder_codes = layout.block + layout.reserve + 2 * context
    decoder, inputs = CodeDecoder(codec, level).eval(), example_inputs(config, dataset)
    with torch.inference_mode():
        features = model(**inputs)
    played = features[..., layout.past - context :][..., :decoder_codes].clone()
    to_onnx(model, inputs, ["features"], out / "generator.onnx")
    to_onnx(decoder, {"features": played}, ["codes", "samples"], out / "decoder.onnx")
    check_generator(out / "generator.onnx", inputs, features)
    check_decoder(out / "decoder.onnx", decoder, played)
    for stream, network in (scenery or {}).items():
        export_i3d(network, out / f"i3d_{stream}.onnx", frames=scenery_frames)
    written = ["generator.onnx", "decoder.onnx", *(f"i3d_{stream}.onnx" for stream in scenery or {})]
    manifest = Manifest(
        name=name,
        level=config.generator.level,
        sample_rate=SAMPLE_RATE,
        samples_per_code=config.generator.samples_per_code,
        layout=layout,
        decoder_context_codes=context,
        decoder_codes=decoder_codes,
        inputs=input_tensors(config, dataset),
        outputs=output_tensors(config, decoder_codes),
        landmarks=LANDMARKS.get(dataset, "mediapipe-33"),
        normalisation=NORMALISATION.get(dataset, "features of this program, about 0 to 1"),
        styles=tuple(
            Style(name=genre, bpm=tempi_bpm(genre)[3]) for genre in GENRES[: config.generator.genres]
        ),
        opset=OPSET,
        producer=PRODUCER,
        motion_features=motion_features,
        visual_features=visual_features,
        training={"data": dataset, "seconds": config.generator.seconds, "steps": steps},
        licence=licence,
        files={file: sha256(out / file) for file in written},
    )
    write_manifest(out, manifest)
    return load_bundle(out).manifest


def paper_layout(config: PaperConfig, codec: VQVAEConfig, hops: int = 1) -> tuple[Layout, int]:
    """Where the played block lies in a window of the paper's network, and the decoder's context, in codes.

    The network has no notion of time within its window, so the block lies as late as it can while the decoder
    still has all its context on both sides: nothing played was made from padding.

    Args:
        config, codec: the networks.
        hops: length of the block in hops of the stage; the generator renders its whole window anyway, so two
            cost little more than one, and answer that much later. The reserve stays one.

    Raises:
        ConfigError: block, reserve and context are longer than the window.
    """
    hop = HOP_SAMPLES // config.generator.samples_per_code
    level, played = LEVEL_INDEX[config.generator.level], (hops + 1) * hop
    first, last = needed_codes(codec, level, 0, played)
    context = max(-first, last - played)
    past = config.generator.codes - played - context
    if hops < 1 or past < context:
        raise ConfigError(f"--hops {hops}: no such block fits into a window; 1 is always right")
    return Layout(past=past, block=hops * hop, reserve=hop, margin=context), context


def example_inputs(config: PaperConfig, dataset: str) -> dict[str, Tensor]:
    """Two rows of every input that ``config`` takes."""
    inputs = {}
    if config.motion is not None:
        inputs["motion"] = drawn(f"{dataset}.motion", (2, config.motion.frames, config.motion.features))
    if config.generator.visual_width:
        inputs["visual"] = drawn(f"{dataset}.visual", (2, 1, config.generator.visual_width))
    if config.generator.genres:
        inputs["genre"] = torch.eye(config.generator.genres)[[5, 0]]
    return inputs


def input_tensors(config: PaperConfig, dataset: str) -> tuple[TensorSpec, ...]:
    """The manifest's description of the inputs."""
    tensors = []
    if config.motion is not None:
        fps = MOTION_RATE_FPS.get(dataset, 30)
        shape: tuple[int | str, ...] = ("B", config.motion.frames, config.motion.features)
        meaning = f"{LANDMARKS.get(dataset, 'motion features')} at {fps} fps, the last {config.motion.frames}"
        tensors.append(
            TensorSpec(name="motion", shape=shape, dtype="float32", rate="motion", meaning=meaning)
        )
    if config.generator.visual_width:
        shape = ("B", 1, config.generator.visual_width)
        i3d = config.generator.visual_width == 2048
        meaning = "I3D (Kinetics) of the window: 1024 RGB, then 1024 optical flow" if i3d else "window's mean"
        tensors.append(
            TensorSpec(name="visual", shape=shape, dtype="float32", rate="window", meaning=meaning)
        )
    if config.generator.genres:
        shape = ("B", config.generator.genres)
        meaning = "genre weights summing to 1, in the order of styles"
        tensors.append(TensorSpec(name="genre", shape=shape, dtype="float32", rate="window", meaning=meaning))
    return tuple(tensors)


def output_tensors(config: PaperConfig, decoder_codes: int) -> tuple[TensorSpec, ...]:
    """The manifest's description of both graphs' outputs."""
    generator = config.generator
    size = decoder_codes * generator.samples_per_code
    return (
        TensorSpec(
            name="features",
            shape=("B", 64, generator.codes),
            dtype="float32",
            rate="code",
            meaning="code features of the whole window, before the look-up",
        ),
        TensorSpec(
            name="codes",
            shape=("B", decoder_codes),
            dtype="int64",
            rate="code",
            meaning="nearest codes of block, reserve and context",
        ),
        TensorSpec(
            name="samples",
            shape=("B", size),
            dtype="float32",
            rate="sample",
            meaning="their sound; only block and reserve are exact",
        ),
    )


def check_generator(path: Path, inputs: dict[str, Tensor], features: Tensor) -> None:
    """Compare the graph with torch.

    Raises:
        BundleError: when they differ.
    """
    (found,) = run_onnx(path, inputs)
    worst = relative_difference(found, features.numpy())
    if worst > TOLERANCE:
        raise BundleError(
            f"{path} differs from torch by {worst:.1e} (allowed {TOLERANCE}): it is not usable."
        )


def check_decoder(path: Path, decoder: CodeDecoder, features: Tensor) -> None:
    """Compare the graph with torch, on the same features.

    Raises:
        BundleError: when codes or samples differ.
    """
    with torch.inference_mode():
        codes, samples = decoder(features)
    found_codes, found = run_onnx(path, {"features": features})
    worst = relative_difference(found, samples.numpy())
    if (found_codes != codes.numpy()).any() or worst > TOLERANCE:
        raise BundleError(f"{path} differs from torch: samples by {worst:.1e} (allowed {TOLERANCE}).")


def _load(options: argparse.Namespace, model: PaperModel, codec: VQVAE) -> None:
    needed = {
        "--motion-encoder": (options.motion_encoder, model.motion_encoder),
        "--generator": (options.generator, model.generator),
        "--vqvae": (options.vqvae, codec),
    }
    for option, (path, part) in needed.items():
        if path is None:
            raise ConfigError(f"give {option} FILE (or --deterministic for a bundle of drawn weights)")
        assert part is not None
        load_published(path, part)


def _scenery(options: argparse.Namespace) -> dict[str, I3D] | None:
    """The I3D networks that were asked for."""
    given = {"rgb": options.i3d_rgb, "flow": options.i3d_flow}
    if options.i3d_deterministic:
        return {stream: drawn_stream(stream) for stream in CHANNELS}
    if not any(given.values()):
        return None
    if not all(given.values()):
        raise ConfigError("give both --i3d-rgb FILE and --i3d-flow FILE: the feature has two halves")
    return {stream: open_stream(stream, path) for stream, path in given.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export official", description=__doc__)
    parser.add_argument("--dataset", choices=("aist", "tiktok"), required=True)
    parser.add_argument("--level", choices=("high", "low"), required=True)
    parser.add_argument("--seconds", type=int, choices=(2, 3, 4), default=2)
    parser.add_argument("--motion-encoder", type=Path, help="mencoder.pt")
    parser.add_argument("--generator", type=Path, help="netG.pt")
    parser.add_argument("--vqvae", type=Path, help="vqvae_high.pt, vqvae_low.pt, or Jukebox's vqvae.pth.tar")
    parser.add_argument("--i3d-rgb", type=Path, help="rgb_imagenet.pt: the stage then sees the picture")
    parser.add_argument("--i3d-flow", type=Path, help="flow_imagenet.pt")
    parser.add_argument(
        "--i3d-frames",
        type=int,
        default=CLIP_FRAMES,
        help="pictures in a clip; fewer are quicker (8 or more)",
    )
    parser.add_argument("--i3d-deterministic", action="store_true", help="I3D of drawn weights, for tests")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--name", help="name in the manifest; the folder's by default")
    parser.add_argument("--licence", default=LICENCE)
    parser.add_argument("--hops", type=int, default=1, help="block of so many 250 ms; 2 halves the work")
    parser.add_argument("--deterministic", action="store_true", help="drawn weights: a bundle for tests")
    return parser
