"""Plans to look at: GeoJSON for a map, SVG for a picture. A colour a person; each day a panel of its own in the picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from guanxi.cores.routing.feasibility import clock
from guanxi.cores.routing.model import Barrier, Place, Problem
from guanxi.cores.routing.plan import Plan, Route
from guanxi.cores.routing.travel import Roads

# Told apart also by the colour-blind (Okabe and Ito 2008, darkened for white ground); further people repeat them, dashed.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a8508a", "#b07c00", "#2f8fc4", "#5b4b8a", "#4d4d4d")
DASHES = ("", "7 3", "2 3")
PANEL, GAP, MARGIN, COLUMNS = 380, 26, 24, 3
LABELS_UP_TO = 60
MISSING = "#c1121f"
MOST_PANELS = 31


def colour(problem: Problem, person: str) -> tuple[str, str]:
    """Colour and dashes of a person's routes."""
    number = next((i for i, p in enumerate(problem.people) if p.id == person), 0)
    return COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]


def geojson(problem: Problem, plan: Plan) -> str:
    """Routes as lines, visits, homes and unplanned customers as points. Longitude and latitude where the problem has
    them; positions on a plane are given as they are."""
    places = {p.id: p for p in problem.places}
    where = {c.id: places[c.place] for c in problem.customers}
    features = []
    for route in plan.routes:
        tone, _ = colour(problem, route.person)
        common = {"day": route.day, "person": route.person, "mode": route.mode}
        if (date := problem.period.date(route.day)) is not None:
            common["date"] = date.isoformat()
        line = [
            _at(places[route.start]),
            *(_at(where[s.customer]) for s in route.stops),
            _at(places[route.end]),
        ]
        if all(line):
            properties = {
                "kind": "route",
                **common,
                "minutes": route.minutes,
                "travel_minutes": route.travel_minutes,
                "metres": route.metres,
                "stroke": tone,
            }
            features.append(_feature("LineString", line, properties))
        for number, stop in enumerate(route.stops, 1):
            properties = {
                "kind": "visit", **common, "customer": stop.customer, "number": number, "arrival": stop.arrival,
                "start": stop.start, "leave": stop.leave, "marker-color": tone,
            }  # fmt: skip
            features.append(_feature("Point", _at(where[stop.customer]), properties))
    for id in dict.fromkeys(place for route in plan.routes for place in (route.start, route.end)):
        features.append(_feature("Point", _at(places[id]), {"kind": "start", "place": id}))
    for unplanned in plan.unplanned:
        if unplanned.customer in where:
            properties = {
                "kind": "unplanned",
                "customer": unplanned.customer,
                "visits": unplanned.visits,
                "reason": unplanned.reason.sentence,
                "reason_zh": unplanned.reason.sentence_zh,
                "cures": [cure.sentence for cure in unplanned.cures],
                "cures_zh": [cure.sentence_zh for cure in unplanned.cures],
                "marker-color": MISSING,
            }
            features.append(_feature("Point", _at(where[unplanned.customer]), properties))
    made = {"type": "FeatureCollection", "features": [f for f in features if f["geometry"]["coordinates"]]}
    return json.dumps(made, ensure_ascii=False, allow_nan=False) + "\n"


def _at(place: Place) -> list[float] | None:
    return None if place.x is None or place.y is None else [place.x, place.y]


def _feature(kind: str, at: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": at}, "properties": properties}


class _Frame:
    """Positions to points of a panel."""

    def __init__(self, problem: Problem) -> None:
        self.roads = Roads(problem)
        plane = self.roads.plane
        known = [(float(x), float(y)) for x, y in plane if math.isfinite(x) and math.isfinite(y)]
        xs, ys = [x for x, _ in known] or [0.0], [y for _, y in known] or [0.0]
        self.west, self.north = min(xs), max(ys)
        self.unit = max(max(xs) - min(xs), max(ys) - min(ys), 1e-9)
        self.height = max(60.0, PANEL * (max(ys) - min(ys)) / self.unit)

    def place(self, id: str) -> tuple[float, float] | None:
        x, y = self.roads.plane[self.roads.row[id]]
        return self.point(float(x), float(y)) if math.isfinite(x) and math.isfinite(y) else None

    def point(self, x: float, y: float) -> tuple[float, float]:
        return (round((x - self.west) / self.unit * PANEL, 1), round((self.north - y) / self.unit * PANEL, 1))


def svg(problem: Problem, plan: Plan) -> str:
    """A picture: a panel a day with its routes, the customers visited, homes; who is unplanned; a legend."""
    frame = _Frame(problem)
    place = {c.id: c.place for c in problem.customers}
    days = sorted({route.day for route in plan.routes}) or [1]
    shown, left_out = days[:MOST_PANELS], days[MOST_PANELS:]
    columns = min(COLUMNS, len(shown))
    high = frame.height + 34
    people = [p.id for p in problem.people if any(route.person == p.id for route in plan.routes)]
    width = 2 * MARGIN + columns * PANEL + (columns - 1) * GAP
    a_row = max(1, width // 170)
    top = 62 + 20 * math.ceil((len(people) + 2) / a_row)
    height = top + math.ceil(len(shown) / columns) * (high + GAP) + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="system-ui, sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{MARGIN}" y="30" font-size="16" font-weight="600">{escape(_title(plan, left_out))}</text>',
        *_legend(problem, people, a_row),
    ]
    missing = [(u.customer, frame.place(place[u.customer])) for u in plan.unplanned if u.customer in place]
    for number, day in enumerate(shown):
        x = MARGIN + number % columns * (PANEL + GAP)
        y = top + number // columns * (high + GAP)
        out.append(f'<g transform="translate({x:.0f} {y:.0f})">')
        out += _panel(problem, frame, place, [r for r in plan.routes if r.day == day], day)
        for id, at in missing:
            if at:
                out.append(f'<g transform="translate({at[0]} {at[1] + 22})">{_cross(id)}</g>')
        out.append("</g>")
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _title(plan: Plan, left_out: list[int]) -> str:
    figures = plan.figures
    text = f"{figures.visits} visits, {len(plan.routes)} routes, cost {figures.cost:,.0f}"
    if figures.unplanned_visits:
        text += f", {figures.unplanned_visits} visits unplanned"
    return text + (f" (days after {left_out[0] - 1} not shown)" if left_out else "")


def _legend(problem: Problem, people: list[str], a_row: int) -> Iterable[str]:
    for number, name in enumerate([*people, "home or depot", "unplanned"]):
        x, y = MARGIN + number % a_row * 170, 52 + number // a_row * 20
        yield f'<g transform="translate({x} {y})">'
        if number < len(people):
            tone, dash = colour(problem, name)
            yield f'<line x1="0" y1="0" x2="22" y2="0" stroke="{tone}" stroke-width="3" stroke-dasharray="{dash}"/>'
        elif name == "unplanned":
            yield f'<g transform="translate(11 0)">{_cross("")}</g>'
        else:
            yield '<rect x="6" y="-5" width="10" height="10" fill="#222222"/>'
        yield f'<text x="30" y="4">{escape(name[:20])}</text></g>'


def _cross(id: str) -> str:
    title = f"<title>{escape(id)}: unplanned</title>" if id else ""
    return f'<path d="M-4-4 4 4M-4 4 4-4" stroke="{MISSING}" stroke-width="2">{title}</path>'


def _panel(
    problem: Problem, frame: _Frame, place: dict[str, str], routes: list[Route], day: int
) -> Iterable[str]:
    date = problem.period.date(day)
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    title = f"Day {day}, {names[problem.period.weekday(day) - 1]}" + (f" {date.isoformat()}" if date else "")
    yield f'<text x="0" y="8" font-weight="600">{title}</text><g transform="translate(0 22)">'
    yield f'<rect x="-6" y="-6" width="{PANEL + 12}" height="{frame.height + 12:.0f}" fill="#f6f6f4" rx="4"/>'
    for barrier in problem.travel.barriers:
        yield _barrier(frame, barrier)
    visits = sum(len(route.stops) for route in routes)
    for route in routes:
        tone, dash = colour(problem, route.person)
        ends = [frame.place(route.start), frame.place(route.end)]
        stops = [(stop, frame.place(place[stop.customer])) for stop in route.stops]
        line = [p for p in (ends[0], *(at for _, at in stops), ends[1]) if p]
        points = " ".join(f"{x},{y}" for x, y in line)
        yield (
            f'<polyline points="{points}" fill="none" stroke="{tone}" stroke-width="1.6" stroke-dasharray="{dash}" '
            f'stroke-linejoin="round"><title>{escape(route.person)}: {len(stops)} visits, {route.minutes:.0f} min'
            f"</title></polyline>"
        )
        for number, (stop, at) in enumerate(stops, 1):
            if at:
                title = escape(_visit(number, stop.customer, stop.start))
                yield f'<circle cx="{at[0]}" cy="{at[1]}" r="3" fill="{tone}"><title>{title}</title></circle>'
                if visits <= LABELS_UP_TO:
                    yield f'<text x="{at[0] + 4}" y="{at[1] - 4}" font-size="9" fill="#333333">{number}</text>'
        for end in ends:
            if end:
                yield f'<rect x="{end[0] - 4}" y="{end[1] - 4}" width="8" height="8" fill="#222222"/>'
    yield "</g>"


def _visit(number: int, customer: str, start: float) -> str:

    return f"{number}. {customer}, {clock(start).en}"


def _barrier(frame: _Frame, barrier: Barrier) -> str:

    line = frame.roads.on_plane(np.array(barrier.line, np.float64))
    points = " ".join("{},{}".format(*frame.point(float(x), float(y))) for x, y in line)
    return (
        f'<polyline points="{points}" fill="none" stroke="#9db7c9" stroke-width="4">'
        f"<title>{escape(barrier.id)}</title></polyline>"
    )
