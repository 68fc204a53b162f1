"""The engine seam, one method wide: a window's inputs in, the block and its reserve out."""

from realtime.backend.base import Backend, Rendering
from realtime.backend.choose import open_backend

__all__ = ["Backend", "Rendering", "open_backend"]
