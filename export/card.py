"""The model card of a house bundle: README.md, written from its manifest alone."""

from configs.bundle import Manifest

TEXT = """# {name}

A streaming bundle of Noverre: a generator ({generator_mb:.1f} MB) that turns movement, light, style and the
phase of the beat into code features, and a decoder ({decoder_mb:.1f} MB) that turns them into sound at
{rate} Hz. Performed with `run_live.py --bundle FOLDER`.

## Data
{data}. The band is procedural (`corpus/`): ten genres, six songs each to learn from; instruments recorded
from FluidSynth with FluidR3 GM (MIT), drum samples of Sonic Pi (CC0), and own synthesis. Nobody's music,
nobody's image.

## Training
{training}

## Figures
Log-mel L1: n_fft 1024, hop 256, 128 mels, log10, magnitudes clamped at 1e-3. "Unheard songs" are songs that
no network was shown; "known songs" are new takes (tempo, drift, variation, dancer) of the songs it learnt.
Times are medians of processor time for one hop on one thread of ONNX Runtime, on the machine that exported.

{evaluation}

## Limits
It plays the songs it was taught, and blends of them, between about 70 and 150 BPM; no real music was heard.
Movement reaches it as {motion} numbers: it answers energy, stillness, arms, jumps and turns, not gestures.

## Licence
{licence}.
"""


def card(manifest: Manifest, sizes_bytes: dict[str, int]) -> str:
    """The text of README.md."""
    training = {key: value for key, value in manifest.training.items() if key != "data" and value != ""}
    return TEXT.format(
        name=manifest.name,
        generator_mb=sizes_bytes["generator.onnx"] / 1e6,
        decoder_mb=sizes_bytes["decoder.onnx"] / 1e6,
        rate=manifest.sample_rate,
        data=manifest.training.get("data", "unknown data"),
        training=table(training),
        evaluation=table(dict(manifest.evaluation)),
        motion=len(manifest.motion_features),
        licence=manifest.licence,
    )


def table(values: dict[str, str | int | float | bool] | dict[str, str | int | float]) -> str:
    """Keys and values as a Markdown table."""
    rows = "\n".join(f"| {key.replace('_', ' ')} | {value} |" for key, value in values.items())
    return f"| what | value |\n|---|---|\n{rows}"
