"""Imports go one way: which folder may import which, as docs and newcomers are told."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("configs", "features", "dancer", "models", "corpus", "training", "evaluation", "export", "realtime")

ALLOWED = {
    "configs": set(),
    "features": set(),
    "dancer": set(),
    "models": {"configs"},
    "corpus": {"features", "dancer", "configs"},
    "training": {"models", "corpus", "features", "configs"},
    "evaluation": {"features", "configs"},
    "export": {"models", "configs"},
    "realtime": {"features", "dancer", "configs"},
}
NEVER = {
    "configs": {"torch", "cv2", "numpy"},
    "features": {"torch", "cv2", "scipy.io"},
    "dancer": {"torch"},
    "models": {"cv2", "pyaudio", "aiortc"},
    "corpus": {"torch"},
    "realtime": {"librosa", "matplotlib"},
}
LAZY = {("realtime", "models"), ("realtime", "torch"), ("dancer", "features"), ("corpus", "torch")}
"""Allowed inside functions only. The dancer shares the landmarks' names with features."""
LAZY_FILES = {"realtime/backend/torch.py"}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, at top level) for every import statement."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append((node.module, id(node) in top))
    return found


@pytest.mark.parametrize("folder", OURS)
def test_folder_imports_only_what_it_may(folder: str) -> None:
    wrong = []
    for path in sources(folder):
        for module, top in imports(path):
            root = module.split(".")[0]
            lazy = not top and (folder, root) in LAZY
            forbidden = root in NEVER.get(folder, set())
            foreign = root in OURS and root != folder and root not in ALLOWED[folder]
            if (forbidden or foreign) and not lazy and str(path.relative_to(ROOT)) not in LAZY_FILES:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_sources() -> None:
    assert all(sources(folder) for folder in OURS)


def test_performing_needs_no_torch() -> None:
    """The whole stage imports with torch, librosa and onnx made impossible."""
    code = (
        "import sys\n"
        "for name in ('torch', 'librosa', 'onnx', 'tensorrt'): sys.modules[name] = None\n"
        "import run_live, realtime.show, realtime.vision_process, dancer\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
