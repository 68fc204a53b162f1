"""Records the sound bank: FluidSynth with FluidR3, Debian's sonic-pi-samples, our synthesis. Run once.

The bank is a plain .npz of int16 at 22,050 Hz, so that a machine without FluidSynth can play it.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from corpus.band import midi, synth
from corpus.band.intune import cents_off
from corpus.band.sounds import HITS, INSTRUMENTS, Hit
from corpus.bank import FULL_SCALE, SAMPLE_RATE, transposed

Samples = NDArray[np.float32]

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
SONIC_PI = Path("/usr/share/sonic-pi/samples")
INSTALL = "apt-get install -y --no-install-recommends fluidsynth fluid-soundfont-gm sonic-pi-samples"
RENDER_RATE = 44_100
PITCH_STEP = 3
"""Every third semitone is recorded; the notes between are resampled by one semitone."""

GAP_S = 0.5
PEAK = 0.9
HIT_ATTACK, NOTE_ATTACK = 0.12, 0.02
"""Share of the peak at which a sound counts as begun: drums are heard at their stroke, not its rustle."""


@dataclass(frozen=True)
class Request:
    """One sound wanted from the sound font: ``channel`` 9 plays a drum kit's key."""

    name: str
    channel: int
    program: int
    key: int
    length_s: float


def record_bank(out: Path) -> str:
    """Record every sound of ``sounds`` into ``out``.

    Returns:
        A sentence that says what was recorded.

    Raises:
        FileNotFoundError: a program or a package is missing; the message says what to install.
    """
    check_sources()
    requests = note_requests() + hit_requests()
    sounds = {request.name: samples for request, samples in zip(requests, play(requests), strict=True)}
    sounds.update({f"hit/{name}": sample(hit) for name, hit in HITS.items() if hit.sonic_pi})
    out.parent.mkdir(parents=True, exist_ok=True)
    stored = {name: np.round(at_peak(x) * FULL_SCALE).astype(np.int16) for name, x in sorted(sounds.items())}
    with out.open("wb") as file:
        np.savez_compressed(file, **stored)  # type: ignore[arg-type]
    seconds = sum(map(len, stored.values())) / SAMPLE_RATE
    return f"{len(stored)} sounds, {seconds:.0f} s, {out.stat().st_size / 1e6:.1f} MB in {out}"


def check_sources() -> None:
    """Refuse to start, in a sentence, where something is not installed."""
    missing = [
        what
        for what, there in (
            ("the program fluidsynth", shutil.which("fluidsynth") is not None),
            (f"the sound font {SOUND_FONT}", SOUND_FONT.exists()),
            (f"the samples in {SONIC_PI}", SONIC_PI.is_dir()),
        )
        if not there
    ]
    if missing:
        raise FileNotFoundError(f"Missing: {', '.join(missing)}. Install them with: {INSTALL}")


def note_requests() -> list[Request]:
    """Every third pitch of each instrument that the sound font plays."""
    return [
        Request(f"note/{name}/{pitch}", 0, source.program, pitch, source.length_s)
        for name, source in INSTRUMENTS.items()
        if not source.own
        for pitch in range(source.low + 1, source.high + 1, PITCH_STEP)
    ]


def hit_requests() -> list[Request]:
    """The hits that come from General MIDI drum kits."""
    return [
        Request(f"hit/{name}", midi.DRUM_CHANNEL, hit.kit, hit.key, hit.length_s)
        for name, hit in HITS.items()
        if not hit.sonic_pi
    ]


def play(requests: list[Request]) -> list[Samples]:
    """Render all requests one after another in one FluidSynth run, and cut them apart."""
    ticks_per_s = 1000  # at 60 beats a minute and 1,000 ticks a beat
    events = [midi.tempo(0, 1.0)]
    starts = []
    now_s = 0.1
    for request in requests:
        tick = round(now_s * ticks_per_s)
        starts.append(tick / ticks_per_s)
        events.append(midi.program(tick - 50, request.channel, request.program))
        events += midi.note(tick, round(request.length_s * ticks_per_s), request.channel, request.key, 105)
        now_s += request.length_s + GAP_S
    whole = render(midi.midi_file([events], ticks_per_s))
    return [cut(whole, start, request) for start, request in zip(starts, requests, strict=True)]


def render(song: bytes) -> Samples:
    """A MIDI file through FluidSynth, dry, mono, at ``RENDER_RATE``."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "bank.mid", Path(folder) / "bank.wav"
        score.write_bytes(song)
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(RENDER_RATE)]
        command += ["-O", "s16", "-T", "wav", "-F", str(sound), str(SOUND_FONT), str(score)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode or not sound.exists():
            raise RuntimeError(
                f"fluidsynth could not render the bank: {result.stderr.strip() or 'no output'}."
            )
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    return np.asarray(samples.mean(axis=1), np.float32)


def cut(whole: Samples, start_s: float, request: Request) -> Samples:
    """One sound out of the long rendering: from its attack, as long as wanted, at our rate."""
    first = int(start_s * RENDER_RATE)
    piece = whole[first : first + int((request.length_s + 0.05) * RENDER_RATE)]
    if not len(piece) or float(np.abs(piece).max()) < 1e-3:
        raise RuntimeError(f"The sound font is silent at {request.name} (program {request.program}).")
    threshold = HIT_ATTACK if request.channel == midi.DRUM_CHANNEL else NOTE_ATTACK
    sound = resampled(from_attack(piece, threshold))
    if request.channel != midi.DRUM_CHANNEL:
        sound = retuned(sound, request.key)
    return shortened(sound, request.length_s)


def retuned(samples: Samples, key: int) -> Samples:
    """A recorded note brought to its key: a few cents off, its wave would run away from the show's."""
    ratio = 2 ** (cents_off(samples, key) / 1200)
    return np.asarray(soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE * ratio, quality="VHQ"), np.float32)


def sample(hit: Hit) -> Samples:
    """A hit from the sonic-pi samples."""
    samples, rate = soundfile.read(SONIC_PI / f"{hit.sonic_pi}.flac", dtype="float32", always_2d=True)
    mono = np.asarray(samples.mean(axis=1), np.float32)
    mono = np.asarray(soxr.resample(mono, rate, RENDER_RATE), np.float32) if rate != RENDER_RATE else mono
    piece = resampled(from_attack(mono, HIT_ATTACK))
    return shortened(transposed(piece, hit.pitch) if hit.pitch else piece, hit.length_s)


def resampled(samples: Samples) -> Samples:
    """From the rendering rate to the bank's."""
    return np.asarray(soxr.resample(samples, RENDER_RATE, SAMPLE_RATE, quality="VHQ"), np.float32)


def from_attack(samples: Samples, threshold: float) -> Samples:
    """Without what comes before the attack (``threshold`` of the peak), but 1.5 ms of it, faded in."""
    first = int(np.argmax(np.abs(samples) > threshold * np.abs(samples).max()))
    lead_in = min(first, RENDER_RATE * 3 // 2000)
    cut_off = samples[first - lead_in :].copy()
    cut_off[:lead_in] *= np.linspace(0, 1, lead_in, dtype=np.float32)
    return cut_off


def shortened(samples: Samples, length_s: float) -> Samples:
    """At most ``length_s``, without a tail 60 dB below the peak; the last tenth faded if cut."""
    loud = np.flatnonzero(np.abs(samples) > 1e-3 * np.abs(samples).max())
    n = min(int(length_s * SAMPLE_RATE), int(loud[-1]) + 1)
    if len(samples) <= n:
        return samples
    cut_off = samples[:n].copy()
    cut_off[n - n // 10 :] *= np.linspace(1, 0, n // 10, dtype=np.float32) ** 2
    return cut_off


def at_peak(samples: Samples) -> Samples:
    """Scaled to the bank's peak, as synthetic sounds are."""
    return synth.at_peak(samples.astype(np.float64), PEAK)
