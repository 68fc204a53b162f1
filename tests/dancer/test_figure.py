"""The figure's surface is closed, turned outwards, and goes where its bones go."""

import numpy as np
import pytest

from dancer.camera import Camera, Viewpoint
from dancer.choreography import Dance
from dancer.figure import figure
from dancer.phrases import stance
from dancer.rig import BONES, bones
from dancer.room import ROOM_NAMES, room
from dancer.skeleton import Body, joints
from dancer.vocabulary import VOCABULARY
from dancer.wardrobe import BOTTOM_STYLES, HAIR_STYLES, TOP_STYLES, dressed

STANDING = joints(stance(VOCABULARY["pop"])[None])[0]


@pytest.mark.parametrize("seed", range(6))
def test_every_outfit_makes_a_closed_surface(seed: int) -> None:
    mesh = figure(dressed(seed), Body())
    vertices = mesh.posed(*bones(STANDING))
    assert np.all(np.isfinite(vertices))
    assert 1.6 < np.ptp(vertices[:, 1]) < 1.95 and vertices[:, 1].min() > -0.03
    edges = np.concatenate([mesh.quads[:, [k, (k + 1) % 4]] for k in range(4)])
    forward = {tuple(edge) for edge in edges.tolist()}
    assert all((b, a) in forward for a, b in forward if not _at_an_end(a, b, vertices))
    assert _volume(vertices, mesh.quads) > 0.035  # m3, and positive: all faces look outwards


def _at_an_end(a: int, b: int, vertices: np.ndarray) -> bool:
    """Edges of the rings that close a tube have no length and no neighbour."""
    return bool(np.linalg.norm(vertices[a] - vertices[b]) < 1e-6)


def _volume(vertices: np.ndarray, quads: np.ndarray) -> float:
    a, b, c, d = (vertices[quads[:, k]] for k in range(4))
    return float((np.sum(a * np.cross(b, c), axis=1) + np.sum(a * np.cross(c, d), axis=1)).sum() / 6)


def test_looks_cover_the_wardrobe_and_keep_limbs_readable() -> None:
    looks = [dressed(seed) for seed in range(200)]
    assert {look.hair_style for look in looks} == set(HAIR_STYLES)
    assert {look.top_style for look in looks} == set(TOP_STYLES)
    assert {look.bottom_style for look in looks} == set(BOTTOM_STYLES)
    gaps = [np.linalg.norm(np.subtract(look.top, look.bottom)) for look in looks]
    assert min(gaps) > 60


def test_bones_are_rotations() -> None:
    _, frames = bones(STANDING)
    assert frames.shape == (len(BONES), 3, 3)
    np.testing.assert_allclose(
        frames @ np.swapaxes(frames, -1, -2), np.broadcast_to(np.eye(3), frames.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(frames), 1)


def test_proportions_change_the_body() -> None:
    pose = stance(VOCABULARY["pop"])[None]
    tall, long_armed = joints(pose, Body(height=1.1))[0], joints(pose, Body(arms=1.2))[0]
    assert np.ptp(tall[:, 1]) == pytest.approx(1.1 * np.ptp(STANDING[:, 1]), rel=0.02)
    assert long_armed[:, 1].max() == pytest.approx(STANDING[:, 1].max())
    with pytest.raises(ValueError, match="legs"):
        Body(legs=3)


@pytest.mark.parametrize("name", ROOM_NAMES)
def test_rooms_are_painted_by_seed_and_lit(name: str) -> None:
    camera = Camera(Viewpoint(), 160, 120)
    first, again, other = (room(seed, camera, 2, name).backdrop for seed in (1, 1, 2))
    assert first.shape == (240, 320, 3)
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    assert 30 < first.mean() < 225 and first.std() > 12


def test_a_dance_is_a_value() -> None:
    assert Dance("house") == Dance("house", 0, 1.0, False, 1.0)
