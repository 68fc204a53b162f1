from dataclasses import fields, replace
from pathlib import Path

import pytest

from configs.errors import BackendError
from realtime.backend.engine_cache import MAGIC, EngineKey, read_engine, write_engine

KEY = EngineKey("RTX 4090", "SM89", 13000, "tensorrt_rtx 1.7.1", "fp16", "B=1..1..8", "0" * 64)
ENGINE = bytes(range(256)) * 40


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = write_engine(tmp_path, KEY, ENGINE)
    assert read_engine(path, KEY) == ENGINE
    assert [file.name for file in tmp_path.iterdir()] == [KEY.file_name]  # nothing temporary is left


@pytest.mark.parametrize("part", [field.name for field in fields(EngineKey)])
def test_every_part_of_the_key_counts(part: str, tmp_path: Path) -> None:
    other = replace(KEY, **{part: 13010 if part == "driver" else "other"})
    assert other.file_name != KEY.file_name
    path = write_engine(tmp_path, other, ENGINE)
    with pytest.raises(BackendError, match=f"built for something else: {part}"):
        read_engine(path, KEY)


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda content: content[:-100], "truncated"),
        (lambda content: content[: len(MAGIC) + 20], "truncated"),
        (lambda content: content[:-9] + b"x" + content[-8:], "corrupt"),
        (lambda content: b"ELF" + content, "no engine file"),
        (lambda content: MAGIC + b'{"key": {}}\n', "no valid header"),
        (lambda content: b"", "no engine file"),
    ],
)
def test_a_damaged_file_is_refused_in_words(damage, word: str, tmp_path: Path) -> None:
    path = write_engine(tmp_path, KEY, ENGINE)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BackendError, match=word):
        read_engine(path, KEY)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be read"):
        read_engine(tmp_path / "nothing.engine", KEY)
