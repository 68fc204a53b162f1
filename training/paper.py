"""``python -m training vqvae | d2m | finetune | speed``: the paper's trainings, from a configuration file."""

from pathlib import Path
from typing import Any, Protocol

from models.config import SAMPLES_PER_CODE, VQVAEConfig
from models.published import load_published
from models.vqvae import VQVAE
from models.weights_file import read_weights_file
from training.d2m import D2MTrainer, D2MTraining
from training.finetune import FineTuner, FineTuning
from training.loop import run as run_loop
from training.paper_data import PaperData, open_source, paper_batches, paper_sound
from training.processes import join_processes
from training.settings import load_settings
from training.speed import measure
from training.vqvae import VQVAETrainer, VQVAETraining, codec_of


class Run(Protocol):
    """One call of the command: which settings, which folder, and how many minutes (0: as configured)."""

    @property
    def config(self) -> Path:
        """The configuration file."""
        ...

    @property
    def out(self) -> Path:
        """The folder of checkpoints and logs."""
        ...

    @property
    def minutes(self) -> float:
        """The longest it may take."""
        ...


def train_vqvae(run: Run) -> None:
    """Teach the Jukebox codec."""
    data = load_settings(PaperData, run.config, "data")
    settings = load_settings(VQVAETraining, run.config, "vqvae")
    batches = paper_sound(data, open_source(data, 2), settings.batch, settings.samples)
    trainer = VQVAETrainer(settings, join_processes())
    print(run_loop(trainer, batches, run.out, **_pace(settings, run)))


def train_d2m(run: Run) -> None:
    """Teach motion encoder and generator against the discriminators."""
    data = load_settings(PaperData, run.config, "data")
    settings = load_settings(D2MTraining, run.config, "d2m")
    source = open_source(data, settings.seconds)
    motion = (source.frames, source.motion_width)
    config = settings.model_config(motion, source.visual_width, source.genres)
    length = config.generator.codes * SAMPLES_PER_CODE[settings.level]
    batches = paper_batches(data, source, settings.batch, length)
    trainer = D2MTrainer(settings, config, open_codec(data.codec), join_processes())
    trainer.data = {
        "kind": data.kind,
        "motion_features": list(source.motion_features),
        "visual_features": list(source.visual_features),
    }
    print(run_loop(trainer, batches, run.out, **_pace(settings, run)))


def train_finetune(run: Run) -> None:
    """Teach one level's decoder again."""
    data = load_settings(PaperData, run.config, "data")
    settings = load_settings(FineTuning, run.config, "finetune")
    batches = paper_sound(data, open_source(data, 2), settings.batch, settings.samples)
    trainer = FineTuner(settings, open_codec(data.codec), join_processes())
    print(run_loop(trainer, batches, run.out, **_pace(settings, run)))


def measure_speed(run: Run) -> None:
    """Compare a step as configured with the plain loop."""
    print(measure(load_settings(D2MTraining, run.config, "d2m")))


def open_codec(path: str | Path) -> VQVAE:
    """The codec in a checkpoint of ``vqvae`` or ``finetune``, or in a published file.

    Raises:
        CheckpointError: naming what is wrong with it.
    """
    content = read_weights_file(path)
    if isinstance(content, dict) and isinstance(content.get("model"), dict) and "kind" in content["model"]:
        return codec_of(content)
    codec = VQVAE(VQVAEConfig())
    load_published(path, codec)
    return codec.eval()


def _pace(settings: VQVAETraining | D2MTraining | FineTuning, run: Run) -> dict[str, Any]:
    return {
        "steps": settings.steps,
        "minutes": run.minutes or settings.minutes,
        "save_every": settings.save_every,
        "log_every": settings.log_every,
    }
