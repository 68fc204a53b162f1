"""Which sound cards there are, and which of them a name means. Opens none."""

from collections.abc import Sequence
from dataclasses import dataclass

from configs.errors import DeviceError
from realtime.quiet import quiet_stderr
from realtime.ring import CHANNELS


@dataclass(frozen=True)
class OutputDevice:
    """A sound card as PortAudio lists it."""

    index: int
    name: str
    rate: int
    is_default: bool


def portaudio():  # type: ignore[no-untyped-def]
    """The PyAudio module.

    Raises:
        DeviceError: it is missing.
    """
    try:
        import pyaudio
    except ImportError as error:
        raise DeviceError("PyAudio is not installed: run make setup") from error
    return pyaudio


def list_devices() -> list[OutputDevice]:
    """The sound cards that can play, the default marked.

    Raises:
        DeviceError: PyAudio is missing.
    """
    with quiet_stderr():
        pa = portaudio().PyAudio()
    try:
        return _outputs(pa)
    finally:
        pa.terminate()


def _outputs(pa) -> list[OutputDevice]:  # type: ignore[no-untyped-def]
    try:
        default = pa.get_default_output_device_info()["index"]
    except OSError:
        default = -1
    infos = [pa.get_device_info_by_index(index) for index in range(pa.get_device_count())]
    return [
        OutputDevice(info["index"], info["name"], int(info["defaultSampleRate"]), info["index"] == default)
        for info in infos
        if info["maxOutputChannels"] >= CHANNELS
    ]


def find_device(name: str, pa) -> OutputDevice:  # type: ignore[no-untyped-def]
    """The output device that ``--audio`` means: ``auto``, an index, or a part of a name.

    Raises:
        DeviceError: none fits.
    """
    devices = _outputs(pa)
    if not devices:
        raise DeviceError(f"--audio {name!r}: no sound card here: give wav:PATH, or plug one in")
    if name == "auto":
        return next((device for device in devices if device.is_default), devices[0])
    if name.isdigit():
        fits = [device for device in devices if device.index == int(name)]
    else:
        fits = [device for device in devices if name.lower() in device.name.lower()]
    if not fits:
        known = ", ".join(f"{device.index} {device.name}" for device in devices)
        raise DeviceError(f"--audio {name!r}: no such sound card; there are: {known}")
    return fits[0]


def different_cards(names: Sequence[str]) -> None:
    """Look whether ``--audio`` names every sound card once.

    Raises:
        DeviceError: two names mean the same card, or one means none.
    """
    if len(names) < 2:
        return
    with quiet_stderr():
        pa = portaudio().PyAudio()
    try:
        called: dict[int, str] = {}
        for name in names:
            device = find_device(name, pa)
            if device.index in called:
                raise DeviceError(
                    f"--audio {called[device.index]!r} and {name!r} both mean the sound card "
                    f"{device.name!r}: give each card once, by a name or index from --list-devices"
                )
            called[device.index] = name
    finally:
        pa.terminate()
