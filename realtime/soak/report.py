"""A soak's verdict as Markdown. Knows no show."""

from configs.report import machine, table
from realtime.soak.bounds import lines
from realtime.soak.plan import Plan
from realtime.soak.verdict import Verdict

MARKS = {None: "", True: "kept", False: "**NOT KEPT**"}


def report(plan: Plan, verdict: Verdict, command: str) -> str:
    """The section of docs/reliability.md."""
    rows = [(line.what, line.value, line.bound, MARKS[line.kept]) for line in lines(verdict)]
    text = [
        f"### {verdict.seconds / 60:.1f} minutes, bundle `{plan.bundle}`",
        f"`{command}`; {machine()}.",
        table(("measured", "value", "bound", ""), rows),
    ]
    if verdict.fault_lines:
        text.append(table(FAULT_HEADINGS, _fault_rows(plan, verdict)))
    if verdict.holes:
        holes = ", ".join(
            f"{start_s:.1f} s: {seconds * 1000:.0f} ms" for start_s, seconds in verdict.holes[:20]
        )
        text.append(f"Silences over 0.1 s: {holes}.")
    for what, all_s in (("Late hops", verdict.late_at_s), ("Underruns", verdict.underruns_at_s)):
        if all_s:
            times = ", ".join(f"{at_s:.1f}" for at_s in all_s[:20])
            text.append(f"{what} outside faults, at s: {times}.")
    return "\n\n".join(text)


FAULT_HEADINGS = (
    "fault",
    "times",
    "longest silence",
    "recovery, median",
    "slowest",
    "what the performer reads first",
)


def _fault_rows(plan: Plan, verdict: Verdict) -> list[tuple[object, ...]]:
    return [
        (
            line.name,
            line.times,
            "(no card)" if line.silences else f"{line.longest_silence_s * 1000:.0f} ms",
            f"{line.recovery_median_s:.2f} s",
            f"{line.recovery_max_s:.2f} s" + (f", {line.not_got_over} never" if line.not_got_over else ""),
            line.said.replace(str(plan.folder), "…"),
        )
        for line in verdict.fault_lines
    ]
