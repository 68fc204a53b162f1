"""The examination of a house bundle as one table: measured, what the band itself gets, what is wanted."""

from typing import Any

from evaluation.intonation import CENTS_BY_CHANCE
from evaluation.tables import Cell, Table


def house_table(measures: dict[str, Any]) -> Table:
    """One row a demand of issue "the house bundle", from ``house.examine``'s measures."""
    rhythm, genre, answers = measures["rhythm"], measures["genre"], measures["answers"]
    made, own = measures["continuity"]["generated"], measures["continuity"]["corpus"]
    score, speed, far = measures["published"], measures["speed"], measures["distances"]
    rows: list[tuple[Cell, ...]] = [
        ("beat F 70 ms", rhythm["generated"]["f_70"], rhythm["truth"]["f_70"], ">= 0.95"),
        ("beat F 25 ms", rhythm["generated"]["f_25"], rhythm["truth"]["f_25"], ">= 0.85"),
        ("beats late by, ms (median)", rhythm["generated"]["median_ms"], rhythm["truth"]["median_ms"], None),
    ]
    off, by_chance = measures["cents_off"], f"{CENTS_BY_CHANCE:g} is chance"
    rows.append(("partials out of tune by, cents", off["generated"], off["truth"], by_chance))
    for name, row in score.items():
        bound = ">= 98 / 98" if name == "generated" else "null baseline"
        shown = f"{row['published']['coverage']:.1f} / {row['published']['hit']:.1f}"
        rows.append((f"coverage / hit, {name}", shown, None, bound))
    rows += [
        ("genre by classifier, %", genre["generated"]["classifier"], genre["truth"]["classifier"], ">= 90"),
        (
            "genre by retrieval, %",
            genre["generated"]["retrieval"],
            genre["truth"]["retrieval"],
            "paper: 26.7",
        ),
    ]
    for kind, row in answers.items():
        deaf = next(name for name in row if name.startswith("without"))
        wanted = ">= 0.967" if kind in ("up", "down") else None
        rows.append((f"answers a step {kind}", row["generated"]["rate"], row["truth"]["rate"], wanted))
        rows.append((f"the same {deaf}", row[deaf]["rate"], None, "near 0"))
    if "danced" in measures:
        row = measures["danced"]
        rows += [
            ("level follows dancers as tracked, correlation", row["generated"]["follows"], 1.0, None),
            ("the same without motion", row["without motion"]["follows"], None, "near 0"),
        ]
    rows += [
        ("log-mel L1 to the band", far["log_mel_l1"], 0.0, None),
        ("Frechet / that of halves", far["frechet_ratio"], None, "<= 2"),
    ]
    if made:
        rows += [
            ("drift of key, largest", _largest(made, "chroma"), _largest(own, "chroma"), "<= the band's"),
            ("drift of timbre, largest", _largest(made, "timbre"), _largest(own, "timbre"), "<= the band's"),
            ("strongest loop", _largest(made, "strongest_loop"), None, "<= 0.98"),
            ("seams found by a classifier", _mean(made, "boundary_accuracy"), 0.5, "<= 0.55"),
            ("other places of the hop found by it", _mean(made, "elsewhere_accuracy"), 0.5, None),
        ]
    rows += [
        ("one hop on one core, ms (median)", speed["hop_ms_median"], None, "<= 25"),
        ("size, MB", speed["size_mb"], None, "< 30"),
    ]
    note = (
        f"{measures['cases']} songs; embedding: {measures['embedding']}. Seams, and then places a quarter, "
        "a half and three quarters of a hop after them, are told from others at the same point of a code."
    )
    return Table(
        f"House bundle {measures['bundle']}",
        ("measure", "bundle", "the band itself", "wanted"),
        tuple(rows),
        note,
    )


def _largest(rows: dict[str, dict[str, float]], name: str) -> float | None:
    return max((row[name] for row in rows.values()), default=None)


def _mean(rows: dict[str, dict[str, float]], name: str) -> float | None:
    return sum(row[name] for row in rows.values()) / len(rows) if rows else None
