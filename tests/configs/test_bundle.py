from pathlib import Path

import pytest
import yaml

from configs.bundle import load_bundle
from configs.errors import BundleError
from tests.toy_bundle import make_toy_bundle


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return make_toy_bundle(tmp_path / "toy")


def change(folder: Path, **keys: object) -> None:
    path = folder / "manifest.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | keys))


def test_a_sound_bundle_loads(toy: Path) -> None:
    bundle = load_bundle(toy)
    assert bundle.manifest.name == "toy" and bundle.manifest.window_codes == 344


def test_a_changed_file_is_named(toy: Path) -> None:
    (toy / "decoder.onnx").write_bytes(b"x" + (toy / "decoder.onnx").read_bytes()[1:])
    with pytest.raises(BundleError, match=r"decoder\.onnx.*SHA-256"):
        load_bundle(toy)


def test_a_missing_file_is_named(toy: Path) -> None:
    (toy / "generator.onnx").unlink()
    with pytest.raises(BundleError, match=r"lacks generator\.onnx"):
        load_bundle(toy)


def test_no_folder() -> None:
    with pytest.raises(BundleError, match=r"manifest\.yaml"):
        load_bundle("/nowhere")


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"surprise": 1}, "surprise"),
        ({"sample_rate": "fast"}, "sample_rate"),
        ({"decoder_codes": 3}, "decoder_codes"),
        ({"files": {"generator.onnx": "0" * 64}}, "decoder.onnx"),
        ({"files": dict.fromkeys(("generator.onnx", "decoder.onnx", "../x"), "0" * 64)}, "plain file name"),
        ({"format": 2}, "format"),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(toy: Path, keys: dict, word: str) -> None:
    change(toy, **keys)
    with pytest.raises(BundleError, match=word):
        load_bundle(toy)


def test_python_objects_in_yaml_are_not_built(toy: Path) -> None:
    (toy / "manifest.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(BundleError, match="not valid"):
        load_bundle(toy)
