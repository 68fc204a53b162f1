"""Built engines on disk, each under everything it depends on, each checked before it is believed.

An engine fits one kind of card, one driver, one version of TensorRT, one precision, one set of shapes and one
graph. A file carries its key and the hash of its content: another card's engine, a truncated copy or a
flipped bit is refused in words, never handed to a library that would crash. Knows no TensorRT.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from configs.errors import BackendError

MAGIC = b"noverre engine 1\n"


@dataclass(frozen=True)
class EngineKey:
    """Everything an engine depends on. Two keys that differ anywhere are two files."""

    card: str
    """The card's name; ``any`` for engines built ahead of time for a kind of card."""
    compute_capability: str
    """``SM89``; several with ``+``; ``portable`` for all that this TensorRT names."""
    driver: int
    library: str
    """Module and version."""
    precision: str
    shapes: str
    """Inputs with their smallest, usual and largest batch."""
    graph: str
    """SHA-256 of the graph the engine was built from."""

    @property
    def file_name(self) -> str:
        """A readable beginning, then a hash of all of it."""
        text = json.dumps(asdict(self), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return f"{self.compute_capability}-{self.precision}-{digest}.engine"

    def differences(self, other: "EngineKey") -> str:
        """What differs, in words."""
        mine, theirs = asdict(self), asdict(other)
        return ", ".join(
            f"{k} {theirs[k]!r} where {v!r} is wanted" for k, v in mine.items() if theirs[k] != v
        )


def cache_folder() -> Path:
    """Where engines are kept: NOVERRE_CACHE, or the user's cache folder."""
    root = os.environ.get("NOVERRE_CACHE")
    if root:
        return Path(root) / "engines"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "noverre" / "engines"


def write_engine(folder: Path, key: EngineKey, engine: bytes) -> Path:
    """Write the engine so that no reader ever sees half of it; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    header = {"key": asdict(key), "sha256": hashlib.sha256(engine).hexdigest(), "size_bytes": len(engine)}
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(MAGIC + json.dumps(header).encode() + b"\n" + engine)
        file.flush()
        os.fsync(file.fileno())
    path = folder / key.file_name
    Path(file.name).replace(path)
    return path


def read_engine(path: Path, key: EngineKey) -> bytes:
    """The engine at ``path``, if it is whole and is the one that ``key`` describes.

    Raises:
        BackendError: it is missing, truncated, altered, or another card's; the sentence says which.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BackendError(f"engine file {path.name} cannot be read: {error.strerror}") from error
    header, engine = _split(path, content)
    try:
        found = EngineKey(**header["key"])
        size_bytes, digest = int(header["size_bytes"]), str(header["sha256"])
    except (KeyError, TypeError, ValueError) as error:
        raise BackendError(f"engine file {path.name} has no valid header: delete it") from error
    if found != key:
        raise BackendError(f"engine file {path.name} was built for something else: {key.differences(found)}")
    if len(engine) != size_bytes:
        raise BackendError(f"engine file {path.name} is truncated: {len(engine)} of {size_bytes} bytes")
    if hashlib.sha256(engine).hexdigest() != digest:
        raise BackendError(f"engine file {path.name} is corrupt: its content differs from its hash")
    return engine


def _split(path: Path, content: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and engine of a file."""
    if not content.startswith(MAGIC):
        raise BackendError(f"{path.name} is no engine file of this version: delete it")
    line, found, engine = content[len(MAGIC) :].partition(b"\n")
    try:
        header = json.loads(line) if found else None
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise BackendError(f"engine file {path.name} is truncated within its header: delete it")
    return header, engine
