"""Pictures and maps of plans: well formed, complete, and safe with any name."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from guanxi.cores.routing import generating
from guanxi.cores.routing.drawing import LABELS_UP_TO, MOST_PANELS, geojson, svg
from guanxi.cores.routing.model import Period
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.tests.by_hand import customer, greedy, town

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("seed", range(20))
def test_everything_is_there(seed):
    problem = generating.mixed(seed)
    plan = greedy(problem)
    features = json.loads(geojson(problem, plan))["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    assert kinds.count("route") == len(plan.routes)
    assert kinds.count("visit") == plan.figures.visits
    assert kinds.count("unplanned") == len(plan.unplanned)
    picture = ElementTree.fromstring(svg(problem, plan))
    assert len(list(picture.iter(f"{SVG}circle"))) == plan.figures.visits
    text = svg(problem, plan)
    assert all(f"{u.customer}: unplanned" in text for u in plan.unplanned) or not plan.routes


def test_names_are_escaped_and_a_point_is_no_division_by_zero():
    problem = town(customer("<script>&\"'", "c0"), customer("二号", "c0"))
    picture = svg(problem, greedy(problem))
    assert "<script>" not in picture
    ElementTree.fromstring(picture)
    assert "二号" in geojson(problem, greedy(problem))


def test_nothing_to_draw():
    ElementTree.fromstring(svg(town(), Plan(())))
    assert json.loads(geojson(town(), Plan(())))["features"] == []


def test_places_without_positions_are_left_out():
    problem = town(customer("c10"))
    blind = replace(problem, places=tuple(replace(place, x=None, y=None) for place in problem.places))
    plan = greedy(problem)
    ElementTree.fromstring(svg(blind, plan))
    assert json.loads(geojson(blind, plan))["features"] == []


def test_many_days_and_many_labels():
    daily = customer("c10", visits=40, patterns=(frozenset(range(1, 41)),))
    problem = replace(town(daily, days=40), period=Period(40))
    picture = svg(problem, greedy(problem))
    assert picture.count("Day ") == MOST_PANELS
    assert "not shown" in picture
    many = town(*(customer(f"c{n}", "c5", minutes=1.0) for n in range(LABELS_UP_TO + 1)), days=1)
    assert 'font-size="9"' not in svg(many, greedy(many))
