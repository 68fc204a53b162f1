"""Researchers' commands need more than the stage does; this says in a sentence what installs it."""

from importlib import import_module
from types import ModuleType

from configs.errors import ConfigError

OURS = {"configs", "corpus", "dancer", "evaluation", "export", "features", "models", "realtime", "training"}
"""A module of these that is missing is a mistake of ours, which no set-up mends."""


def load(name: str) -> ModuleType:
    """Import one of our modules.

    Raises:
        ConfigError: a package that it needs is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] in OURS:
            raise
        raise ConfigError(
            f"this command needs {missing.name}, which is not installed: `make setup-test` installs "
            "what research needs beyond the stage."
        ) from missing
