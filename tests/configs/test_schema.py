from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.schema import ShowConfig, load_config

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", ["live", "rehearse", "lights", "stream", "paper"])
def test_example_configurations_load(name: str) -> None:
    assert isinstance(load_config(ROOT / f"configs/{name}.yaml", {}), ShowConfig)


def test_a_key_of_a_section_lies_on_top_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("stage: {port: 9000}\n")
    stage = load_config(path, {"stage.publish": "https://media.example/whip"}).stage
    assert stage is not None and stage.port == 9000 and stage.publish == "https://media.example/whip"
    alone = load_config(None, {"stage.publish": "https://media.example/whip"}).stage
    assert alone is not None and alone.publish


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"sauce": 1}, ["sauce", "known here"]),
        ({"camera": {"fsp": 30}}, ["camera.fsp", "fps"]),
        ({"intensity": 1.5}, ["intensity", "1.5"]),
        ({"seconds": -1}, ["seconds", "-1"]),
        ({"seconds": "soon"}, ["seconds", "soon"]),
        ({"osc": ["desk"]}, ["osc", "HOST:PORT"]),
        ({"osc": ["desk:99999"]}, ["desk:99999"]),
        ({"clock": "cuckoo"}, ["clock", "cuckoo", "virtual"]),
        ({"audio": ["wav:"]}, ["audio", "path"]),
        ({"audio": ["hw", "wav:a.wav", "HW"]}, ["audio", "hw", "twice"]),
        ({"style": "nice style!"}, ["style", "nice style!"]),
        ({"camera": 5}, ["camera", "5"]),
        ({"stage": {"port": 0}}, ["stage.port"]),
        ({"record": "a.mp4", "trace": "a.mp4"}, ["record", "trace", "a.mp4"]),
        ({"source": __file__, "record": __file__}, ["source", "record", __file__]),
        ({"audio": ["wav:a.wav", "wav:a.wav"]}, ["audio", "a.wav"]),
        ({"audio": "none"}, ["audio", "'none'", "list"]),
        ({"stage": 5}, ["stage", "5", "keys and values"]),
        ({"bundle": 5}, ["bundle", "5", "path"]),
        ({"seconds": float("inf")}, ["seconds", "inf", "finite"]),
        ({"sound": {"queue_ms": float("nan")}}, ["sound.queue_ms", "nan"]),
    ],
)
def test_mistakes_are_named(keys: dict, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, keys)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("name", ["link.jsonl", "hard.jsonl", "folder/../trace.jsonl", "through/trace.jsonl"])
def test_a_file_is_known_by_each_of_its_names(tmp_path: Path, name: str) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.jsonl").symlink_to(trace)
    (tmp_path / "hard.jsonl").hardlink_to(trace)
    (tmp_path / "through").symlink_to(tmp_path)
    other = str(tmp_path / name)
    for key, value in (("trace", other), ("record", other), ("osc_log", other), ("audio", [f"wav:{other}"])):
        with pytest.raises(ConfigError, match=f"{key} and source both name"):
            load_config(None, {"source": str(trace), key: value})


def test_a_file_that_is_not_there_yet_is_known_by_each_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("new")
    (tmp_path / "folder").mkdir()
    for other in ("link", "folder/../new"):
        with pytest.raises(ConfigError, match="trace and record both name"):
            load_config(None, {"record": str(tmp_path / "new"), "trace": str(tmp_path / other)})
    load_config(None, {"record": "/dev/null", "trace": "/dev/null"})


@pytest.mark.parametrize("text", ["- a list\n", "a: [", "\x00", "just words"])
def test_files_that_are_no_configuration(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"c\.yaml"):
        load_config(path, {})


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.yaml", {})


def test_the_command_line_wins(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("seed: 3\nstyle: pop\n")
    config = load_config(path, {"seed": 4})
    assert (config.seed, config.style) == (4, "pop")


def test_every_key_is_read_by_somebody() -> None:
    """A key that nothing reads is a promise nobody keeps."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in [ROOT / "run_live.py", *(ROOT / "realtime").rglob("*.py")]
    )
    unread = []

    def walk(model: type) -> None:
        for name, field in model.model_fields.items():
            if f".{name}" not in code and f'"{name}"' not in code:
                unread.append(f"{model.__name__}.{name}")
            for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if hasattr(inner, "model_fields"):
                    walk(inner)

    walk(ShowConfig)
    assert not unread, unread
