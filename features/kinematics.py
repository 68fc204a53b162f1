"""Kinematic accents of one dancer, online: how hard limbs and body brake, frame by frame.

Knows nothing of tempo, of cameras or of who the dancer is. Everything is measured in torso lengths, so the
distance from the camera does not matter, and every estimate carries the tracker's own jitter, so that a
trembling landmark is no accent. Feed it the landmarks of one person in order; it answers with the accents
at a moment ``HALF_WINDOW_S`` ago, the centre of the stretch of movement it could look at from both sides.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features import landmarks as lm

Array = NDArray[np.float64]

HALF_WINDOW_S = 0.0834
"""Half the stretch a parabola is fitted to: at 30 fps six poses, at 24 fps five."""
LONGEST_S = 0.28
"""Where frames were dropped the stretch grows up to this, to hold ENOUGH_POSES."""
ENOUGH_POSES, MIN_POSES = 5, 4
MAX_GAP_S = 0.25
LOST_S = 2.0
"""Who was not seen for so long may be somebody else."""
SCANT = 1e-9
"""Keeps the fit solvable where poses come in two bunches, between which no parabola can be told."""
TELEPORT = 2.5
"""A body centre that moves more than this many torso lengths between two poses is a cut, not a move."""

FOCAL, LEAST_TORSO = 1.2, 0.1
"""A webcam's focal length in frame heights (45 degrees from top to bottom); less of a torso tells nothing."""

JOINTS: tuple[int, ...] = (
    lm.NOSE,
    lm.LEFT_SHOULDER,
    lm.RIGHT_SHOULDER,
    lm.LEFT_ELBOW,
    lm.RIGHT_ELBOW,
    lm.LEFT_WRIST,
    lm.RIGHT_WRIST,
    lm.LEFT_HIP,
    lm.RIGHT_HIP,
    lm.LEFT_KNEE,
    lm.RIGHT_KNEE,
    lm.LEFT_ANKLE,
    lm.RIGHT_ANKLE,
    lm.LEFT_FOOT,
    lm.RIGHT_FOOT,
)
_ORDER = np.array(JOINTS)
_HEAD, _SHOULDERS, _HIPS = 0, slice(1, 3), slice(7, 9)
_HANDS, _KNEES, _FEET = slice(5, 7), slice(9, 11), slice(11, 15)
_TRUNK = np.r_[_SHOULDERS, _HIPS]

BRAKING: tuple[str, ...] = ("hands", "feet", "knees", "body", "head")
CHANNELS: tuple[str, ...] = (*BRAKING, "dip", "rise", "sway")
"""hands .. head: braking (the part of acceleration against velocity). dip, rise: the body's centre pushed up
(bottom of a bounce) and pulled down (its top). sway: the body's centre thrown sideways, either way."""


@dataclass(frozen=True)
class Accents:
    """What was seen around ``time_s``: braking of each channel, in torso lengths / s^2, jitter gated away."""

    time_s: float
    strength: Array  # [len(CHANNELS)]
    speed: float  # mean joint speed about the body's centre, torso lengths / s
    ground: float | None  # width of the ground covered in TRAIL_S, torso lengths; None: not known yet
    rocking: float  # how fast the trunk leans to a side or comes back, rad / s


@dataclass(frozen=True)
class KinematicState:
    """The recent poses of one person, in torso lengths, and what is known of their jitter."""

    times_s: Array  # [n]
    plane: Array  # [n, len(JOINTS), 2]
    seen: Array  # [n, len(JOINTS)] visibility
    torso: float  # torso length in frame heights
    jitter: Array  # [len(JOINTS)] standard deviation of a landmark about its path, torso lengths
    trail: Array  # [m, 4] time, hips across, torso length, the same upright; in frame heights, over TRAIL_S


TRAIL_S = 6.0
SOONEST_S = 1.5
"""Of who was seen for less than this the ground is not known."""
UPRIGHT_S = 0.5
"""A torso that bends looks farther away; within so long a time it is mostly seen once at its length."""
ODD = 0.1
"""Such a share of a trail's farthest places, at either end, may be errors: more than UPRIGHT_S."""


def start() -> KinematicState:
    """The state before anybody was seen."""
    j = len(JOINTS)
    return KinematicState(
        np.zeros(0), np.zeros((0, j, 2)), np.zeros((0, j)), 0.0, np.full(j, 0.004), np.zeros((0, 4))
    )


def update(
    state: KinematicState, points: lm.Array | None, aspect: float, time_s: float
) -> tuple[KinematicState, Accents | None]:
    """Take one pose, or its absence, and say what was accented ``HALF_WINDOW_S`` ago.

    Args:
        state: what ``start`` or the last ``update`` returned; it is not changed.
        points: landmarks ``[33, 4]``, or None (or NaN) when nobody was found.
        aspect: frame width / height.
        time_s: capture time of the pose; poses that do not come later than the last one are ignored.

    Returns:
        The next state, and the accents, or None while there are too few poses to look at.
    """
    if points is None or not np.isfinite(points[:, :2]).all():
        return state, None
    if len(state.times_s) and time_s <= state.times_s[-1]:
        return state, None
    state = _remember(state, points, aspect, time_s)
    recent = _stretch(state.times_s)
    span_s = time_s - float(state.times_s[recent][0])
    if recent.sum() < MIN_POSES or span_s < HALF_WINDOW_S:
        return state, None
    half_s = max(HALF_WINDOW_S, span_s / 2)
    centre_s = time_s - half_s
    position, velocity, acceleration, residual, gain_v, gain = _parabola(
        (state.times_s[recent] - centre_s), half_s, state.plane[recent]
    )
    jitter = state.jitter + 0.02 * (np.minimum(residual, 4 * state.jitter) - state.jitter)
    state = replace(state, jitter=np.clip(jitter, 0.001, 0.05))
    accents = Accents(
        centre_s,
        _strengths(velocity, acceleration, gain * state.jitter, state.seen[-1]),
        float(np.hypot(*(velocity - _middle(velocity, _HIPS)).T).sum()) / len(JOINTS),
        _ground(state.trail),
        _rocking(position, velocity, gain_v * state.jitter),
    )
    return state, accents


def _stretch(times_s: Array) -> NDArray[np.bool_]:
    """Which of the remembered poses to look at."""
    recent = times_s > times_s[-1] - 2 * HALF_WINDOW_S - 1e-4
    if recent.sum() < ENOUGH_POSES:
        recent[-ENOUGH_POSES:] = True
    return np.asarray(recent)


def _remember(state: KinematicState, points: lm.Array, aspect: float, time_s: float) -> KinematicState:
    """Append a pose, forget what is older than the window, begin anew after a gap or a cut."""
    torso_now = float(lm.torso_lengths(points[None], aspect)[0])
    torso_now = max(torso_now, 1e-3)
    gap_s = time_s - state.times_s[-1] if len(state.times_s) else np.inf
    if state.torso <= 0 or gap_s > LOST_S:
        torso = torso_now
    else:  # a torso looks shorter when it bends, never longer: rise quickly, sink slowly
        torso = state.torso + (torso_now - state.torso) * (
            1 - np.exp(-gap_s / (0.5 if torso_now > state.torso else 6.0))
        )
    joints = points[_ORDER]
    plane = lm.in_frame_heights(joints, aspect).astype(np.float64) / torso
    seen = np.clip(joints[:, 3].astype(np.float64), 0.0, 1.0)
    centre = _middle(plane, _HIPS)
    keep = state.times_s > time_s - LONGEST_S
    trail = state.trail[state.trail[:, 0] > time_s - TRAIL_S]
    if len(state.times_s):
        jump = float(np.hypot(*(centre - _middle(state.plane[-1], _HIPS))))
        elsewhere = jump > TELEPORT * min(1.0, gap_s / 0.1)
        if gap_s > MAX_GAP_S or elsewhere:
            keep = np.zeros(len(state.times_s), bool)
        if gap_s > LOST_S or elsewhere:
            trail = trail[:0]
    # the plane is in units of a slowly changing torso: old poses are rescaled to the present unit
    scale = state.torso / torso if state.torso > 0 else 1.0
    upright = max(torso_now, trail[trail[:, 0] > time_s - UPRIGHT_S, 2].max(initial=0.0))
    row = np.array([[time_s, centre[0] * torso, torso_now, upright]])
    return replace(
        state,
        times_s=np.append(state.times_s[keep], time_s),
        plane=np.concatenate([state.plane[keep] * scale, plane[None]]),
        seen=np.concatenate([state.seen[keep], seen[None]]),
        torso=torso,
        trail=np.concatenate([trail, row]),
    )


def _parabola(
    offset_s: Array, half_s: float, plane: Array
) -> tuple[Array, Array, Array, Array, float, float]:
    """Weighted least squares of position = p + v t + a t^2 / 2 for each joint.

    Returns:
        p, v, a ``[J, 2]``, the joints' residual deviation ``[J]`` per axis, and the factors from a landmark's
        jitter to the standard errors of v and a.
    """
    away = offset_s / half_s
    weight = np.maximum(1.0 - (away / 1.25) ** 2, 0.05)
    basis = np.stack([np.ones_like(away), away, 0.5 * away**2], axis=1)
    weighted = basis.T * weight
    normal = weighted @ basis + SCANT * np.eye(3)
    solve = np.linalg.solve(normal, weighted)  # [3, n], times in units of half_s
    n, j, _ = plane.shape
    flat = plane.reshape(n, -1)
    fit = solve @ flat
    error = (flat - basis @ fit).reshape(n, j, 2)
    freedom = max(n - 3, 1)
    residual = np.sqrt((error**2).sum(axis=(0, 2)) / (2 * freedom))
    units = np.array([1.0, half_s, half_s**2])
    position, velocity, acceleration = (fit / units[:, None]).reshape(3, j, 2)
    _, gain_v, gain_a = np.sqrt((solve**2).sum(1)) / units
    return position, velocity, acceleration, residual, float(gain_v), float(gain_a)


def _strengths(velocity: Array, acceleration: Array, noise: Array, seen: Array) -> Array:
    """Channels of braking and of thrust, each reduced by what jitter alone would show."""
    trust = np.clip((seen - 0.3) / 0.4, 0.0, 1.0)
    centre_v, centre_a = _centre(velocity), _centre(acceleration)
    body_noise = float(_centre(noise)) / 2
    velocity, acceleration = np.vstack([velocity, centre_v]), np.vstack([acceleration, centre_a])
    for motion in (velocity, acceleration):  # hands are seen from the shoulders, all else from the room
        motion[_HANDS] -= _middle(motion, _SHOULDERS)
    brakes = _brake(velocity, acceleration, np.append(noise, body_noise))
    limbs, body = brakes[:-1] * trust, brakes[-1]
    hands, feet, knees = limbs[_HANDS].sum() / 2, limbs[_FEET].sum() / 4, limbs[_KNEES].sum() / 2
    head = limbs[_HEAD]
    gate = 2.0 * body_noise
    dip, rise = max(0.0, -centre_a[1] - gate), max(0.0, centre_a[1] - gate)  # y points down
    sway = max(0.0, abs(centre_a[0]) - gate)
    return np.array([hands, feet, knees, body, head, dip, rise, sway])


def _centre(values: Array) -> Array:
    """Of what every joint has, the mean over hips and shoulders: the body's centre is midway between them."""
    return np.asarray(values[_TRUNK].sum(0) / len(_TRUNK))


def _middle(values: Array, pair: slice) -> Array:
    """Midway between a left joint and its right one."""
    return np.asarray(values[pair].sum(0) / 2)


def _brake(velocity: Array, acceleration: Array, noise: Array) -> Array:
    """Deceleration along the path ``[J]``: -a.v/|v|, softened where v is too small to have a direction."""
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    along = -(acceleration * velocity).sum(-1) / (speed + 0.15)
    return np.maximum(0.0, along - 2.0 * noise)


def _rocking(position: Array, velocity: Array, noise: Array) -> float:
    """How fast the line from hips to shoulders turns in the picture, less what jitter alone would show."""
    trunk = _middle(position, _SHOULDERS) - _middle(position, _HIPS)
    turn = _middle(velocity, _SHOULDERS) - _middle(velocity, _HIPS)
    length = max(float(np.hypot(*trunk)), 0.3)
    across = abs(trunk[0] * turn[1] - trunk[1] * turn[0]) / length
    return max(0.0, float(across) - float(_centre(noise))) / length


def _ground(trail: Array) -> float | None:
    """How far apart the ends of somebody's way lie, across and along the room, torso lengths.

    To and fro on the spot is dancing; who walks gets somewhere. Depth in torso lengths is the camera's focal
    length over the torso's in the picture, both in frame heights. Of who was not seen for so long the rest of
    the way is reckoned to go on as it began.
    """
    times_s, across, _, upright = trail.T
    seen_s = float(times_s[-1] - times_s[0])
    if seen_s < SOONEST_S or len(times_s) < 8:
        return None
    so_far = np.hypot(_width(across / np.median(upright)), _width(FOCAL / np.maximum(upright, LEAST_TORSO)))
    return float(so_far) * max(1.0, 0.95 * TRAIL_S / seen_s)


def _width(values: Array) -> float:
    """From one end to the other, odd ones left out."""
    odd = round(ODD * len(values))
    ordered = np.sort(values)[odd : len(values) - odd]
    return float(ordered[-1] - ordered[0])
