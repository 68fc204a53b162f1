"""The few calls of CUDA's driver that TensorRT needs, through ctypes: memory, copies, streams, graphs.

The driver is the only thing asked for; no CUDA package. One class, so that tests can put a fake in its
place. Everything a card says is turned into BackendError with the driver's own name for it.
"""

import ctypes
import ctypes.util
import sys
from dataclasses import dataclass
from typing import Any

from configs.errors import BackendError

Handle = ctypes.c_void_p
CAPTURE_THREAD_LOCAL = 1
HOST_PORTABLE = 1
STREAM_NON_BLOCKING = 1
MAJOR, MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
NAME_BYTES = 256


@dataclass(frozen=True)
class Card:
    """A GPU as an engine's cache key must know it."""

    name: str
    compute_capability: tuple[int, int]
    driver: int
    """Version of CUDA that the driver speaks, e.g. 13000."""
    uuid: str

    def __str__(self) -> str:
        major, minor = self.compute_capability
        return f"{self.name} (SM{major}{minor})"


def driver_library() -> Any:
    """The driver's library.

    Raises:
        OSError: there is none.
    """
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


def driver_problem() -> str | None:
    """Why no CUDA device can be used, in a phrase; None when one can. Never crashes, loads no engine."""
    try:
        library = driver_library()
    except OSError:
        return "no NVIDIA driver is installed"
    if library.cuInit(0) != 0:
        return "the NVIDIA driver does not start"
    count = ctypes.c_int()
    if library.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "there is no CUDA device"
    return None


class Cuda:
    """One card: its primary context, made current for the calling thread.

    Args:
        device: index of the card.

    Raises:
        BackendError: there is no card.
    """

    def __init__(self, device: int = 0) -> None:
        problem = driver_problem()
        if problem is not None:
            raise BackendError(f"{problem}: use --backend onnxruntime")
        self._library = driver_library()
        self._device = ctypes.c_int()
        self._call("cuDeviceGet", ctypes.byref(self._device), device)
        self._context = Handle()
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), self._device)
        self.make_current()
        self.card = self._describe()

    def make_current(self) -> None:
        """Bind the context to this thread; every thread that renders does so once."""
        self._call("cuCtxSetCurrent", self._context)

    def memory(self, size_bytes: int) -> int:
        """Address of memory on the card."""
        address = ctypes.c_uint64()
        self._call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size_bytes))
        return int(address.value)

    def pinned(self, size_bytes: int) -> int:
        """Address of page-locked memory on the host."""
        address = Handle()
        self._call(
            "cuMemHostAlloc", ctypes.byref(address), ctypes.c_size_t(size_bytes), ctypes.c_uint(HOST_PORTABLE)
        )
        return int(address.value or 0)

    def free(self, address: int) -> None:
        """Give memory on the card back."""
        self._call("cuMemFree_v2", ctypes.c_uint64(address))

    def free_pinned(self, address: int) -> None:
        """Give page-locked memory back."""
        self._call("cuMemFreeHost", Handle(address))

    def stream(self) -> int:
        """A stream that does not wait for the default one."""
        stream = Handle()
        self._call("cuStreamCreate", ctypes.byref(stream), ctypes.c_uint(STREAM_NON_BLOCKING))
        return int(stream.value or 0)

    def to_card(self, card: int, host: int, size_bytes: int, stream: int) -> None:
        """Copy from pinned memory, in the stream."""
        self._call(
            "cuMemcpyHtoDAsync_v2",
            ctypes.c_uint64(card), Handle(host), ctypes.c_size_t(size_bytes), Handle(stream),
        )  # fmt: skip

    def to_host(self, host: int, card: int, size_bytes: int, stream: int) -> None:
        """Copy to pinned memory, in the stream."""
        self._call(
            "cuMemcpyDtoHAsync_v2",
            Handle(host), ctypes.c_uint64(card), ctypes.c_size_t(size_bytes), Handle(stream),
        )  # fmt: skip

    def synchronise(self, stream: int) -> None:
        """Wait until the stream is done."""
        self._call("cuStreamSynchronize", Handle(stream))

    def begin_capture(self, stream: int) -> None:
        """From here on, work in the stream is written down and not done."""
        self._call("cuStreamBeginCapture_v2", Handle(stream), ctypes.c_int(CAPTURE_THREAD_LOCAL))

    def end_capture(self, stream: int) -> int:
        """What was written down, ready to launch."""
        graph, launchable = Handle(), Handle()
        self._call("cuStreamEndCapture", Handle(stream), ctypes.byref(graph))
        self._call("cuGraphInstantiateWithFlags", ctypes.byref(launchable), graph, ctypes.c_uint64(0))
        self._call("cuGraphDestroy", graph)
        return int(launchable.value or 0)

    def launch(self, graph: int, stream: int) -> None:
        """Do all of it again."""
        self._call("cuGraphLaunch", Handle(graph), Handle(stream))

    def _describe(self) -> Card:
        name = ctypes.create_string_buffer(NAME_BYTES)
        self._call("cuDeviceGetName", name, ctypes.c_int(NAME_BYTES), self._device)
        numbers = [ctypes.c_int(), ctypes.c_int(), ctypes.c_int()]
        for number, attribute in zip(numbers, (MAJOR, MINOR), strict=False):
            self._call("cuDeviceGetAttribute", ctypes.byref(number), ctypes.c_int(attribute), self._device)
        self._call("cuDriverGetVersion", ctypes.byref(numbers[2]))
        uuid = (ctypes.c_ubyte * 16)()
        self._call("cuDeviceGetUuid_v2", ctypes.byref(uuid), self._device)
        capability = (numbers[0].value, numbers[1].value)
        return Card(name.value.decode(), capability, numbers[2].value, bytes(uuid).hex())

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            text = ctypes.c_char_p()
            self._library.cuGetErrorName(status, ctypes.byref(text))
            said = text.value.decode() if text.value else str(status)
            raise BackendError(f"the NVIDIA driver refused {name}: {said}")
