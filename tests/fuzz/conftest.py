"""Says at the end how many inputs the fuzzers were given."""

from typing import Any

from tests.fuzz.mutate import TALLY


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a fuzzer, and the sum."""
    if TALLY:
        terminalreporter.section("inputs of the fuzzers")
        for name, count in sorted(TALLY.items()):
            terminalreporter.write_line(f"{count:8,}  {name}")
        terminalreporter.write_line(f"{sum(TALLY.values()):8,}  in all")
