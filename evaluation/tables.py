"""The paper's tables with their published numbers, ours beside; as Markdown and JSON. Measures nothing.

Numbers are those of Zhu et al., "Quantized GAN for Complex Music Generation from Dance Videos" (ECCV 2022),
and, where named, of later work on the same protocol. Tables are named by subject. ``None`` was not
published, or not measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | float | int | None

BEATS = ("coverage", "hit", "genre accuracy")


@dataclass(frozen=True)
class Table:
    """A title, column names (the first names the row) and rows of cells as long as the columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {row[0]!r} has {len(row)} cells, not {len(self.columns)}")


PUBLISHED: dict[str, Table] = {
    "comparison": Table(
        "Comparison on AIST++ (published)",
        ("method", *BEATS, "MOS coherence", "MOS quality"),
        (
            ("ground truth", 100.0, 100.0, None, 4.6, 4.8),
            ("Dance2Music", 83.5, 82.4, 7.0, None, None),
            ("Foley Music", 74.1, 69.4, 8.1, None, None),
            ("CMT", 85.5, 83.5, 11.6, None, None),
            ("D2M-GAN high", 88.2, 84.7, 24.4, 3.5, 3.5),
            ("D2M-GAN low", 92.3, 91.7, 26.7, 3.3, 3.7),
            ("CDCD (2023)", 93.9, 90.7, None, None, None),
        ),
    ),
    "tiktok": Table(
        "TikTok (published)",
        ("method", "coverage", "hit"),
        (("D2M-GAN high", 88.4, 82.3), ("D2M-GAN low", 87.1, 83.9)),
    ),
    "modality": Table(
        "Modality ablation (published)",
        ("method", *BEATS),
        (
            ("AIST++ high, without motion", 83.5, 82.9, 15.1),
            ("AIST++ high, without visual", 87.1, 88.2, 16.3),
            ("AIST++ high", 88.2, 84.7, 24.4),
            ("AIST++ low, without motion", 89.4, 87.6, 15.1),
            ("AIST++ low, without visual", 90.6, 90.0, 17.4),
            ("AIST++ low", 92.3, 91.7, 26.7),
            ("TikTok high, without motion", 85.5, 72.4, None),
            ("TikTok high, without visual", 86.3, 81.7, None),
            ("TikTok high", 88.4, 82.3, None),
            ("TikTok low, without motion", 83.8, 74.6, None),
            ("TikTok low, without visual", 85.2, 81.7, None),
            ("TikTok low", 87.1, 83.9, None),
        ),
    ),
    "length": Table(
        "Sequence length on AIST++ (published)",
        ("method", *BEATS),
        (
            ("high, 2 s", 88.2, 84.7, 24.4),
            ("high, 3 s", 88.2, 85.3, 25.6),
            ("high, 4 s", 87.1, 83.0, 23.3),
            ("low, 2 s", 92.3, 91.7, 26.7),
            ("low, 3 s", 90.1, 88.2, 25.6),
            ("low, 4 s", 88.2, 84.7, 23.3),
        ),
    ),
    "losses": Table(
        "Loss ablation on AIST++ (published)",
        ("method", *BEATS),
        (
            ("high, without feature matching", 85.3, 84.7, 23.3),
            ("high, without waveform L1", 85.9, 84.7, 23.3),
            ("high, without mel L1", 77.6, 76.5, 18.6),
            ("high", 88.2, 84.7, 24.4),
            ("low, without feature matching", 91.7, 90.1, 24.4),
            ("low, without waveform L1", 89.4, 88.8, 23.3),
            ("low, without mel L1", 78.8, 77.1, 17.4),
            ("low", 92.3, 91.7, 26.7),
        ),
    ),
    "architecture": Table(
        "Architecture ablation on AIST++ (published)",
        ("method", *BEATS),
        (
            ("high, one discriminator", 75.3, 72.9, 9.3),
            ("high, two discriminators", 85.3, 82.9, 21.0),
            ("high, without scaling", 72.9, 71.8, 14.0),
            ("high, without reshape", 73.5, 70.1, 11.6),
            ("high, without decoder fine-tuning", 87.0, 84.7, 24.4),
            ("high", 88.2, 84.7, 24.4),
            ("low, one discriminator", 73.5, 71.8, 8.1),
            ("low, two discriminators", 87.0, 85.9, 22.1),
            ("low, without scaling", 72.4, 70.1, 12.8),
            ("low, without reshape", 73.5, 71.8, 12.8),
            ("low, without decoder fine-tuning", 92.3, 91.2, 26.7),
            ("low", 92.3, 91.7, 26.7),
        ),
    ),
    "loris": Table(
        "LORIS's variant, later work (published)",
        ("method", "BCS", "CSD", "BHS", "HSD", "F1"),
        (
            ("CDCD", 89.2, 9.0, 93.8, 10.0, 91.5),
            ("LORIS", 89.9, 8.9, 95.3, 8.9, 92.5),
            ("PF-D2M", 89.4, 8.1, 99.8, 1.9, 94.3),
        ),
    ),
}
"""The paper's six tables by subject (its MOS columns are in ``comparison``), and LORIS's."""


def with_ours(key: str, ours: Sequence[dict[str, Cell]]) -> Table:
    """A published table followed by our rows; each row is a dictionary with ``method`` and column names.

    A column we did not measure stays empty; an unknown key of the row is ignored, so one measured row can
    serve several tables.
    """
    if key not in PUBLISHED:
        raise ValueError(f"no published table is called {key!r}; there are {', '.join(PUBLISHED)}")
    table = PUBLISHED[key]
    rows = [
        tuple([f"{row['method']} (ours)", *(row.get(column) for column in table.columns[1:])]) for row in ours
    ]
    title = table.title.replace("(published)", "(published, and ours)")
    return Table(title, table.columns, (*table.rows, *rows), table.note)


def markdown(table: Table) -> str:
    """The table as GitHub Markdown, numbers to the right."""
    lines = [
        f"### {table.title}",
        "",
        "| " + " | ".join(table.columns) + " |",
        "|" + "|".join(["---", *["---:"] * (len(table.columns) - 1)]) + "|",
    ]
    lines += ["| " + " | ".join(_shown(cell) for cell in row) + " |" for row in table.rows]
    return "\n".join([*lines, *(["", table.note] if table.note else [])]) + "\n"


def as_json(table: Table) -> dict[str, object]:
    """The table as plain values: title, note, and one dictionary a row."""
    rows = [dict(zip(table.columns, (_finite(cell) for cell in row), strict=True)) for row in table.rows]
    return {"title": table.title, "note": table.note, "rows": rows}


def _finite(cell: Cell) -> Cell:
    """JSON has no NaN: a measure that does not exist is null."""
    return None if isinstance(cell, float) and cell != cell else cell


def _shown(cell: Cell) -> str:
    if cell is None or cell != cell:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.1f}" if abs(cell) >= 10 or cell == int(cell) else f"{cell:.3g}"
    return str(cell).replace("|", "\\|")
