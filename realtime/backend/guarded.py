"""Engines in order of preference: one that fails or renders nonsense is replaced by the next, mid-hop."""

from collections.abc import Callable, Sequence

import numpy as np

from configs.errors import BackendError
from realtime.backend.base import Backend, Inputs, Rendering

LOUDEST = 1000.0
"""Untrained networks render some tens; beyond this an engine has lost a scale."""


class GuardedBackend:
    """The first of ``engines`` that works.

    Args:
        engines: functions that open an engine, the preferred first; the later ones are opened only
            when needed.
        say: told, in a sentence, when an engine is replaced.
    """

    def __init__(self, engines: Sequence[Callable[[], Backend]], say: Callable[[str], None]) -> None:
        self._openers = list(engines)
        self._say = say
        self.replaced = 0
        self._engine = self._next("")

    @property
    def name(self) -> str:
        """The engine that renders now."""
        return self._engine.name

    def render(self, inputs: Inputs) -> Rendering:
        """Render with the current engine, or with the first of the others that can.

        Raises:
            BackendError: none can.
        """
        try:
            return checked(self._engine.render(inputs), self._engine.name)
        except BackendError as error:
            if not self._openers:
                raise
            self._engine = self._next(f"{error}. ")
            self.replaced += 1
        return self.render(inputs)

    def _next(self, why: str) -> Backend:
        refusals = [why.strip()] if why else []
        while self._openers:
            opener = self._openers.pop(0)
            try:
                engine = opener()
            except BackendError as error:
                refusals.append(f"{error}.")
                continue
            if refusals:
                self._say(" ".join([*refusals, f"{engine.name} plays on."]))
            return engine
        raise BackendError(" ".join([*refusals, "No engine is left: use --backend onnxruntime."]))


def checked(rendering: Rendering, name: str) -> Rendering:
    """The rendering itself, if it is sound.

    Raises:
        BackendError: samples that are not finite, or absurdly loud.
    """
    peak = float(np.abs(rendering.samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise BackendError(f"{name} rendered values that are no numbers")
    if peak > LOUDEST:
        raise BackendError(f"{name} rendered samples of {peak:.0f}, where 1 is full scale")
    return rendering
