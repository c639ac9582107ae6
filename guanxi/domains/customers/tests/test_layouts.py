"""Given a list of customers, when it is looked at as a board or on a map, then the same rows stand there, by the same rights."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from guanxi.domains.customers import geo, maps
from guanxi.domains.customers.models import Account

from .helpers import account, do
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers(cast) -> dict[str, Account]:
    """Lin's in Hangzhou, graded B; zhao's key customer in Suzhou; one of another department; one nobody knows where."""
    at = {"coordinates": "gcj02"}
    found = {
        "lin": account(cast.lin, "杭州恒远电子有限公司", lon=Decimal("120.155"), lat=Decimal("30.274"), **at),
        "key": account(
            cast.wang, "苏州荣川智能有限公司", manager=cast.zhao.pk, key=True, lon=Decimal("120.585"), lat=Decimal("31.299"), **at
        ),
        "sun": account(cast.sun, "无锡外部物流有限公司", lon=Decimal("120.312"), lat=Decimal("31.491"), **at),
        "lost": account(cast.lin, "宁波未知贸易有限公司"),
    }  # fmt: skip
    do(cast.wang, "customers.grade", customer=found["lin"].pk, grade="B", reason="年采购额")
    return found


def spots(person: Any, **asked: Any) -> dict[str, Any]:
    answer = as_(person).get("/customers/", {"as": "map", "box": "100,20,130,40", "zoom": "6", **asked})
    assert answer.status_code == 200
    return json.loads(answer.content)


def named(found: dict[str, Any]) -> set[str]:
    return {row["name"] for spot in found["spots"] for row in spot.get("rows", [])}


def test_a_board_has_a_lane_for_each_grade(cast, customers) -> None:
    page = as_(cast.wang).get("/customers/", {"as": "board"}).content.decode()
    lanes = page.split('data-lane="')[1:]
    assert [lane[: lane.index('"')] for lane in lanes] == ["A", "B", "C", ""]
    assert "杭州恒远电子有限公司" in lanes[1]
    assert "宁波未知贸易有限公司" in lanes[3]
    assert "无锡外部物流有限公司" not in as_(cast.lin).get("/customers/", {"as": "board"}).content.decode()
    by_kind = as_(cast.wang).get("/customers/", {"as": "board", "by": "kind"}).content.decode()
    assert 'data-lane="tenant"' in by_kind


def test_only_who_may_grade_moves_a_card(cast, customers) -> None:
    """A card's menu leads to the form that grades, with the lane's grade in it; the action refuses whoever may not."""
    url = f"/customers/{customers['lin'].pk}/grade/?grade=A"
    assert url in as_(cast.wang).get("/customers/", {"as": "board"}).content.decode()
    assert "/grade/?grade=" not in as_(cast.sun).get("/customers/", {"as": "board"}).content.decode()
    form = as_(cast.wang).get(url).content.decode()
    assert re.search(r'name="grade" value="A"[^>]* checked', form)
    bent = as_(cast.wang).get(f"/customers/{customers['lin'].pk}/grade/?grade=%22><b>")
    assert bent.status_code == 200


def test_a_full_lane_leads_to_all_of_it(cast) -> None:
    for n in range(21):
        made = account(cast.lin, f"杭州第{n:02d}电子有限公司")
        do(cast.wang, "customers.grade", customer=made.pk, grade="A", reason="年采购额")
    page = as_(cast.lin).get("/customers/", {"as": "board"}).content.decode()
    assert page.count("lane-card-head") == 20
    assert "看全部 21 条" in page
    assert "?grade=A" in page.replace("&amp;", "&")


def test_a_map_shows_what_one_may_see(cast, customers) -> None:
    assert named(spots(cast.lin)) == {"杭州恒远电子有限公司"}
    assert named(spots(cast.zhao)) >= {"苏州荣川智能有限公司"}
    assert named(spots(cast.sun)) == {"无锡外部物流有限公司"}
    assert spots(cast.zhou)["spots"] == [] or "苏州荣川智能有限公司" not in named(spots(cast.zhou))
    assert named(spots(cast.lin, grade="A")) == set()  # the list's filters hold
    page = as_(cast.lin).get("/customers/", {"as": "map"}).content.decode()
    assert "另有 1 条没有位置" in page
    without = as_(cast.lin).get("/customers/", {"placed": "0"}).content.decode()
    assert "宁波未知贸易有限公司" in without
    assert "杭州恒远电子有限公司" not in without


def test_neighbours_stand_under_one_number_until_one_is_near(cast) -> None:
    for n in range(3):
        account(
            cast.lin,
            f"杭州{n}号楼有限公司",
            lon=Decimal("120.155"),
            lat=Decimal("30.274"),
            coordinates="gcj02",
        )
    (spot,) = spots(cast.lin)["spots"]
    assert (spot["n"], "rows" in spot) == (3, False)
    (near,) = spots(cast.lin, zoom="18", box="120.1,30.2,120.2,30.3")["spots"]
    assert len(near["rows"]) == 3
    assert spots(cast.lin, box="100,20,101,21")["spots"] == []


@pytest.mark.parametrize("box", ["", "a,b,c,d", "1,2,3", "nan,0,1,1", "10,10,0,0", "0,0,1e9,1"])
def test_a_bent_box_is_no_box(cast, customers, box: str) -> None:
    assert named(spots(cast.lin, box=box, zoom="x")) <= {"杭州恒远电子有限公司"}


def test_telephones_and_chinese_maps_agree() -> None:
    """Tian'anmen as WGS84 stands where a Chinese map draws it, within two metres."""
    lon, lat = maps.drawn(116.391305, 39.905527, "wgs84", "gcj02")
    assert abs(lon - 116.397549) < 2e-4
    assert abs(lat - 39.906930) < 2e-4
    back = geo.to_wgs84(lon, lat)
    assert max(abs(back[0] - 116.391305), abs(back[1] - 39.905527)) < 3e-5


def test_a_view_keeps_how_it_is_shown(cast, customers) -> None:
    do(cast.lin, "views.save", list="customers", name="我的看板", query="as=board&by=kind&grade=B")
    page = as_(cast.lin).get("/customers/").content.decode().replace("&amp;", "&")
    assert "as=board&by=kind&grade=B" in page or "grade=B&as=board&by=kind" in page


def test_lanes_by_service_class_lead_to_the_form_that_sets_it(cast, customers) -> None:
    do(cast.wang, "customers.set_service", customer=customers["lin"].pk, service="serving")
    page = as_(cast.wang).get("/customers/", {"as": "board", "by": "service"}).content.decode()
    lanes = {part[: part.index('"')]: part for part in page.split('data-lane="')[1:]}
    assert "杭州恒远电子有限公司" in lanes["serving"]
    assert f"/customers/{customers['lin'].pk}/service/?service=served" in page
    form = as_(cast.wang).get(f"/customers/{customers['lin'].pk}/service/?service=served").content.decode()
    assert re.search(r'value="served"[^>]*(checked|selected)', form)
