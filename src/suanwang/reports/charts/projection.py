"""Points of the globe on a flat picture, and bows between them."""

from math import atan2, cos, hypot, pi, radians, sin, sqrt

import msgspec
import numpy as np

ARC_POINTS = 22
BEND = 0.16
Point = tuple[float, float]


class Plane(msgspec.Struct, frozen=True):
    """Lambert's azimuthal equal-area projection about a point (degrees); unit: radii of the Earth."""

    lon: float
    lat: float

    @classmethod
    def about(cls, points: list[Point]) -> "Plane":
        """The projection about the middle of the longitudes and latitudes of `points`."""
        if not points:
            return cls(0.0, 0.0)
        lons, lats = zip(*points, strict=True)
        return cls((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)

    def put(self, lon: float, lat: float) -> Point:
        """The point on the plane, x to the east and y to the north."""
        turn, up, middle = radians(lon - self.lon), radians(lat), radians(self.lat)
        along = 1 + sin(middle) * sin(up) + cos(middle) * cos(up) * cos(turn)
        k = sqrt(2 / max(along, 1e-9))
        return k * cos(up) * sin(turn), k * (cos(middle) * sin(up) - sin(middle) * cos(up) * cos(turn))


class Frame(msgspec.Struct, frozen=True):
    """The part of the plane that is drawn, and its size in the picture."""

    left: float
    right: float
    low: float
    high: float
    width_px: float
    height_px: float

    @classmethod
    def around(cls, points: list[Point], width_px: float) -> "Frame":
        """A frame that holds `points` with a margin for discs and names; no taller than wide."""
        xs = [x for x, _ in points] or [0.0]
        ys = [y for _, y in points] or [0.0]
        margin = 0.06 * max(max(xs) - min(xs), max(ys) - min(ys), 0.01)
        left, right = min(xs) - margin, max(xs) + 1.3 * margin
        low, high = min(ys) - margin, max(ys) + margin
        spare = (high - low) - (right - left)
        if spare > 0:
            left, right = left - spare / 2, right + spare / 2
        height_px = max(width_px * (high - low) / (right - left), 0.3 * width_px)
        return cls(left, right, low, high, width_px, round(height_px))


def arc(begin: Point, end: Point) -> list[Point]:
    """Points of a bow from `begin` to `end`, bent to the left, so that the way back is another bow."""
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    length = hypot(end[0] - begin[0], end[1] - begin[1])
    across = atan2(end[1] - begin[1], end[0] - begin[0]) + pi / 2
    pull = (middle[0] + 2 * BEND * length * cos(across), middle[1] + 2 * BEND * length * sin(across))
    steps = [step / (ARC_POINTS - 1) for step in range(ARC_POINTS)]
    return [
        (
            (1 - s) ** 2 * begin[0] + 2 * s * (1 - s) * pull[0] + s**2 * end[0],
            (1 - s) ** 2 * begin[1] + 2 * s * (1 - s) * pull[1] + s**2 * end[1],
        )
        for s in steps
    ]


def graticule(points: list[Point], plane: Plane) -> list[list[Point]]:
    """Meridians and parallels every ten degrees over the extent of the points, as lines on the plane."""
    if not points:
        return []
    lons, lats = zip(*points, strict=True)
    west, east = int(min(lons) // 10 * 10), int(-(-max(lons) // 10) * 10)
    south, north = int(min(lats) // 10 * 10), int(-(-max(lats) // 10) * 10)
    lines = [
        [(float(lon), lat) for lat in np.linspace(south, north, 25).tolist()]
        for lon in range(west, east + 1, 10)
    ]
    lines += [
        [(lon, float(lat)) for lon in np.linspace(west, east, 41).tolist()]
        for lat in range(south, north + 1, 10)
    ]
    return [[plane.put(*point) for point in line] for line in lines]
