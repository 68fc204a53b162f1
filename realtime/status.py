"""The health of a show in one value, and the line that prints it."""

from dataclasses import dataclass, field

from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class CardReport:
    """How a further sound card fares; the show's own is told of by the show's figures."""

    name: str
    present: bool
    """False while it is lost."""
    underruns: int
    drift_ppm: float
    """How much slower than its label its crystal runs."""

    def __str__(self) -> str:
        return f"{self.name}: underruns {self.underruns}" + ("" if self.present else ", lost")


@dataclass(frozen=True)
class ShowStatus:
    """What a performer, the stage page and the summary are told, once a hop."""

    time_s: float = 0.0
    source: str = ""
    source_fps: float = 0.0
    pose_ms: float = 0.0
    people: int = 0
    bpm: float = 0.0
    confidence: float = 0.0
    phase_beats: float = 0.0
    energy: float = 0.0
    level_db: float = -120.0
    style: str = ""
    weights: tuple[float, ...] = ()
    intensity: float = 0.5
    mute: bool = False
    backend: str = ""
    hop_ms: float = 0.0
    budget_ms: float = 0.0
    reserve_ms: float = 0.0
    late_hops: int = 0
    underruns: int = 0
    dropped_frames: int = 0
    latency_ms: dict[str, float] = field(default_factory=dict)
    """Movement to sound, each part for itself, in order."""
    drift_ppm: float = 0.0
    cards: tuple[CardReport, ...] = ()
    """The further sound cards."""
    message: str = ""
    """The last thing worth telling the performer."""

    @property
    def movement_to_sound_ms(self) -> float:
        """The sum of the parts."""
        return sum(self.latency_ms.values())


def status_line(status: ShowStatus) -> Table:
    """The live line: what plays, how well, and what went wrong so far."""
    sure = "[green]" if status.confidence >= 0.5 else "[yellow]"
    faults = status.late_hops + status.underruns
    trouble = "[red]" if faults else "[green]"
    beat = int(status.phase_beats) % 4
    lights = "".join("●" if index == beat else "·" for index in range(4))
    grid = Table.grid(padding=(0, 2))
    grid.add_row(
        f"[bold]{status.style}[/]",
        f"{lights} {sure}{status.bpm:5.1f} BPM {status.confidence:3.0%}[/]",
        f"{status.source_fps:4.1f} fps  pose {status.pose_ms:4.1f} ms",
        f"hop {status.hop_ms:5.1f}/{status.budget_ms:.0f} ms  reserve {status.reserve_ms:3.0f} ms",
        f"{trouble}late {status.late_hops}  underruns {status.underruns}[/]  dropped {status.dropped_frames}",
        *(_card_cell(card) for card in status.cards),
        f"{status.level_db:5.1f} dB",
        f"{status.time_s:6.1f} s",
    )
    return grid


def _card_cell(card: CardReport) -> str:
    return f"[{'red' if card.underruns or not card.present else 'green'}]{escape(str(card))}[/]"
