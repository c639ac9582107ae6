"""Given map pictures of the company's choice, when a list is looked at on a map, then only they are let in, and everything
stands where they draw it; and however many customers there are, each is counted, by the rights of who looks."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from guanxi.domains.customers import geo, maps
from guanxi.platform.kernel import Invalid
from guanxi.platform.ui import layouts

from .helpers import account, do
from .test_layouts import named, spots
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db
URL = "https://tiles.example.com/t/{z}/{x}/{y}.png"


def choose(cast: Any, **chosen: Any) -> None:
    said = [{"key": f"maps.{name}", "value": str(value)} for name, value in chosen.items()]
    do(cast.wu, "people.change_settings", settings=said)


def policy(person: Any, path: str) -> str:
    return str(as_(person).get(path)["Content-Security-Policy"])


def test_without_a_source_nobody_is_asked(cast: Any) -> None:
    account(cast.lin, lon=Decimal("120.1"), lat=Decimal("30.2"))
    assert "data-tiles" not in as_(cast.lin).get("/customers/?as=map").content.decode()
    assert "img-src 'self' data: blob:;" in policy(cast.lin, "/customers/?as=map")


def test_the_policy_lets_in_that_one_origin_and_only_where_a_map_may_be(cast: Any) -> None:
    account(cast.lin, lon=Decimal("120.1"), lat=Decimal("30.2"))
    choose(cast, url=URL, attribution='天地图 <b> GS(2026)1号"', min=5, max=16)
    for path in ("/customers/?as=map", "/customers/"):
        assert "img-src 'self' https://tiles.example.com data: blob:;" in policy(cast.lin, path)
        assert policy(cast.lin, path).count("https://") == 1
    assert "tiles.example.com" not in policy(cast.lin, "/")
    page = as_(cast.lin).get("/customers/?as=map").content.decode()
    told = json.loads(html.unescape(re.search(r'data-tiles="([^"]+)"', page)[1]))  # type: ignore[index]
    assert told == {"url": URL, "attribution": '天地图 <b> GS(2026)1号"', "min": 5, "max": 16}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://tiles.example.com/{z}/{x}/{y}.png", "https://"),
        ("javascript:alert(1)//{z}{x}{y}", "https://"),
        ("https://{s}.example.com/{z}/{x}/{y}", "主机名中不能有占位符"),
        ("https://a.example.com; script-src */{z}/{x}/{y}", "主机名中不能有占位符"),
        ("https://a.example.com/{z}/{x}.png", "缺少 {y}"),
        ("https://a.example.com/{z}/{x}/{y}?k={token}", "不能有其他占位符"),
        ("https://a.example.com/{z}/{x}/{y}?k={key}", "GUANXI_MAP_KEY"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(cast: Any, url: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        choose(cast, url=url)
    assert maps.chosen() is None


def test_the_key_comes_from_the_server_and_without_it_there_are_no_pictures(cast: Any, settings: Any) -> None:
    settings.MAP_KEY = "k-1"
    choose(cast, url=f"{URL}?tk={{key}}")
    source = maps.chosen()
    assert source is not None
    assert source.url == f"{URL}?tk=k-1"
    assert "k-1" not in as_(cast.wu).get("/settings/?of=maps").content.decode()
    settings.MAP_KEY = ""
    assert maps.chosen() is None


def test_only_an_administrator_chooses(cast: Any) -> None:
    for person in (cast.lin, cast.wang, cast.chen, cast.zhou):
        assert as_(person).get("/settings/?of=maps").status_code == 403
    assert "地图底图网址" in as_(cast.wu).get("/settings/?of=maps").content.decode()


@pytest.mark.parametrize("kept", ["gcj02", "wgs84"])
@pytest.mark.parametrize("drawn", ["gcj02", "wgs84"])
def test_everybody_stands_where_the_pictures_draw_the_place(cast: Any, kept: str, drawn: str) -> None:
    """Tian'anmen: 116.391305, 39.905527 by a telephone; some 500 m from there on a Chinese map."""
    phone = (116.391305, 39.905527)
    chinese = geo.to_gcj02(*phone)
    lon, lat = phone if kept == "wgs84" else chinese
    place = {"lon": Decimal(f"{lon:.6f}"), "lat": Decimal(f"{lat:.6f}"), "coordinates": kept}
    account(cast.lin, "天安门物业", **place)
    choose(cast, url=URL, system=drawn)
    (spot,) = spots(cast.lin)["spots"]
    wanted = phone if drawn == "wgs84" else chinese
    assert abs(spot["at"][1] - wanted[0]) < 3e-5  # about two metres
    assert abs(spot["at"][0] - wanted[1]) < 3e-5
    assert abs(chinese[0] - phone[0]) > 5e-3


# --- more than a map gathers itself ------------------------------------------------------------------------------------


def scattered(cast: Any, seed: int) -> None:
    chance = Random(seed)
    for n in range(60):
        system = chance.choice(("gcj02", "wgs84"))
        at = {
            "lon": Decimal(f"{chance.uniform(110, 122):.6f}"),
            "lat": Decimal(f"{chance.uniform(24, 38):.6f}"),
        }
        owner = chance.choice((cast.lin, cast.zhao, cast.sun))
        account(owner, f"第{n}号客户", coordinates=system, **at)


def counted(found: dict[str, Any]) -> int:
    return sum(spot["n"] for spot in found["spots"])


@pytest.mark.parametrize("zoom", ["4", "7", "12"])
def test_however_many_there_are_each_is_counted_by_the_rights_of_who_looks(
    cast: Any, monkeypatch: pytest.MonkeyPatch, zoom: str
) -> None:
    scattered(cast, 7)
    for person in (cast.lin, cast.zhao, cast.sun, cast.wang):
        whole = spots(person, zoom=zoom)
        monkeypatch.setattr(layouts, "MAP_ROWS", 3)
        by_database = spots(person, zoom=zoom)
        monkeypatch.undo()
        assert counted(by_database) == counted(whole) > 3
        assert named(by_database) <= {f"第{n}号客户" for n in range(60)}
        for one in by_database["spots"]:
            if one["n"] == 1 and zoom == "12":  # far apart both ways agree on where each stands
                near = [
                    w for w in whole["spots"] if max(abs(w["at"][i] - one["at"][i]) for i in (0, 1)) < 1e-5
                ]
                assert [w["rows"][0]["name"] for w in near] == [one["rows"][0]["name"]]


def test_filters_and_the_part_that_is_seen_hold_there_too(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scattered(cast, 11)
    west = account(cast.lin, "西边的客户", lon=Decimal("100.5"), lat=Decimal("30.5"))
    do(cast.wang, "customers.grade", customer=west.pk, grade="A", reason="年采购额")
    monkeypatch.setattr(layouts, "MAP_ROWS", 0)
    assert named(spots(cast.lin, grade="A")) == {"西边的客户"}
    assert counted(spots(cast.lin, box="100,30,101,31")) == 1
    assert spots(cast.lin, box="10,10,11,11")["spots"] == []
    assert named(spots(cast.sun, grade="A")) == set()


def test_many_take_as_few_questions_as_few(
    cast: Any, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    scattered(cast, 3)
    monkeypatch.setattr(layouts, "MAP_ROWS", 3)
    client = as_(cast.wang)
    client.get("/customers/", {"as": "map", "box": "100,20,130,40", "zoom": "4"})
    with django_assert_max_num_queries(14):
        client.get("/customers/", {"as": "map", "box": "100,20,130,40", "zoom": "4"})
