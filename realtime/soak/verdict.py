"""What came of a soak, in numbers. Pure, once the soak is over; knows no bounds."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from realtime.chaos import Incident
from realtime.ear import SPAN_S
from realtime.show import Summary
from realtime.soak.plan import SETTLE_S
from realtime.soak.soak import LOOK_S, Soak

AFTER_S = 2.0
"""What goes wrong this long after a fault still belongs to it."""
LOST_FILM_S = 2.0
"""A disk that is full costs the fragment that is being written, and what the encoder had not reached."""


@dataclass(frozen=True)
class FaultLine:
    """All strikes of one fault."""

    name: str
    times: int
    longest_silence_s: float
    recovery_median_s: float
    recovery_max_s: float
    not_got_over: int
    silences: bool
    """The sound card itself was gone."""
    said: str


@dataclass(frozen=True)
class Verdict:
    """What came of a soak, in numbers."""

    seconds: float
    hops: int
    late_outside: float
    late_at_s: tuple[float, ...]
    """When, in show time; likewise below."""
    underruns_at_s: tuple[float, ...]
    underruns_outside: float
    holes: tuple[tuple[float, float], ...]
    """Silences of over 0.1 s that no lost sound card explains: show time, length."""
    unrecovered: tuple[str, ...]
    slowest_recovery_s: float
    own_growth_mb: float
    all_growth_mb: float
    files_growth: float
    threads_growth: float
    threads_more: tuple[str, ...]
    """Python's names of those that are there at the end and were not after start-up."""
    hop_ms_p99: float
    hop_budget_ms: float
    drift_ms: float
    likeness: float
    error: str
    uncaught: tuple[str, ...]
    faults: int
    """Faults that were struck."""
    fault_lines: tuple[FaultLine, ...]
    listeners_wanted: int
    listeners: int
    """Listeners that got sound."""
    packets: int
    packets_lost: int
    gaps_outside: int
    """Of over 60 ms between two packets, outside faults."""
    worst_gap_s: float
    films: int
    films_broken: tuple[str, ...]
    film_lost_s: float
    """Seconds of the show that no film holds, beyond what full disks explain."""
    trace_hops: int
    trace_whole: bool
    quiet: bool


def judge(soak: Soak) -> Verdict:
    """Numbers from what was observed."""
    outcome = soak.outcome[0]
    summary = outcome if isinstance(outcome, Summary) else None
    assert soak.kept is not None
    silent = [one for one in soak.incidents if one.fault.silences]
    zero_s = soak.show.clock.origin_s
    recoveries = [one.recovery_s for one in soak.incidents if one.recovery_s is not None]
    late, underruns = rises_outside(soak, "late_hops"), rises_outside(soak, "underruns")
    warm_s = warm_up_s(soak)
    gaps = [gap for account in soak.accounts for gap in account.gaps]
    return Verdict(
        seconds=summary.seconds if summary else 0.0,
        hops=summary.hops if summary else 0,
        late_outside=sum(rise for _, rise in late),
        late_at_s=tuple(at_s for at_s, _ in late),
        underruns_outside=sum(rise for _, rise in underruns),
        underruns_at_s=tuple(at_s for at_s, _ in underruns),
        holes=tuple(
            (hole.start_s - zero_s, hole.seconds)
            for hole in soak.ear.holes
            if not any(within(hole.start_s, one, SPAN_S) for one in silent)
        ),
        unrecovered=tuple(one.fault.name for one in soak.incidents if one.well_s is None),
        slowest_recovery_s=max(recoveries, default=0.0),
        own_growth_mb=soak.signs.growth("own_mb", warm_s),
        all_growth_mb=soak.signs.growth("all_mb", warm_s),
        files_growth=soak.signs.growth("files", warm_s),
        threads_growth=soak.signs.growth("threads", warm_s),
        threads_more=_more(soak.threads),
        hop_ms_p99=summary.hop_ms_p99 if summary else float("nan"),
        hop_budget_ms=soak.show.pipeline.hop_s * 1000,
        drift_ms=_drift_ms(soak, silent),
        likeness=float(np.median(soak.ear.likeness)) if soak.ear.likeness else float("nan"),
        error="" if summary else repr(outcome),
        uncaught=tuple(soak.uncaught),
        faults=len(soak.incidents),
        fault_lines=fault_lines(soak),
        listeners_wanted=soak.plan.listeners,
        listeners=sum(account.frames > 0 for account in soak.accounts),
        packets=sum(account.packets for account in soak.accounts),
        packets_lost=sum(account.lost for account in soak.accounts),
        gaps_outside=sum(not any(within(at_s, one, AFTER_S) for one in soak.incidents) for at_s, _ in gaps),
        worst_gap_s=max((gap_s for _, gap_s in gaps), default=0.0),
        films=len(soak.kept.films),
        films_broken=tuple(f"{film.name}: {film.error}" for film in soak.kept.films if film.error),
        film_lost_s=_film_lost_s(soak, summary),
        trace_hops=soak.kept.hops,
        trace_whole=soak.kept.complete and not soak.kept.trace_error,
        quiet=soak.plan.quiet,
    )


def _more(names: list[list[str]]) -> tuple[str, ...]:
    return tuple((Counter(names[-1]) - Counter(names[0])).elements()) if names else ()


def warm_up_s(soak: Soak) -> float:
    """From when on growth counts: a quarter of a short soak, a minute of a long one."""
    lasted_s = soak.signs.columns["time_s"][-1] if soak.signs.columns["time_s"] else 0.0
    return min(60.0, max(SETTLE_S, lasted_s / 4))


def within(wall_s: float, incident: Incident, margin_s: float) -> bool:
    """Whether a moment belongs to a fault."""
    return incident.struck_s - margin_s <= wall_s <= (incident.well_s or 1e12) + margin_s


def rises_outside(soak: Soak, name: str) -> list[tuple[float, float]]:
    """When, in show time, a counter rose outside faults and start-up, and by how much."""
    zero_s, found = soak.show.clock.origin_s, []
    for at_s, rise in soak.signs.steps(name):
        wall_s = soak.began_s + at_s
        inside = any(
            one.struck_s <= wall_s <= (one.well_s or 1e12) + AFTER_S + LOOK_S for one in soak.incidents
        )
        if not inside and at_s >= SETTLE_S / 4:
            found.append((wall_s - zero_s, rise))
    return found


def fault_lines(soak: Soak) -> tuple[FaultLine, ...]:
    """One line a fault, in order of their first strike."""
    found = []
    for name in dict.fromkeys(one.fault.name for one in soak.incidents):
        these = [one for one in soak.incidents if one.fault.name == name]
        silences = [
            hole.seconds for hole in soak.ear.silences if any(within(hole.start_s, one, 0.5) for one in these)
        ]
        recoveries = [one.recovery_s for one in these if one.recovery_s is not None]
        found.append(
            FaultLine(
                name,
                len(these),
                max(silences, default=0.0),
                float(np.median(recoveries)) if recoveries else float("nan"),
                max(recoveries, default=float("nan")),
                sum(one.well_s is None for one in these),
                these[0].fault.silences,
                (these[0].said or ["-"])[0],
            )
        )
    return tuple(found)


def _film_lost_s(soak: Soak, summary: Summary | None) -> float:
    """What of the show is in no film, less what full disks may cost."""
    if summary is None or soak.kept is None or not soak.kept.films:
        return 0.0
    full = [one for one in soak.incidents if one.fault.name == "disk full"]
    away_s = sum((one.well_s or one.mended_s) - one.struck_s + LOST_FILM_S for one in full)
    return max(0.0, summary.seconds - soak.kept.film_s - away_s)


def _drift_ms(soak: Soak, silent: list[Incident]) -> float:
    """Change of the lag between a beat's claimed and real time, over the longest quiet stretch."""
    times_s, lags_s = np.array(soak.ear.times_s), np.array(soak.ear.lags_s)
    good = np.array(soak.ear.likeness) > 0.9
    edges = [0.0, *(one.mended_s for one in silent), 1e12]
    stretches = [good & (times_s > start + 10) & (times_s < end - 3) for start, end in pairwise(edges)]
    lags_s = lags_s[max(stretches, key=lambda mask: int(mask.sum()))]
    if len(lags_s) < 4:
        return float("nan")
    few = max(1, min(5, len(lags_s) // 4))
    return float(np.median(lags_s[-few:]) - np.median(lags_s[:few])) * 1000
