"""Researchers' commands need more than the stage does; this says in a sentence what installs it."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from configs.errors import ConfigError


def load(name: str) -> ModuleType:
    """Import one of our modules.

    Raises:
        ConfigError: a package that it needs is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or find_spec(missing.name.split(".")[0]):
            raise  # the package is there: a part of it that is not is a mistake, which no set-up mends
        raise ConfigError(
            f"this command needs {missing.name}, which is not installed: `make setup-test` installs "
            "what research needs beyond the stage."
        ) from missing
