"""`python -m training codec --config configs/training/house.yaml`: one command a story, each resumes."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from corpus.takebank import TakeBank
from models.checkpoint import load_model
from models.codec import Codec
from models.streaming import StreamingGenerator
from models.weights_file import CheckpointError as WeightsError
from training import codec, house, house_data, paper, sheet
from training.checkpoint import CheckpointError
from training.settings import SettingsError, load_settings


def train_codec(args: argparse.Namespace) -> None:
    """Teach the codec of the house bundle."""
    data = load_settings(house_data.HouseData, args.config, "data")
    settings = load_settings(codec.CodecTraining, args.config, "codec")
    takes = house_data.take_bank(data, "train")
    unheard = house_data.held_out_sound(house_data.take_bank(data, "validation"), 24, 344)
    batches = house_data.sound_batches(data, takes, settings.batch, settings.codes)
    print(codec.train(settings, batches, unheard, args.out))


def train_house(args: argparse.Namespace) -> None:
    """Teach the streaming generator against the codec in the same folder."""
    data = load_settings(house_data.HouseData, args.config, "data")
    settings = load_settings(house.HouseTraining, args.config, "house")
    taught = load_model(args.out / codec.MODEL_FILE)
    assert isinstance(taught, Codec)
    takes = house_data.take_bank(data, "train")
    others = TakeBank(Path(data.other_takes), "train")
    rng = np.random.default_rng(11)
    known = house_data.collated([house_data.example(rng, others, settings.codes) for _ in range(24)])
    batches = house_data.example_batches(data, takes, settings.batch, settings.codes)
    print(house.train(settings, taught, batches, known, args.out))


def draw_sheet(args: argparse.Namespace) -> None:
    """Draw truth, codec and generator of every genre into the folder."""
    data = load_settings(house_data.HouseData, args.config, "data")
    taught, generator = _networks(args.out)
    windows = sheet.genre_examples(TakeBank(Path(data.other_takes), "train"))
    sheet.draw_sheet(windows, taught, generator, args.out / "sheet.png")


def _networks(folder: Path) -> tuple[Codec, StreamingGenerator]:
    taught, generator = load_model(folder / codec.MODEL_FILE), load_model(folder / house.MODEL_FILE)
    assert isinstance(taught, Codec) and isinstance(generator, StreamingGenerator)
    return taught.eval(), generator.eval()


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "codec": train_codec,
    "house": train_house,
    "sheet": draw_sheet,
    "vqvae": paper.train_vqvae,
    "d2m": paper.train_d2m,
    "finetune": paper.train_finetune,
    "speed": paper.measure_speed,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 and a sentence when it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Teach networks; every run resumes."
    )
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--config", type=Path, default=Path("configs/training/house.yaml"))
    parser.add_argument("--out", type=Path, default=Path("build/house"), help="checkpoints and logs")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: as many as torch likes")
    args = parser.parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        COMMANDS[args.command](args)
    except (SettingsError, CheckpointError, WeightsError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
