"""Training settings: a YAML file becomes a frozen dataclass, and a key nobody reads is an error."""

from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

Settings = TypeVar("Settings")


class SettingsError(ValueError):
    """A training configuration that cannot be used; the message names file, key and remedy."""


def load_settings(kind: type[Settings], path: str | Path, section: str | None = None) -> Settings:
    """Read `path` (or one top-level `section` of it) as an instance of the dataclass `kind`.

    Raises:
        SettingsError: no such file or section, an unknown key, or a value of the wrong type.
    """
    path = Path(path)
    if not path.is_file():
        raise SettingsError(f"There is no training configuration {path}; see configs/training/ for examples.")
    values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    where = str(path)
    if section is not None:
        if section not in values:
            raise SettingsError(f"{path} has no section {section!r}; it has {', '.join(values)}.")
        values, where = values[section] or {}, f"{path}, {section}"
    return build(kind, values, where)


def build(kind: type[Settings], values: Any, where: str) -> Settings:
    """An instance of the dataclass `kind` from plain `values`; `where` is named in errors."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: expected keys and values, found {values!r}.")
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise SettingsError(f"{where}: unknown key {key!r}; known are {', '.join(known)}.")
    made = {key: _convert(hints[key], value, f"{where}, {key}") for key, value in values.items()}
    try:
        return kind(**made)
    except TypeError as error:
        raise SettingsError(f"{where}: {error}") from error


def plain(settings: Any) -> dict[str, Any]:
    """The settings as nested dicts and lists, for a checkpoint or a manifest."""
    return {key: _plain(value) for key, value in asdict(settings).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def _convert(hint: Any, value: Any, where: str) -> Any:
    """`value` as `hint` says; whole numbers pass for floats, lists for tuples."""
    if is_dataclass(hint):
        return build(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise SettingsError(f"{where}: expected a list, found {value!r}.")
        return tuple(_convert(get_args(hint)[0], item, where) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise SettingsError(f"{where}: expected {hint.__name__}, found {value!r}.")
    return value
