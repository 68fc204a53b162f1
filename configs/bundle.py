"""The bundle: the contract between training and stage, a folder of a manifest and ONNX graphs.

Nothing in it is executable and nothing is a pickle. Every file is named with its SHA-256 in
``manifest.yaml``; a bundle whose files differ is refused by name.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from configs.errors import BundleError

MANIFEST = "manifest.yaml"
WHOLE = "noverre.whole."
"""Begins the metadata of a graph's node that computes a part of the window: what makes it whole again.

After it ``pads`` (an attribute) or the number of an input, a constant; the value is integers.
"""
Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tensor(_Strict):
    """One named input or output of a graph."""

    name: Name
    shape: tuple[int | str, ...]
    """Sizes; the batch is written ``B``, other free sizes by a letter of their own."""
    dtype: Literal["float32", "int64"]
    rate: Literal["code", "motion", "sample", "window"]
    """One value a code, a motion frame, a sample, or a window."""
    meaning: str


class Layout(_Strict):
    """How a window reads, in codes: past, then the block that is played, its reserve, a margin."""

    past: Annotated[int, Field(ge=0)]
    block: Annotated[int, Field(gt=0)]
    reserve: Annotated[int, Field(ge=0)]
    margin: Annotated[int, Field(ge=0)]

    @property
    def window(self) -> int:
        """Codes in the whole window."""
        return self.past + self.block + self.reserve + self.margin


class Style(_Strict):
    """A style by name, with the tempo at which it plays while nobody dances."""

    name: Name
    bpm: Annotated[float, Field(ge=40, le=240)]


class Manifest(_Strict):
    """Everything the stage must know of a bundle."""

    format: Literal[1] = 1
    name: Name
    level: Literal["streaming", "high", "low"]
    sample_rate: Annotated[int, Field(gt=0)]
    samples_per_code: Annotated[int, Field(gt=0)]
    layout: Layout
    decoder_context_codes: Annotated[int, Field(ge=0)]
    """Codes of features on either side that the decoder sees beyond what it renders."""
    decoder_codes: Annotated[int, Field(gt=0)]
    """Length T' of the decoder's ``features`` input, context included."""
    clock_turn_codes: Annotated[int, Field(ge=0, lt=1 << 24)] = 0
    """Codes after which the input ``clock`` may begin again at 0 unheard; 0: there is none."""
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    landmarks: str = "mediapipe-33"
    normalisation: str
    motion_features: tuple[str, ...] = ()
    visual_features: tuple[str, ...] = ()
    styles: tuple[Style, ...] = ()
    songs_per_style: Annotated[int, Field(ge=0)] = 0
    opset: int
    producer: str
    training: dict[str, str | int | float | bool] = {}
    """What it was trained on, how long, by which commit."""
    licence: str
    evaluation: dict[str, str | int | float] = {}
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    """File name to SHA-256."""

    @model_validator(mode="after")
    def _consistent(self) -> "Manifest":
        for required in ("generator.onnx", "decoder.onnx"):
            if required not in self.files:
                raise ValueError(f"files lists no {required}")
        for file in self.files:
            if Path(file).name != file:
                raise ValueError(f"files names {file!r}, which is not a plain file name")
        needed = self.layout.block + self.layout.reserve + 2 * self.decoder_context_codes
        if self.decoder_codes < needed:
            raise ValueError(
                f"decoder_codes is {self.decoder_codes}; block, reserve and context need {needed}"
            )
        if (self.input("clock") is None) != (self.clock_turn_codes == 0):
            raise ValueError("the input clock and clock_turn_codes go together: give both or neither")
        return self

    @property
    def window_codes(self) -> int:
        """Codes in a window."""
        return self.layout.window

    @property
    def hop_codes(self) -> int:
        """Codes in a hop."""
        return self.layout.block

    @property
    def hop_samples(self) -> int:
        """Samples in a hop."""
        return self.layout.block * self.samples_per_code

    def input(self, name: str) -> Tensor | None:
        """The generator's input of that name, or None if this bundle has none."""
        return next((tensor for tensor in self.inputs if tensor.name == name), None)


class Bundle:
    """A checked bundle folder: its manifest, and the paths of its graphs."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @property
    def generator(self) -> Path:
        """Inputs to features."""
        return self.folder / "generator.onnx"

    @property
    def decoder(self) -> Path:
        """Features to codes and samples."""
        return self.folder / "decoder.onnx"


def load_bundle(folder: str | Path) -> Bundle:
    """Read and verify a bundle.

    Raises:
        BundleError: no folder, no or invalid manifest, a missing file, or a hash that differs.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"bundle {str(folder)!r} has no {MANIFEST}: give --bundle a bundle folder")
    try:
        manifest = Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValidationError is a ValueError
        raise BundleError(f"bundle {str(folder)!r}: {MANIFEST} is not valid: {_first_line(error)}") from error
    for name, expected in manifest.files.items():
        if not (folder / name).is_file():
            raise BundleError(f"bundle {str(folder)!r} lacks {name}: copy or export it again")
        if sha256(folder / name) != expected:
            raise BundleError(
                f"bundle {str(folder)!r}: {name} differs from its SHA-256 in {MANIFEST}: "
                "it is damaged or was changed; copy or export it again"
            )
    return Bundle(folder, manifest)


def write_manifest(folder: str | Path, manifest: Manifest) -> None:
    """Write ``manifest.yaml`` beside the files it names."""
    text = yaml.safe_dump(manifest.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    (Path(folder) / MANIFEST).write_text(text, encoding="utf-8")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    """A one-line summary of a YAML or validation error."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the manifest"
        return f"{where}: {first['msg']}"
    return " ".join(str(error).split())
