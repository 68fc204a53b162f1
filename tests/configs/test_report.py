from pathlib import Path

import pytest

from configs.report import machine, percentiles, table, write_section


def test_percentiles_by_rank() -> None:
    assert percentiles(range(1, 101)) == (51, 96, 100)
    with pytest.raises(ValueError, match="nothing"):
        percentiles([])


def test_sections_are_replaced_in_place(tmp_path: Path) -> None:
    path = tmp_path / "b.md"
    write_section(path, "one", "first")
    write_section(path, "two", "second")
    write_section(path, "one", "changed")
    text = path.read_text()
    assert "first" not in text and text.index("changed") < text.index("second")


def test_table_and_machine() -> None:
    assert table(("a", "b"), [(1, 2)]).splitlines()[-1] == "| 1 | 2 |"
    assert "cores" in machine()
