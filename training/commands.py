"""What ``python -m training`` can do: one command a story; each resumes."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from models.weights_file import CheckpointError as WeightsError
from training import accents, house_run, paper
from training.checkpoint import CheckpointError
from training.settings import SettingsError

COMMANDS: dict[str, tuple[Callable[[house_run.Run], None], str]] = {
    "all": (house_run.train_all, "corpus, codec, generator: the whole house bundle but its export"),
    "accents": (
        lambda run: print(accents.train(run.config, run.out, run.minutes)),
        "the follower's network, which reads the beat from poses",
    ),
    "codec": (house_run.train_codec, "the codec of the house bundle"),
    "house": (house_run.train_generator, "its streaming generator, against the codec in --out"),
    "sheet": (house_run.draw, "a picture and WAVs: truth, codec and generator of every genre"),
    "vqvae": (paper.train_vqvae, "the paper's codec, Jukebox's VQ-VAE"),
    "d2m": (paper.train_d2m, "the paper's generator against its discriminators"),
    "finetune": (paper.train_finetune, "the paper's decoder again, for one level"),
    "speed": (paper.measure_speed, "a step of d2m as configured and as the plain loop does it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 and a sentence when it cannot be done."""
    listing = "; ".join(f"{name}: {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(prog="python -m training", description=listing)
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--config", type=Path, default=Path("configs/training/house.yaml"))
    parser.add_argument("--out", type=Path, default=Path("build/house"), help="checkpoints and logs")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so long; 0: when done")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: as many as torch likes")
    args = parser.parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        COMMANDS[args.command][0](house_run.Run(args.config, args.out, args.minutes))
    except (SettingsError, CheckpointError, WeightsError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
