"""Job `picture`: a design as it looks, for the catalogue. It never runs an author's code.

In: `part_<i>.brep`; request `{"parts": count, "colours": ["#rrggbb" or null, …], "ground": "plain" | "transparent"}`.
Out: `picture.png`, 640 × 480: RGB on paper, or RGBA with nothing behind the parts but their shadow.
The camera, the lamps and the paper are the same for every design, so that pictures go together. Rays are cast on the
processor: there is no screen here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray
from PIL import Image

from fabrication.geometry.jobs.bodies import read_part
from fabrication.geometry.jobs.files import PICTURE, part_file
from fabrication.geometry.jobs.glb import colours_of
from fabrication.geometry.jobs.meshes import Mesh, mesh_of

Floats = NDArray[np.float64]

Paint = Callable[[NDArray[np.uint32], Floats], Floats]
"""Which colour (n, 3; linear RGB) places (n, 3; mm) on triangles (n,) have. Triangles are counted over all meshes."""

WIDTH, HEIGHT = 640, 480
_MARGIN = 1.18
LOOK = np.array([-0.62, 0.82, -0.66])  # from the front, a little from the right and above
_DISTANCE = 4.5  # of the scene's radius: a long lens, as one would take for a product
_PAPER = np.array([0.88, 0.90, 0.93])
_PAPER_EDGE = np.array([0.70, 0.74, 0.80])
_LAMP = np.array([-0.25, -0.62, 0.75])
_SUBPIXELS = ((-0.25, -0.375), (0.375, -0.25), (-0.375, 0.25), (0.25, 0.375))
_SKY_PER_PASS, _LAMP_PER_PASS = 10, 4
_LAMP_WIDTH = 0.22
_SKY_LIGHT, _LAMP_LIGHT, _BOUNCE = 0.42, 0.52, 0.05
_ENCODED = 1 / 2.2  # from light to what a screen is sent
_HAIR = 1e-4  # how far a ray starts from the surface; the scene has a radius of 1


@dataclass(frozen=True)
class Scene:
    """Everything in a ball of radius 1 about the origin; the bed at `floor`. One row for each triangle."""

    rays: rtcore_scene.EmbreeScene
    corner_normals: Floats
    paint: Paint
    floor: float
    corners: Floats

    def blocked(self, origins: Floats, direction: Floats) -> NDArray[np.bool_]:
        """Whether something stands in the way from each origin towards the light."""
        directions = np.broadcast_to(direction, origins.shape).astype(np.float32)
        found: NDArray[np.int32] = self.rays.run(origins.astype(np.float32), directions, query="OCCLUDED")
        return found >= 0


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """An empty claim: the file is all there is."""
    count = int(request["parts"])  # type: ignore[call-overload]
    shapes = [read_part(folder / part_file(index)) for index in range(count)]
    size = max(shape.BoundingBox().DiagonalLength for shape in shapes)
    meshes = [mesh_of(shape, size / 2000, 0.12) for shape in shapes]
    colours: list[str | None] = list(request["colours"])  # type: ignore[call-overload]
    paints = np.repeat(colours_of(count, colours), [len(mesh.triangles) for mesh in meshes], axis=0)
    picture = draw(
        scene_of(meshes, lambda triangle, _: paints[triangle]), transparent=request["ground"] == "transparent"
    )
    picture.save(folder / PICTURE, optimize=True)
    return {}


def draw(scene: Scene, *, transparent: bool = False) -> Image.Image:
    """The picture of a scene, 640 × 480: RGB, or RGBA without the paper."""
    passes = [_one_pass(scene, number) for number in range(len(_SUBPIXELS))]
    parts, ground = np.mean([each for each, _ in passes], axis=0), np.mean([each for _, each in passes], axis=0)
    if not transparent:
        return _image(np.clip(parts[:, :3] + _paper() * ground, 0, 1) ** _ENCODED)
    # A page lays its picture over its own colour without turning either into light first.
    cover = parts[:, 3:]
    seen = np.clip(np.divide(parts[:, :3], cover, out=np.zeros_like(parts[:, :3]), where=cover > 0), 0, 1) ** _ENCODED
    dim = np.divide(ground, 1 - cover, out=np.ones_like(ground), where=cover < 1) ** _ENCODED
    alpha = cover + (1 - cover) * (1 - dim)
    return _image(np.hstack([np.divide(seen * cover, alpha, out=np.zeros_like(seen), where=alpha > 0), alpha]))


def _image(shares: Floats) -> Image.Image:
    """Shares (n, 3 or 4) of full, as bytes."""
    return Image.fromarray(np.round(255 * shares).astype(np.uint8).reshape(HEIGHT, WIDTH, -1))


def scene_of(meshes: Sequence[Mesh], paint: Paint) -> Scene:
    """Meshes as they lie, on a floor under the lowest of them."""
    corners = np.concatenate([mesh.corners for mesh in meshes])
    low, high = corners.min(0), corners.max(0)
    middle, radius = (low + high) / 2, np.linalg.norm(high - low) / 2
    placed = [(mesh.corners - middle) / radius for mesh in meshes]
    triangles = np.concatenate([corners[mesh.triangles] for corners, mesh in zip(placed, meshes, strict=True)])
    rays = rtcore_scene.EmbreeScene()
    TriangleMesh(rays, triangles.astype(np.float32))
    return Scene(
        rays,
        np.concatenate([mesh.normals[mesh.triangles] for mesh in meshes]),
        lambda triangle, places: paint(triangle, places * radius + middle),
        float((low - high)[2] / 2 / radius),
        np.concatenate(placed),
    )


def _camera(scene: Scene, shift: tuple[float, float]) -> tuple[Floats, Floats]:
    """Where the eye is, and the direction (n, 3) of each pixel's ray, so that every corner is in the picture."""
    forward = LOOK / np.linalg.norm(LOOK)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    eye = -_DISTANCE * forward
    seen = scene.corners - eye
    projected = np.stack([seen @ right, seen @ up], axis=1) / (seen @ forward)[:, None]
    middle = (projected.max(0) + projected.min(0)) / 2
    aspect = np.array([WIDTH / HEIGHT, 1.0])
    half = ((projected.max(0) - projected.min(0)) / 2 / aspect).max() * _MARGIN * aspect
    x = ((np.arange(WIDTH) + 0.5 + shift[0]) / WIDTH * 2 - 1) * half[0] + middle[0]
    y = (1 - (np.arange(HEIGHT) + 0.5 + shift[1]) / HEIGHT * 2) * half[1] + middle[1]
    xs, ys = np.meshgrid(x, y)
    directions = forward + xs.reshape(-1, 1) * right + ys.reshape(-1, 1) * up
    return eye, directions / np.linalg.norm(directions, axis=1, keepdims=True)


def _one_pass(scene: Scene, number: int) -> tuple[Floats, Floats]:
    """Sampled at one place in each pixel and with one set of lamps.

    The parts (n, 4): linear light, and 1 where there is a part. The ground (n, 1): how much of its light it sends back.
    """
    eye, directions = _camera(scene, _SUBPIXELS[number])
    origins = np.broadcast_to(eye, directions.shape)
    hit = scene.rays.run(origins.astype(np.float32), directions.astype(np.float32), query="INTERSECT", output=True)
    triangle = hit["primID"]
    on_part = triangle >= 0
    parts, back = np.zeros((len(directions), 4)), np.ones((len(directions), 1))
    back[on_part] = 0

    # where a ray meets the floor, only what the parts take away of the light is seen
    distance = (scene.floor - eye[2]) / np.minimum(directions[:, 2], -1e-9)
    ground = eye + directions * distance[:, None]
    near = ~on_part & (distance > 0) & (np.linalg.norm(ground[:, :2], axis=1) < 3.0)
    up = np.broadcast_to([0.0, 0.0, 1.0], (int(near.sum()), 3))
    shade = _lit(scene, ground[near] + up * _HAIR, up, up, number)
    back[near] = (0.35 + 0.65 * shade / _lit_fully(np.array([0.0, 0.0, 1.0]), number))[:, None]

    triangle = triangle[on_part]
    u, v = hit["u"][on_part, None].astype(float), hit["v"][on_part, None].astype(float)
    a, b, c = (scene.corner_normals[triangle, corner] for corner in range(3))
    normals = (1 - u - v) * a + u * b + v * c
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    flat = hit["Ng"][on_part].astype(float)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    flat *= np.where((flat * directions[on_part]).sum(1, keepdims=True) > 0, -1.0, 1.0)
    places = eye + directions[on_part] * hit["tfar"][on_part, None]
    shade = _lit(scene, places + flat * _HAIR * 5, normals, flat, number) + _BOUNCE * (1 - normals[:, 2])
    parts[on_part, :3] = scene.paint(triangle, places) * shade[:, None]
    parts[on_part, 3] = 1
    return parts, back


def _paper() -> Floats:
    """The background (n, 3): light in the middle, a little darker towards the corners."""
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    away = np.clip((x**2 + y**2) / 2, 0, 1).reshape(-1, 1) ** 1.5
    paper: Floats = (_PAPER + (_PAPER_EDGE - _PAPER) * away) ** 2.2
    return paper


def _lamps(number: int) -> list[tuple[Floats, float]]:
    """Directions to the light and their strength. Each pass has its own, and all passes together an even sky."""
    passes = len(_SUBPIXELS)
    lamps = []
    total = _SKY_PER_PASS * passes
    for index in range(number, total, passes):
        height = (index + 0.5) / total
        turn = index * np.pi * (3 - 5**0.5)
        flat = (1 - height**2) ** 0.5
        lamps.append((np.array([flat * np.cos(turn), flat * np.sin(turn), height]), 2 * _SKY_LIGHT / _SKY_PER_PASS))
    key = _LAMP / np.linalg.norm(_LAMP)
    side = np.cross(key, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    over = np.cross(side, key)
    total = _LAMP_PER_PASS * passes
    for index in range(number, total, passes):
        away, turn = _LAMP_WIDTH * ((index + 0.5) / total) ** 0.5, index * np.pi * (3 - 5**0.5)
        direction = key + away * (np.cos(turn) * side + np.sin(turn) * over)
        lamps.append((direction / np.linalg.norm(direction), _LAMP_LIGHT / _LAMP_PER_PASS))
    return lamps


def _lit(scene: Scene, places: Floats, normals: Floats, flat: Floats, number: int) -> Floats:
    """How much light reaches each place (n,), shadows included."""
    total = np.zeros(len(places))
    for direction, strength in _lamps(number):
        slope = normals @ direction
        facing = (slope > 0) & (flat @ direction > 0)
        open_ = ~scene.blocked(places[facing], direction)
        total[facing] += strength * slope[facing] * open_
    return total


def _lit_fully(normal: Floats, number: int) -> float:
    """The light on a place with nothing near it."""
    return sum(strength * max(0.0, float(normal @ direction)) for direction, strength in _lamps(number))
