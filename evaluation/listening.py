"""A listening test as a static page: blinded clips, shuffled for each listener, scored 1 to 5, saved as CSV.

Two studies, as in the paper: coherence (video with sound) and quality (sound alone). Clips are copied under
names that tell nothing; which system each came from is written to a key beside the page's folder, never in
it. The page needs no server: nothing leaves the listener's computer but the CSV they send back.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.audio import AUDIO_SUFFIXES

VIDEO_SUFFIXES = (".mp4", ".webm", ".mov")
PAGE = Path(__file__).with_name("listening.html")

QUESTIONS = {
    "coherence": "How well does the music go with the dance?",
    "quality": "How good does the music sound?",
}


@dataclass(frozen=True)
class ListeningTest:
    """Where the page and its key were written, and how many clips it plays."""

    page: Path
    key: Path
    clips: int


def build_test(systems: dict[str, Path | str], study: str, out: Path | str, seed: int = 0) -> ListeningTest:
    """Write ``out/page/index.html`` with blinded clips, and ``out/key.json``.

    Args:
        systems: system name (include "ground truth") -> folder of clips, the same names in every folder.
        study: "coherence" (videos with sound) or "quality" (sound files).
        out: a folder that does not exist yet or is empty.
        seed: of the blind names.
    """
    if study not in QUESTIONS:
        raise ValueError(f"no study is called {study!r}; there are {', '.join(QUESTIONS)}")
    files = {system: _clips(Path(folder), study) for system, folder in systems.items()}
    _check_same_names(files)
    root = Path(out)
    if root.exists() and any(root.iterdir()):
        raise ValueError(f"{root} is not empty; give a new folder, so that no old clip is played by mistake")

    everything = [(system, name, path) for system, clips in files.items() for name, path in clips.items()]
    order = np.random.default_rng(seed).permutation(len(everything))
    folder = root / "page" / "clips"
    folder.mkdir(parents=True)
    key, shown = {}, []
    for number, index in enumerate(order):
        system, name, path = everything[index]
        blind = f"{number:03d}"
        shutil.copyfile(path, folder / (blind + path.suffix.lower()))
        key[blind] = {"system": system, "clip": name}
        shown.append({"id": blind, "file": f"clips/{blind}{path.suffix.lower()}"})
    identity = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]  # so that no two tests share answers
    test = {"id": identity, "study": study, "question": QUESTIONS[study], "clips": shown}
    page = root / "page" / "index.html"
    page.write_text(PAGE.read_text().replace("/*TEST*/null", json.dumps(test)))
    (root / "key.json").write_text(json.dumps({"study": study, "clips": key}, indent=1) + "\n")
    return ListeningTest(page, root / "key.json", len(shown))


def _clips(folder: Path, study: str) -> dict[str, Path]:
    suffixes = VIDEO_SUFFIXES if study == "coherence" else AUDIO_SUFFIXES
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one that holds clips")
    found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in suffixes}
    if not found:
        raise ValueError(f"{folder} holds no clips for the {study} study ({', '.join(suffixes)})")
    return found


def _check_same_names(files: dict[str, dict[str, Path]]) -> None:
    first = next(iter(files.values()))
    for system, clips in files.items():
        odd = sorted(set(clips) ^ set(first))
        if odd:
            raise ValueError(
                f"{system!r} differs from the others in the clip {odd[0]!r}; all systems need the same clips"
            )
