"""Reads motion capture: joints over time, from BVH or from an ``.npz``. Knows no bodies and no cameras.

``.npz``: ``joints`` [T, J, 3] times ``scale`` (optional) in metres, y up, a person's left at +x when they
face +z; ``names`` [J]; ``fps``. BVH is read in whatever unit it has: who plays it fits it to a body anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancer.skeleton import rotation

Floats = NDArray[np.float64]

SIDES = {"left": ("l", "left"), "right": ("r", "right")}
CENTRES: dict[str, tuple[str, ...]] = {
    "pelvis": ("pelvis", "hips", "hip"),
    "spine": ("spine", "abdomen", "lowerback", "spine1"),
    "chest": ("chest", "spine2", "spine3", "spine1", "thorax", "upperchest"),
    "neck": ("neck", "neck1"),
    "head": ("head",),
}
LIMBS: dict[str, tuple[str, ...]] = {
    "shoulder": ("sh", "arm", "shldr", "shoulder", "upperarm", "uparm"),
    "elbow": ("el", "forearm", "elbow", "lowarm", "lowerarm"),
    "wrist": ("wr", "hand", "wrist"),
    "hip": ("hip", "upleg", "thigh", "upperleg"),
    "knee": ("kn", "leg", "shin", "knee", "lowleg", "lowerleg", "calf"),
    "ankle": ("an", "foot", "ankle"),
}
"""What the formats' many skeletons call a joint, the likeliest first; ``left`` and ``l`` come before it."""
EXTRAS: dict[str, tuple[str, ...]] = {
    "hand": ("ha", "fingers", "handend", "mid1", "handtip"),
    "toe": ("to", "toebase", "toe", "toes", "footend"),
}
"""Ends of limbs, that are guessed where a file lacks them."""
MOST_FRAMES = 1_000_000


class MotionError(ValueError):
    """A file that holds no motion of a person; the message names it and says what is missing."""


@dataclass(frozen=True)
class Motion:
    """Joints ``[T, 3]`` by name (dancer/skeleton.py's, without crown and nose), y up, ``fps`` a second."""

    name: str
    joints: dict[str, Floats]
    fps: float

    @property
    def seconds(self) -> float:
        """From the first pose to the last."""
        return (len(self.joints["pelvis"]) - 1) / self.fps


def read_motion(path: Path) -> Motion:
    """The motion in a ``.bvh`` or ``.npz`` file.

    Raises:
        MotionError: another format, a damaged file, or one without a person's joints.
    """
    readers = {".npz": _read_npz, ".bvh": _read_bvh}
    if path.suffix.lower() not in readers:
        raise MotionError(f"{path} is no motion: give a .bvh or an .npz (dancer/motion_files.py says which)")
    try:
        places, fps = readers[path.suffix.lower()](path)
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise MotionError(f"{path} cannot be read as motion: {error}") from error
    joints = _named(places, path)
    found = np.concatenate(list(joints.values()), axis=1)
    if not 2 <= len(found) <= MOST_FRAMES or not np.isfinite(found).all() or not 5 <= fps <= 1000:
        raise MotionError(
            f"{path} holds {len(found)} poses at {fps:g} a second, or poses that are no numbers"
        )
    return Motion(path.stem, joints, fps)


def motion_files(folder: Path) -> list[Path]:
    """All files of motion below a folder, in order of name.

    Raises:
        MotionError: there is none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".npz", ".bvh"))
    if not found:
        raise MotionError(f"{folder} holds no .bvh and no .npz")
    return found


def motions_in(folder: Path, leave_out: Sequence[str] = (), only: Sequence[str] = ()) -> list[Motion]:
    """The recordings below a folder; patterns such as ``salsa/04*`` leave out, or choose, by relative path.

    Raises:
        MotionError: a file that is no motion, or none at all.
    """
    chosen = []
    for path in motion_files(folder):
        name = path.relative_to(folder).as_posix()
        out = any(fnmatch(name, pattern) for pattern in leave_out)
        if not out and (not only or any(fnmatch(name, pattern) for pattern in only)):
            chosen.append(read_motion(path))
    return chosen


def _named(places: dict[str, Floats], path: Path) -> dict[str, Floats]:
    """Places by our names; what a limb ends in is guessed if need be."""
    plain = {name.lower().replace("_", "").replace(" ", "").split(":")[-1]: at for name, at in places.items()}
    joints: dict[str, Floats] = {}
    for ours, theirs in CENTRES.items():
        found = next((plain[name] for name in theirs if name in plain), None)
        if found is not None:
            joints[ours] = found
    for side, starts in SIDES.items():
        for limb, theirs in (*LIMBS.items(), *EXTRAS.items()):
            names = (f"{side}_{limb}".replace("_", ""), *(a + b for b in theirs for a in starts))
            found = next((plain[name] for name in names if name in plain), None)
            if found is not None and found is not joints.get(f"{side}_wrist"):  # which many call a hand
                joints[f"{side}_{limb}"] = found
    _guess(joints)
    wanted = [*CENTRES, *(f"{side}_{limb}" for side in SIDES for limb in (*LIMBS, *EXTRAS))]
    missing = [name for name in wanted if name not in joints]
    if missing:
        raise MotionError(
            f"{path} has no joint that is called {missing[0]}: it has {', '.join(places)[:300]}"
        )
    return joints


def _guess(joints: dict[str, Floats]) -> None:
    """Trunk joints on the straight line, hands as the forearm goes on, feet forward."""
    if "pelvis" in joints and "neck" in joints:
        trunk = joints["neck"] - joints["pelvis"]
        joints.setdefault("spine", joints["pelvis"] + 0.2 * trunk)
        joints.setdefault("chest", joints["pelvis"] + 0.5 * trunk)
    for side in SIDES:
        if f"{side}_wrist" in joints and f"{side}_elbow" in joints:
            wrist = joints[f"{side}_wrist"]
            joints.setdefault(f"{side}_hand", wrist + 0.4 * (wrist - joints[f"{side}_elbow"]))
        if f"{side}_ankle" in joints and "left_hip" in joints and "right_hip" in joints:
            across = joints["left_hip"] - joints["right_hip"]
            forward = np.stack([-across[:, 2], 0 * across[:, 1], across[:, 0]], 1)
            joints.setdefault(f"{side}_toe", joints[f"{side}_ankle"] + forward)


def _read_npz(path: Path) -> tuple[dict[str, Floats], float]:
    with np.load(path, allow_pickle=False) as arrays:
        joints = np.asarray(arrays["joints"], np.float64)
        if joints.ndim != 3 or joints.shape[2] != 3:
            raise ValueError(f"its joints have the shape {joints.shape}, not [T, J, 3]")
        if "scale" in arrays:
            joints = joints * float(arrays["scale"])
        names = [str(name) for name in arrays["names"]]
        if len(names) != joints.shape[1]:
            raise ValueError(f"it has {joints.shape[1]} joints and {len(names)} names")
        return dict(zip(names, joints.swapaxes(0, 1), strict=True)), float(arrays["fps"])


def _read_bvh(path: Path) -> tuple[dict[str, Floats], float]:
    """Forward kinematics of a BVH file: every joint's place in the world, ends as ``PARENTEnd``."""
    skeleton, _, motion = path.read_text(errors="replace").partition("MOTION")
    words = motion.split()
    if words[:1] != ["Frames:"] or words[2:4] != ["Frame", "Time:"]:
        raise ValueError("it has no MOTION part with Frames and Frame Time")
    nodes = _hierarchy(skeleton.split())
    width = sum(len(node.channels) for node in nodes)
    frames = int(words[1])
    if not 0 < frames <= MOST_FRAMES:
        raise ValueError(f"it says that it has {frames} frames")
    values = np.array(words[5 : 5 + frames * width], np.float64).reshape(frames, width)
    places: list[Floats] = []
    turns: list[Floats] = []
    first = 0
    for node in nodes:
        columns = values[:, first : first + len(node.channels)]
        first += len(node.channels)
        shift, turn = _moved(node, columns)
        if node.parent is None:
            places.append(shift)
            turns.append(turn)
        else:
            places.append(places[node.parent] + np.einsum("tij,tj->ti", turns[node.parent], shift))
            turns.append(turns[node.parent] @ turn)
    return {node.name: at for node, at in zip(nodes, places, strict=True)}, 1.0 / float(words[4])


@dataclass
class _Node:
    name: str
    parent: int | None
    offset: Floats
    channels: list[str]


def _hierarchy(words: list[str]) -> list[_Node]:
    """The joints of a BVH file in the order of its columns."""
    nodes: list[_Node] = []
    open_nodes: list[int] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word in ("ROOT", "JOINT", "End"):
            parent = open_nodes[-1] if open_nodes else None
            name = f"{nodes[parent].name}End" if word == "End" and parent is not None else words[at + 1]
            nodes.append(_Node(name, parent, np.zeros(3), []))
            at += 2
        elif word == "{":
            open_nodes.append(len(nodes) - 1)
            at += 1
        elif word == "}":
            open_nodes.pop()
            at += 1
        elif word == "OFFSET":
            nodes[open_nodes[-1]].offset = np.array(words[at + 1 : at + 4], np.float64)
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            nodes[open_nodes[-1]].channels = words[at + 2 : at + 2 + count]
            at += 2 + count
        else:
            at += 1
    return nodes


def _moved(node: _Node, columns: Floats) -> tuple[Floats, Floats]:
    """Shift ``[T, 3]`` and turn ``[T, 3, 3]`` of a joint against its parent; turns in the channels' order."""
    shift = np.repeat(node.offset[None], len(columns), 0)
    turn = np.repeat(np.eye(3)[None], len(columns), 0)
    for channel, column in zip(node.channels, columns.T, strict=True):
        axis = "XYZ".index(channel[0].upper())
        if channel.lower().endswith("position"):
            shift[:, axis] = column
        else:
            turn = turn @ _about(axis, np.radians(column))
    return shift, turn


def _about(axis: int, angle: Floats) -> Floats:
    """Rotations ``[T, 3, 3]`` about a coordinate axis."""
    pitch, yaw, roll = (angle if one == axis else np.zeros_like(angle) for one in range(3))
    return rotation(pitch, yaw, roll)
