"""What a soak must keep: every number of a verdict beside its bound. Pure."""

from dataclasses import dataclass
from math import isnan

from realtime.soak.verdict import Verdict

RECOVERY_S = 3.0
LATE_SHARE, DRIFT_MS, GROWTH_MB, QUIET_GROWTH_MB = 0.001, 2.0, 20.0, 5.0
FLAT = 2
"""File descriptors and threads come and go; so many more or less are no growth."""
LIKENESS = 0.98
"""Below, what is heard is not what was rendered: a resampler alone leaves over 0.99."""
GAP_S = 0.2
"""A longer gap between packets is heard in every browser."""
FILM_S = 1.0


@dataclass(frozen=True)
class Line:
    """A thing measured, its bound, and whether it was kept; None: only told."""

    what: str
    value: str
    bound: str = ""
    kept: bool | None = None


def passed(verdict: Verdict) -> bool:
    """Whether every bound was kept."""
    return all(line.kept is not False for line in lines(verdict))


def lines(verdict: Verdict) -> list[Line]:
    """Every bound."""
    return [
        *_sound(verdict),
        *_machine(verdict),
        *_faults(verdict),
        *_listeners(verdict),
        *_kept(verdict),
    ]


def _sound(one: Verdict) -> list[Line]:
    late = one.late_outside / max(1, one.hops)
    late_bound, late_kept = ("0", late == 0) if one.quiet else (f"< {LATE_SHARE:.1%}", late < LATE_SHARE)
    underruns, holes = f"{one.underruns_outside:.0f}", f"{len(one.holes)}"
    drift_kept = None if isnan(one.drift_ms) else abs(one.drift_ms) < DRIFT_MS  # no card for long enough
    drift, likeness = f"{one.drift_ms:+.2f} ms", f"{one.likeness:.4f}"
    return [
        Line("performed", f"{one.seconds:.0f} s, {one.hops} hops"),
        Line("underruns outside faults", underruns, "0", one.underruns_outside == 0),
        Line("late hops outside faults", f"{one.late_outside:.0f} ({late:.2%})", late_bound, late_kept),
        Line("silences over 0.1 s, sound card present", holes, "0", not one.holes),
        Line("drift of the sound against the beats", drift, f"< {DRIFT_MS:g} ms", drift_kept),
        Line("monitor and rendering alike (correlation)", likeness, f"> {LIKENESS}", one.likeness > LIKENESS),
    ]


def _machine(one: Verdict) -> list[Line]:
    most_mb = QUIET_GROWTH_MB if one.quiet else GROWTH_MB
    own, everything = f"{one.own_growth_mb:+.1f} MB", f"{one.all_growth_mb:+.1f} MB"
    more = f" ({', '.join(one.threads_more)})" if one.threads_more else ""
    files, threads = f"{one.files_growth:+.0f}", f"{one.threads_growth:+.0f}{more}"
    half_ms = one.hop_budget_ms / 2
    return [
        Line("hop, p99", f"{one.hop_ms_p99:.1f} ms", f"< {half_ms:.0f} ms", one.hop_ms_p99 < half_ms),
        Line("memory of the show: growth", own, f"< {most_mb:g} MB", one.own_growth_mb < most_mb),
        Line("with capture and pose", everything, f"< {most_mb:g} MB", one.all_growth_mb < most_mb),
        Line("file descriptors: growth", files, "flat", abs(one.files_growth) <= FLAT),
        Line("threads: growth", threads, "flat", abs(one.threads_growth) <= FLAT),
        Line("ended by an exception", one.error or "no", "no", not one.error),
        Line("exceptions in threads", "; ".join(one.uncaught) or "none", "none", not one.uncaught),
    ]


def _faults(one: Verdict) -> list[Line]:
    if one.quiet:
        return []
    lost, slowest = ", ".join(one.unrecovered) or "none", f"{one.slowest_recovery_s:.2f} s"
    return [
        Line("faults struck", f"{one.faults}"),
        Line("not got over", lost, "none", not one.unrecovered),
        Line("slowest recovery", slowest, f"< {RECOVERY_S:g} s", one.slowest_recovery_s < RECOVERY_S),
    ]


def _listeners(one: Verdict) -> list[Line]:
    if not one.listeners_wanted:
        return []
    got = f"{one.listeners} of {one.listeners_wanted}, {one.packets} packets"
    gaps = f"{one.gaps_outside}; the longest of all {one.worst_gap_s * 1000:.0f} ms"
    return [
        Line("WHEP listeners with sound", got, "all", one.listeners == one.listeners_wanted),
        Line("packets lost", f"{one.packets_lost}", "0", one.packets_lost == 0),
        Line(
            "gaps over 60 ms outside faults", gaps, f"none of {GAP_S * 1000:.0f} ms", one.worst_gap_s < GAP_S
        ),
    ]


def _kept(one: Verdict) -> list[Line]:
    whole = one.trace_hops == one.hops and one.trace_whole
    told = [Line("hops in the trace", f"{one.trace_hops}", f"{one.hops}, complete", whole)]
    if one.films:
        films = f"{one.films}, {', '.join(one.films_broken) or 'each plays to its end'}"
        lost = f"{one.film_lost_s:.1f} s"
        told += [
            Line("films", films, "play", not one.films_broken),
            Line(
                "of the show in no film",
                lost,
                f"< {FILM_S:g} s and 2 s a full disk",
                one.film_lost_s < FILM_S,
            ),
        ]
    return told
