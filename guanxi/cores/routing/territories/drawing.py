"""A picture of a division (SVG), and the same for maps (GeoJSON)."""

from __future__ import annotations

import colorsys
import json
from collections.abc import Mapping
from html import escape

import numpy as np

from .geometry import Floats, Projection
from .model import Division, Problem

WIDTH, LEGEND, ROW = 900, 260, 20
DOTS = 20_000
"""Customers that are drawn; of more every so-many-th."""


def draw(problem: Problem, division: Division) -> str:
    """SVG: territories by colour, customers, homes, barriers and links, with a legend of workloads. The title of each
    territory is shown where the pointer rests."""
    projection = Projection.of(problem)
    rings = [
        [[projection.metres(ring) for ring in polygon] for polygon in territory.polygons]
        for territory in division.territories
    ]
    points = projection.metres([(c.x, c.y) for c in problem.customers])
    homes = projection.metres([t.home for t in division.territories])
    every = np.concatenate([points, homes, *(ring for t in rings for polygon in t for ring in polygon)])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = (WIDTH - 20) / max(float(np.max(high - low)), 1.0)
    height = max(float((high - low)[1]) * scale + 20, 60.0 + ROW * min(len(rings), LISTED))

    def at(metres: Floats) -> str:
        moved = (metres - low) * scale
        return " ".join(f"{10 + x:.1f},{height - 10 - y:.1f}" for x, y in np.atleast_2d(moved))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {height:.0f}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH + LEGEND}" height="{height:.0f}" fill="#fff"/>',
    ]
    for k, (territory, shape) in enumerate(zip(division.territories, rings, strict=True)):
        path = " ".join(f"M{at(ring)}Z" for polygon in shape for ring in polygon)
        parts.append(
            f'<path d="{path}" fill="{_colour(k)}" fill-opacity="0.35" fill-rule="evenodd" stroke="#444" '
            f'stroke-width="0.7"><title>{escape(territory.person)}: {len(territory.customers)} customers, '
            f"{territory.days:.1f} days</title></path>"
        )
    owner = division.owners()
    number = {t.person: k for k, t in enumerate(division.territories)}
    step = -(-len(points) // DOTS)
    for customer, point in list(zip(problem.customers, points, strict=True))[::step]:
        x, y = at(point).split(",")
        held = owner.get(customer.id)
        colour = _colour(number[held], 32) if held in number else "#000"
        parts.append(f'<circle cx="{x}" cy="{y}" r="1.6" fill="{colour}"/>')
    for barrier in problem.barriers:
        line = at(projection.metres(barrier.line))
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="#2b6cb0" stroke-width="2.5">'
            f"<title>{escape(barrier.id)}</title></polyline>"
        )
    place = {c.id: point for c, point in zip(problem.customers, points, strict=True)}
    for one, other in division.links:
        line = at(np.array([place[one], place[other]]))
        parts.append(f'<polyline points="{line}" stroke="#c00" stroke-width="2" stroke-dasharray="4 3"/>')
    for home in homes:
        x, y = at(home).split(",")
        parts.append(
            f'<rect x="{float(x) - 3:.1f}" y="{float(y) - 3:.1f}" width="6" height="6" fill="#000"/>'
        )
    parts += _legend(division)
    return "\n".join([*parts, "</svg>\n"])


LISTED = 40


def _legend(division: Division) -> list[str]:
    x = WIDTH + 10
    parts = [
        f'<text x="{x}" y="18">spread {100 * division.spread:.1f} %, travel '
        f"{division.travel_minutes / 60:,.0f} h</text>",
        f'<text x="{x}" y="36" fill="#555">person, customers, days</text>',
    ]
    for k, territory in enumerate(division.territories[:LISTED]):
        y = 56 + ROW * k
        parts.append(
            f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{_colour(k)}"/><text x="{x + 18}" y="{y}">'
            f"{escape(territory.person)}, {len(territory.customers)}, {territory.days:.1f}</text>"
        )
    if len(division.territories) > LISTED:
        more = len(division.territories) - LISTED
        parts.append(f'<text x="{x}" y="{56 + ROW * LISTED}">and {more} more</text>')
    return parts


def _colour(k: int, light: int = 55) -> str:
    """Hues a golden angle apart: those of numbers that follow one another differ most."""
    shares = colorsys.hls_to_rgb(k * 137.508 % 360 / 360, light / 100, 0.6)
    return "#" + "".join(f"{round(255 * share):02x}" for share in shares)


def geojson(problem: Problem, division: Division) -> str:
    """A feature for each territory with its figures, and one for each customer. GeoJSON knows degrees only (RFC 7946):
    on a plane the positions are metres, as the problem has them."""
    features = []
    for t in division.territories:
        polygons = [[[*ring, ring[0]] for ring in polygon] for polygon in t.polygons]
        names = ("person", "visits", "visit_minutes", "leg_minutes", "way_minutes", "workload", "days", "came", "went",
                 "pieces", "roundness", "area_km2")  # fmt: skip
        figures = {name: getattr(t, name) for name in names} | {"customers": len(t.customers)}
        features.append(_feature({"type": "MultiPolygon", "coordinates": polygons}, figures))
    owner = division.owners()
    for c in problem.customers:
        about = {"customer": c.id, "person": owner.get(c.id)}
        features.append(_feature({"type": "Point", "coordinates": [c.x, c.y]}, about))
    body = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return '{"type": "FeatureCollection", "features": [\n' + body + "\n]}\n"


def _feature(geometry: Mapping[str, object], properties: Mapping[str, object]) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
