"""What divisions are made of, each against what is slow and plain: graph, nearest, start, matching, polygons, JSON."""

from __future__ import annotations

import ast
import importlib.resources
import itertools
import json
import math
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing.territories import (
    Barrier,
    Problem,
    ProblemError,
    check,
    divide,
    division_from,
    draw,
    dump,
    geojson,
    load,
    schema,
)
from guanxi.cores.routing.territories.estimate import legs
from guanxi.cores.routing.territories.geometry import Projection, apart, bridges, cut, nearest, segments
from guanxi.cores.routing.territories.graph import components, neighbours
from guanxi.cores.routing.territories.polygons import area, inside, outlines
from guanxi.cores.routing.territories.starting import halved, matched, power_cells
from guanxi.cores.routing.territories.towns import KINDS, town
from guanxi.cores.routing.territories.triangulation import gabriel, triangulate
from guanxi.cores.routing.tests.by_hand import chinese, in_both, numbers

thoroughly = settings(deadline=None, max_examples=60)


@st.composite
def scattered(draw, least=2, most=60):
    """Points that differ, evenly or in clumps of very different widths, a metre or more from special positions."""
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(least, most))
    if draw(st.booleans()):
        return generator.uniform(0, 10_000, (n, 2))
    return generator.normal(size=(n, 2)) * generator.choice([1e3, 1e4, 1e5], (n, 1))


@thoroughly
@given(scattered())
def test_gabriel_is_what_its_definition_says(points):
    square = np.sum((points[:, None] - points[None]) ** 2, axis=2)
    expected = {
        (i, j)
        for i, j in itertools.combinations(range(len(points)), 2)
        if not np.any(square[i] + square[j] < square[i, j] * (1 - 1e-9))
    }
    assert {tuple(pair) for pair in gabriel(points).tolist()} == expected


@thoroughly
@given(scattered(4))
def test_triangles_are_delaunays(points):
    corners = triangulate(points)
    for a, b, c in corners:
        one, two = points[b] - points[a], points[c] - points[a]
        assert one[0] * two[1] - one[1] * two[0] > 0
        matrix = 2 * np.array([one, two])
        centre = points[a] + np.linalg.solve(matrix, [one @ one, two @ two])
        radius = math.dist(centre, points[a])
        others = np.delete(points, [a, b, c], axis=0)
        assert np.all(np.hypot(*(others - centre).T) >= radius * (1 - 1e-6) - 0.01)


@pytest.mark.parametrize(
    "points",
    [
        np.stack(np.meshgrid(np.arange(20) * 50.0, np.arange(20) * 50.0), -1).reshape(-1, 2),
        np.column_stack([np.arange(300) * 10.0, np.zeros(300)]),
        np.column_stack([np.arange(300) * 10.0, np.arange(300) * 10.0]),
        1000
        * np.column_stack([np.cos(np.arange(200) / 200 * math.tau), np.sin(np.arange(200) / 200 * math.tau)]),
        np.zeros((400, 2)),
    ],
    ids=["lattice", "line", "slope", "circle", "point"],
)
def test_special_positions_are_held_together(points):
    laid = apart(points)
    assert len(np.unique(np.round(laid, 6), axis=0)) == len(points)
    edges = gabriel(laid)
    assert components(len(points), edges).max() == 0
    assert len(edges) < 3 * len(points)


@thoroughly
@given(scattered(3), st.integers(1, 8))
def test_nearest_is_what_comparing_all_says(points, many):
    many = min(many, len(points) - 1)
    far = np.sort(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)), axis=1)
    np.testing.assert_allclose(nearest(points, many), far[:, many])


def test_legs_are_those_of_the_shortest_tour_through_even_points():
    """In 10,000 points on a square the legs come to 0.7124 sqrt(n A), but for the rim."""
    points = np.random.default_rng(1).uniform(0, 10_000, (10_000, 2))
    assert legs(points).sum() == pytest.approx(0.7124 * math.sqrt(10_000) * 10_000, rel=0.03)


@pytest.mark.parametrize(
    ("line", "meets"),
    [
        ((0, 1, 10, 1), True), ((0, 3, 10, 3), False), ((5, 2, 5, 9), True), ((5, 2.1, 5, 9), False),
        ((20, 0, 20, 2), False), ((0, 0, 4.9, 2), False), ((0, 0, 5.1, 1), True), ((5, 0, 5, 1), True),
    ],
)  # fmt: skip
def test_lines_that_meet(line, meets):
    ends = np.array([[5.0, 0.0, 5.0, 2.0]])
    assert cut(ends, np.array([line], float))[0] == meets
    assert cut(np.array([line], float), ends)[0] == meets


def test_bridges_are_gaps():
    lines = [((0.0, 0.0), (100.0, 0.0)), ((140.0, 0.0), (300.0, 0.0)), ((2000.0, 0.0), (3000.0, 0.0))]
    problem = replace(
        town("clustered", 9, 2, 1), barriers=tuple(Barrier(f"b{i}", x) for i, x in enumerate(lines))
    )
    plane = Projection(True)
    assert bridges(problem, plane).tolist() == [[100.0, 0.0, 140.0, 0.0]]
    assert bridges(replace(problem, bridge_metres=20.0), plane).tolist() == []
    assert segments(problem, plane).tolist() == [[*a, *b] for a, b in lines]


def test_neighbours_across_a_bridge():
    points = np.array([[0.0, 500.0], [0.0, -500.0], [2000.0, 500.0], [2000.0, -500.0]])
    river = np.array([[-9e3, 0.0, -100.0, 0.0], [100.0, 0.0, 9e3, 0.0]])
    without = neighbours(points, river, np.zeros((0, 4)))
    assert without.edges.tolist() == [[0, 1], [0, 2], [1, 3]]  # between the river's ends there is sight
    assert not without.is_link.any()
    closed = np.array([[-9e3, 0.0, 9e3, 0.0]])
    apart_now = neighbours(points, closed, np.zeros((0, 4)))
    assert apart_now.is_link.sum() == 1
    assert apart_now.parts.tolist() == [0, 1, 0, 1]
    aside = np.array([[-9e3, 0.0, 900.0, 0.0], [1100.0, 0.0, 9e3, 0.0]])
    over = neighbours(points, aside, np.array([[900.0, 0.0, 1100.0, 0.0]]))
    assert not over.is_link.any()
    assert {(0, 1), (0, 3), (1, 2), (2, 3)} & {tuple(e) for e in over.edges.tolist()}


@thoroughly
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_matched_is_the_best_of_all_orders(many, seed):
    cost = np.random.default_rng(seed).integers(-20, 20, (many, many)).astype(float)
    found = matched(cost)
    best = min(sum(cost[i, p[i]] for i in range(many)) for p in itertools.permutations(range(many)))
    assert cost[np.arange(many), found].sum() == best
    assert sorted(found) == list(range(many))


@thoroughly
@given(scattered(8), st.integers(1, 8))
def test_halved_leaves_no_part_empty(points, many):
    part = halved(points, np.zeros(len(points)), np.ones(many))
    assert np.all(np.bincount(part, minlength=many) > 0)


def test_power_cells_are_about_even():
    points = np.random.default_rng(3).uniform(0, 10_000, (2000, 2))
    weight, shares = np.ones(2000), np.ones(8)
    cells = power_cells(points, weight, halved(points, weight, shares), shares, 60)
    assert np.ptp(np.bincount(cells)) <= 0.1 * 2000 / 8


@thoroughly
@given(scattered(6), st.integers(1, 5))
def test_polygons_share_borders_and_hold_their_customers(points, many):
    owner = halved(points, np.ones(len(points)), np.ones(many))
    parts = outlines(points, owner, many)
    for k in range(many):
        rings = [ring for part in parts[k] for ring in part]
        held = np.array([sum(inside(p, ring) for ring in rings) % 2 == 1 for p in points])
        assert np.array_equal(held, owner == k)
        assert all(area(part[0]) > 0 and all(area(hole) < 0 for hole in part[1:]) for part in parts[k])
    # No place is in two territories.
    generator = np.random.default_rng(len(points))
    share = generator.uniform(size=(50, 1))
    one, other = (points[generator.integers(0, len(points), 50)] for _ in range(2))
    for place in one * share + other * (1 - share):
        holds = [k for k in range(many) if sum(inside(place, ring) for part in parts[k] for ring in part) % 2]
        assert len(holds) <= 1


@pytest.mark.parametrize("degrees", [False, True])
def test_positions_there_and_back(degrees):
    customers = tuple(
        replace(c, x=120 + c.x / 1e5, y=30 + c.y / 1e5) for c in town("linear", 20, 2, 1).customers
    )
    problem = Problem(customers, (), coordinates="lonlat" if degrees else "plane")
    projection = Projection.of(problem)
    back = projection.position(projection.metres([(c.x, c.y) for c in customers]))
    np.testing.assert_allclose(back, [(c.x, c.y) for c in customers], atol=1e-3 if not degrees else 1e-7)


def test_towns_are_the_same_for_a_seed_and_differ_between_them():
    for kind in KINDS:
        assert town(kind, 50, 3, 1) == town(kind, 50, 3, 1)
        assert town(kind, 50, 3, 1) != town(kind, 50, 3, 2)
    with pytest.raises(ValueError, match="not in"):
        town("square", 50, 3, 1)


# JSON


def test_json_there_and_back_and_the_schema_fits():
    problem = replace(
        town("river", 60, 3, 1), whole_districts=frozenset({"a"}), spread=0.3,
    )  # fmt: skip
    problem = replace(problem, customers=tuple(replace(c, district="a", owner="p1") if i < 9 else c
                                               for i, c in enumerate(problem.customers)))  # fmt: skip
    division = divide(problem, iterations=30)
    validator = jsonschema.Draft202012Validator(schema())
    for thing, read in ((problem, load), (division, division_from)):
        assert read(dump(thing)) == thing
        validator.validate(json.loads(dump(thing)))
    published = importlib.resources.files("guanxi").joinpath("../docs/reference/territories.schema.json")
    assert json.loads(published.read_text(encoding="utf-8")) == schema()


SMALL = """{"form": "guanxi.territories/1", "customers": [{"id": "a", "x": 1, "y": 2}], "people": [{"id": "p"}]}"""


def test_little_is_required():
    problem = load(SMALL)
    assert check(problem, divide(problem)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("}]}", "}]", "no JSON: "),
        (SMALL, "[]", "the file holds [], not an object"),
        (SMALL, "[" * 100_000, "no JSON: "),
        (SMALL, "", "no JSON: "),
        ("territories/1", "territories/7", 'form: "guanxi.territories/7", must be "guanxi.territories/1"'),
        ('"x": 1', '"x": "1"', 'customers[0].x: "1", must be a number'),
        ('"x": 1', '"x": true', "customers[0].x: true, must be a number"),
        ('"x": 1', '"x": null', "customers[0].x: null, must be a number"),
        ('"x": 1', '"x": 1' + "0" * 400, "customers[0].x: a number of 401 digits, too large"),
        ('"x": 1, ', "", "customers[0].x: missing"),
        ('"x": 1', '"x": 1, "minuts": 4', "customers[0].minuts: unknown; did you mean minutes?"),
        ('"id": "a"', '"id": 7', "customers[0].id: 7, must be a text"),
        ('[{"id": "p"}]', '{"id": "p"}', 'people: {"id": "p"}, must be a list'),
        ('[{"id": "p"}]', '["p"]', 'people[0]: "p", must be an object'),
        ('"people"', '"barriers": [{"id": "b", "line": [[1, 2, 3]]}], "people"',
         "barriers[0].line[0]: 3 values, must be 2"),
        ('"people"', '"coordinates": "round", "people"', 'coordinates: "round", must be plane or lonlat'),
    ],
)  # fmt: skip
def test_json_that_does_not_fit_is_named(old, new, message):
    assert old in SMALL
    with pytest.raises(ProblemError) as caught:
        load(SMALL.replace(old, new))
    assert caught.value.said[0].en.startswith(message)
    assert all(in_both(said) for said in caught.value.said)


def test_a_division_with_a_number_of_hundreds_of_digits():
    huge = '"territories": [], "spread": 0, "travel_minutes": 0, "goal": 0, "changes": 1' + "0" * 400
    with pytest.raises(ProblemError, match="changes: a number of 401 digits, too large"):
        division_from('{"form": "guanxi.territories.division/1", ' + huge + "}")


def test_nan_in_json_is_named_by_the_customer():
    with pytest.raises(ProblemError, match=r"customer a: position nan, 2\.0 is no number"):
        divide(load(SMALL.replace('"x": 1', '"x": NaN')))


# Pictures


def test_pictures_hold_everything_and_escape_it():
    problem = town("river", 60, 3, 1)
    people = (replace(problem.people[0], id="<王 & co>"), *problem.people[1:])
    problem = replace(problem, people=people)
    division = divide(problem, iterations=30)
    drawn = draw(problem, division)
    assert drawn.count("<circle") == 60
    assert drawn.count("<polyline") == len(problem.barriers) + len(division.links)
    assert "&lt;王 &amp; co&gt;" in drawn
    assert "<王" not in drawn
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(drawn)
    features = json.loads(geojson(problem, division))["features"]
    assert [f["geometry"]["type"] for f in features] == ["MultiPolygon"] * 3 + ["Point"] * 60
    ring = features[0]["geometry"]["coordinates"][0][0]
    assert ring[0] == ring[-1]
    assert features[0]["properties"]["customers"] == len(division.territories[0].customers)


# What the checker finds


@pytest.fixture(scope="module")
def sound():
    problem = town("river", 120, 4, 1)
    return problem, divide(problem, iterations=100)


def broken(division, place, **changes):
    territories = list(division.territories)
    territories[place] = replace(territories[place], **changes)
    return replace(division, territories=tuple(territories))


def test_the_checker_finds_what_is_broken(sound):
    problem, division = sound
    first, second = division.territories[:2]
    cases = {
        "missing": broken(division, 0, customers=first.customers[1:]),
        "twice": broken(division, 0, customers=(*first.customers, second.customers[0])),
        "unknown": broken(division, 0, customers=(*first.customers, "nobody")),
        "figure": broken(division, 0, way_minutes=first.way_minutes + 5),
        "polygon": broken(broken(division, 0, polygons=second.polygons), 1, polygons=first.polygons),
        "link": replace(division, links=((first.customers[0], "nobody"),)),
    }
    assert check(problem, division) == []
    for kind, case in cases.items():
        found = check(problem, case)
        assert kind in {f.kind for f in found}, kind
        for finding in found:
            assert finding.in_language("en") == f"{finding.place}: {finding.sentence}"
            assert chinese(finding.place_zh)
            assert chinese(finding.sentence_zh)
            assert numbers(finding.in_language("zh")) == numbers(finding.in_language("en"))


def test_the_checker_finds_a_territory_in_pieces(sound):
    problem, division = sound
    # A customer from the far end of another territory: no neighbour of the first one.
    first = division.territories[0]
    here = {c.id: (c.x, c.y) for c in problem.customers}
    far = max(
        (
            (math.dist(here[c], first.home), k, c)
            for k, t in enumerate(division.territories)
            for c in t.customers
            if k
        )
    )
    _, place, customer = far
    moved = broken(division, 0, customers=(*first.customers, customer))
    rest = tuple(c for c in division.territories[place].customers if c != customer)
    found = check(problem, broken(moved, place, customers=rest))
    assert ("pieces", f"territory {first.person}") in {(f.kind, f.place) for f in found}


def test_the_compiler_is_loaded_by_the_first_division_and_not_before():
    package = importlib.resources.files("guanxi.cores.routing.territories")
    modules = [file for file in package.iterdir() if file.name.endswith(".py")]
    assert len(modules) > 10
    for file in modules:
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                assert "numba" not in ast.unparse(statement)
                assert "compiled" not in ast.unparse(statement)
