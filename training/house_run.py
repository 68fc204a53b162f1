"""The house bundle's trainings as commands: settings, data and loops put together; each call resumes."""

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from corpus.takebank import TakeBank
from models.checkpoint import load_model
from models.codec import Codec
from models.streaming import StreamingGenerator
from models.weights_file import read_weights_file
from training import codec, house, sheet
from training.house_data import HouseData, Steps, collated, example, held_out_sound, loader, take_bank
from training.settings import load_settings

MEASURED_WINDOWS = 24


@dataclass(frozen=True)
class Run:
    """One call: which settings, which folder, and how many minutes it has in all (0: any)."""

    config: Path
    out: Path
    minutes: float = 0.0
    began_s: float = field(default_factory=time.monotonic)

    def left_minutes(self) -> float:
        """Minutes left of the call; 0 means any."""
        spent = (time.monotonic() - self.began_s) / 60
        return max(0.05, self.minutes - spent) if self.minutes else 0.0


def train_codec(run: Run) -> None:
    """Teach the codec."""
    data = load_settings(HouseData, run.config, "data")
    settings = load_settings(codec.CodecTraining, run.config, "codec")
    settings = replace(settings, minutes=run.left_minutes() or settings.minutes)
    unheard = held_out_sound(take_bank(data, "validation"), MEASURED_WINDOWS, 344)
    batches = loader(Steps(data, "sound", settings.batch, settings.codes))
    print(codec.train(settings, batches, unheard, run.out))


def train_generator(run: Run) -> None:
    """Teach the streaming generator against the codec in the same folder."""
    data = load_settings(HouseData, run.config, "data")
    settings = load_settings(house.HouseTraining, run.config, "house")
    settings = replace(settings, minutes=run.left_minutes() or settings.minutes)
    others, rng = TakeBank(Path(data.other_takes), "train"), np.random.default_rng(11)
    known = collated([example(rng, others, settings.codes) for _ in range(MEASURED_WINDOWS)])
    unheard = held_out_sound(take_bank(data, "validation"), MEASURED_WINDOWS, 344)
    batches = loader(Steps(data, "examples", settings.batch, settings.codes))
    told = read_weights_file(run.out / codec.MODEL_FILE)["extra"]
    about = {"codec_steps": told["steps"], "codec_trained_s": told["trained_s"]}
    print(house.train(settings, taught_codec(run.out), batches, known, unheard, run.out, about))


def train_all(run: Run) -> None:
    """Codec until its steps are done, then generator; a call that runs out of minutes says what is left."""
    settings = load_settings(codec.CodecTraining, run.config, "codec")
    train_codec(run)
    steps = read_weights_file(run.out / codec.MODEL_FILE)["extra"]["steps"]
    if steps < settings.steps:
        print(json.dumps({"stage": "codec", "step": steps, "of": settings.steps, "then": "call it again"}))
        return
    train_generator(run)


def draw(run: Run) -> None:
    """Draw truth, codec and generator of every genre into the folder, from takes they never saw."""
    data = load_settings(HouseData, run.config, "data")
    generator = load_model(run.out / house.MODEL_FILE).eval()
    assert isinstance(generator, StreamingGenerator)
    windows = sheet.genre_examples(TakeBank(Path(data.other_takes), "train"))
    sheet.draw_sheet(windows, taught_codec(run.out, house.CODEC_FILE), generator, run.out / "sheet.png")
    logs = {"codec": run.out / "codec_log/scalars.jsonl", "generator": run.out / "house_log/scalars.jsonl"}
    sheet.draw_curves({name: log for name, log in logs.items() if log.exists()}, run.out / "curves.png")


def taught_codec(folder: Path, file: str = codec.MODEL_FILE) -> Codec:
    """The averaged codec of a training folder; `house.CODEC_FILE` is the one tuned to the generator."""
    taught = load_model(folder / file).eval()
    assert isinstance(taught, Codec)
    return taught
