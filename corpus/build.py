"""Builds the band's corpus on disk: stems, MIDI, beats, an index. Resumable; bit for bit from a seed."""

import json
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE, STEMS
from corpus.bank import Bank
from corpus.take import Take

FORMAT = 1
STEM_SCALE = 16_384.0
"""int16 value of a stem sample of 1.0; stems may reach twice full scale before the mix."""

_bank: Bank | None = None


def build(out: Path, takes: Sequence[Take], seed: int, bank_path: Path, workers: int) -> dict[str, Any]:
    """Render ``takes`` (``plan.plan``) into ``out``; those there already, from the same recipe, are kept.

    Writes ``takes/NAME.npy`` (int16 ``[14, N]``, 2.2 GB an hour), ``NAME.curves.npy`` (float32 ``[2, T]``:
    side-chain, phase), ``NAME.mid``, ``NAME.json`` and, last, ``index.json``.

    Returns:
        The index.
    """
    folder = out / "takes"
    folder.mkdir(parents=True, exist_ok=True)
    bank_name = Bank.best(bank_path).fingerprint
    missing = [take for take in takes if not is_done(take, folder, bank_name)]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(workers, initializer=open_bank, initargs=(bank_path,)) as pool:
        done = pool.map(render_to, missing, [folder] * len(missing), chunksize=1)
        for _ in track(done, "Rendering takes", total=len(missing)):
            pass
    index = {
        "format": FORMAT,
        "seed": seed,
        "bank": bank_name,
        "sample_rate": SAMPLE_RATE,
        "samples_per_code": SAMPLES_PER_CODE,
        "stems": list(STEMS),
        "stem_scale": STEM_SCALE,
        "hours": sum(take.seconds for take in takes) / 3600.0,
        "takes": [json.loads((folder / f"{take.name}.json").read_text()) for take in takes],
    }
    write_whole(out / "index.json", json.dumps(index).encode())
    return index


def open_bank(path: Path) -> None:
    """Give this worker process its bank."""
    global _bank
    _bank = Bank.best(path)


def render_to(take: Take, folder: Path) -> None:
    """Render one take; its JSON, written last, marks it done."""
    assert _bank is not None
    stems = take.stems(_bank)
    rows = np.clip(np.round(stems.rows * STEM_SCALE), -32_768, 32_767).astype(np.int16)
    save(folder / f"{take.name}.npy", rows)
    save(folder / f"{take.name}.curves.npy", np.stack([stems.duck, stems.phase]))
    write_whole(folder / f"{take.name}.mid", take.midi())
    record = {**take.as_json(), "bank": _bank.fingerprint, "crc32": zlib.crc32(rows.tobytes())}
    write_whole(folder / f"{take.name}.json", json.dumps(record).encode())


def is_done(take: Take, folder: Path, bank: str) -> bool:
    """True if the take lies there, made from this recipe and this bank."""
    path = folder / f"{take.name}.json"
    if not path.exists() or not (folder / f"{take.name}.npy").exists():
        return False
    record = json.loads(path.read_text())
    return record["bank"] == bank and {key: record[key] for key in take.as_json()} == take.as_json()


def save(path: Path, array: np.ndarray) -> None:
    """Write an ``.npy`` whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, array)
    part.replace(path)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    part.replace(path)
