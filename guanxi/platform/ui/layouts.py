"""Other ways to look at the rows of a list: a board with a lane for each value, and a map.

    class Customers(List):
        boards = (Board("grade", Text("等级", "Grade"), lanes=(Lane("A", Text("A", "A"), Q(grade="A"), {"grade": "A"}), …)),)
        mapped = Mapped()

`as=board&by=grade` and `as=map` in the address; filters, search, views, columns and rights are those of the list. The map
asks for what it shows with `as=map&box=west,south,east,north&zoom=12`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import JsonResponse
from django.templatetags.static import static
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text

from . import cells

if TYPE_CHECKING:
    from .asked import Asked
    from .lists import List

AS, BY = "as", "by"
BOX, ZOOM = "box", "zoom"
TABLE, BOARD, MAP = "table", "board", "map"
LANE_CARDS, LANE_EXACT = 20, 1000
"""Cards that a lane shows at first, and up to how many rows its number is exact."""
CARD_FACTS = 3
MAP_ROWS, MAP_NAMES = 10_000, 5
"""How many rows a map puts down at most, and up to how many at one spot are named."""
CELL = 80
"""Width of the squares in pixels whose rows stand under one number."""
TILE = 256
DEEPEST = 19
PROVINCES = {
    "甘肃": "gan_su",
    "青海": "qing_hai",
    "广西": "guang_xi",
    "贵州": "gui_zhou",
    "重庆": "chong_qing",
    "北京": "bei_jing",
    "福建": "fu_jian",
    "安徽": "an_hui",
    "广东": "guang_dong",
    "西藏": "xi_zang",
    "新疆": "xin_jiang",
    "海南": "hai_nan",
    "宁夏": "ning_xia",
    "陕西": "shan_xi_1",
    "山西": "shan_xi_2",
    "湖北": "hu_bei",
    "湖南": "hu_nan",
    "四川": "si_chuan",
    "云南": "yun_nan",
    "河北": "he_bei",
    "河南": "he_nan",
    "辽宁": "liao_ning",
    "山东": "shan_dong",
    "天津": "tian_jin",
    "江西": "jiang_xi",
    "江苏": "jiang_su",
    "上海": "shang_hai",
    "浙江": "zhe_jiang",
    "吉林": "ji_lin",
    "内蒙古": "nei_meng_gu",
    "黑龙江": "hei_long_jiang",
    "台湾": "tai_wan",
    "香港": "xiang_gang",
    "澳门": "ao_men",
}
"""Provinces by their names in `china.json`, and the beginnings of the names of their files."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of a board. where: its rows. query: the filter's address that shows only them, {} where there is none."""

    value: str
    label: Text
    where: Q
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Board:
    """Lanes by one field. move(list, row, value): the address of the form that moves a row to a lane, '' where this person
    may not or the row stands there already; hidden: the columns that a card need not repeat."""

    key: str
    label: Text
    lanes: Sequence[Lane]
    move: Callable[[List, Any, str], str] | None = None
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where rows are: fields of degrees and of the system they are in; tone(row of `also` fields) colours the mark.
    turned(lon, lat, system): degrees as the map draws them."""

    lon: str = "lon"
    lat: str = "lat"
    system: str = "coordinates"
    name: str = "name"
    tone: str = ""
    turned: Callable[[float, float, str], tuple[float, float]] = lambda lon, lat, system: (lon, lat)
    without: Mapping[str, str] = field(default_factory=dict)
    """The filter's address that shows those whose place is not known."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to look, as a link."""

    icon: str
    label: Text
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A row on a board. moves: (lane's value, its words, the form's address)."""

    id: Any
    url: str
    title: SafeString
    facts: Sequence[tuple[Text, SafeString]]
    moves: Sequence[tuple[str, Text, str]]


@dataclass(frozen=True, slots=True)
class ShownLane:
    lane: Lane
    cards: Sequence[Card]
    count: str
    more_url: str


def _place(of: List) -> Mapped:
    if of.mapped is None:
        raise LookupError(f"the rows of {of.name} have no place")
    return of.mapped


def layouts(of: List) -> list[Layout]:
    """The ways in which a list can be looked at; none where the table is the only one."""
    if not (of.boards or of.mapped):
        return []
    found = [Layout("list", Text("列表", "List"), of.address(**{AS: "", BY: ""}), of.layout == TABLE)]
    if of.boards:
        found.append(
            Layout("square-kanban", Text("看板", "Board"), of.address(**{AS: BOARD}), of.layout == BOARD)
        )
    if of.mapped:
        found.append(Layout("map", Text("地图", "Map"), of.address(**{AS: MAP, BY: ""}), of.layout == MAP))
    return found


def board_of(of: Asked) -> Board:
    """The board that is asked for, the first otherwise."""
    asked = of.query.get(BY, "")
    return next((board for board in of.boards if board.key == asked), of.boards[0])


def lanes_of(of: List) -> list[ShownLane]:
    """The lanes of the board, each with its first cards in the order of the list."""
    board = board_of(of)
    columns = [c for c in of.shown_columns if not c.lead and c.key not in board.hidden][:CARD_FACTS]
    lead = next(c for c in of.columns if c.lead)
    found = []
    for lane in board.lanes:
        count = _bounded(of.matching.filter(lane.where))
        rows = of.first_rows(lane.where, LANE_CARDS + 1, few=count <= LANE_EXACT) if count else []
        shown = rows[:LANE_CARDS]
        of.prepare(shown)
        more = of.address(**{AS: "", BY: "", **lane.query}) if lane.query and len(rows) > LANE_CARDS else ""
        found.append(
            ShownLane(
                lane,
                [
                    Card(
                        row.pk,
                        of.row_url(row),
                        cells.shown(lead.of(row), lead.form, of.now),
                        [
                            (c.label, said)
                            for c in columns
                            if (said := cells.shown(c.of(row), c.form, of.now))
                        ],
                        [
                            (other.value, other.label, url)
                            for other in board.lanes
                            if board.move and other is not lane and (url := board.move(of, row, other.value))
                        ],
                    )
                    for row in shown
                ],
                f"{count:,}" if count <= LANE_EXACT else f"{LANE_EXACT:,}+",
                more,
            )
        )
    return found


def _bounded(rows: QuerySet) -> int:
    return int(rows.order_by()[: LANE_EXACT + 1].count())


def spots(of: List) -> JsonResponse:
    """What lies in the box that the map shows: single rows by name, several at one spot as a number."""
    mapped = _place(of)
    box, zoom = _box(of.query.get(BOX, "")), _zoom(of.query.get(ZOOM, ""))
    placed = of.matching.order_by().filter(**{f"{mapped.lon}__isnull": False})
    inside = placed
    if box:
        west, south, east, north = box
        inside = placed.filter(
            **{f"{mapped.lon}__range": (west, east), f"{mapped.lat}__range": (south, north)}
        )
    also = [mapped.tone] if mapped.tone else []
    rows = list(inside.values_list("pk", mapped.lon, mapped.lat, mapped.system, *also)[: MAP_ROWS + 1])
    more, rows = len(rows) > MAP_ROWS, rows[:MAP_ROWS]
    gathered: dict[tuple[int, int], list[tuple[Any, float, float, str]]] = {}
    width = 360 / (TILE * 2**zoom) * CELL
    for pk, lon, lat, system, *tone in rows:
        x, y = mapped.turned(float(lon), float(lat), system)
        gathered.setdefault((int(x // width), int(y // width)), []).append(
            (pk, x, y, tone[0] if tone else "")
        )
    named = [one for group in gathered.values() if len(group) <= _named(zoom) for one in group]
    names = dict(of.base.filter(pk__in=[one[0] for one in named]).values_list("pk", mapped.name))
    found = []
    for group in gathered.values():
        x, y = sum(one[1] for one in group) / len(group), sum(one[2] for one in group) / len(group)
        spot: dict[str, Any] = {"at": [round(y, 6), round(x, 6)], "n": len(group)}
        if len(group) <= _named(zoom):
            spot["rows"] = [
                {"name": names.get(pk, ""), "url": of.row_url(_Pk(pk)), "tone": tone}
                for pk, _, _, tone in group
            ]
        found.append(spot)
    return JsonResponse(
        {"spots": found, "more": more, "most": MAP_ROWS}, json_dumps_params={"ensure_ascii": False}
    )


def bounds(of: List) -> str:
    """ "west,south,east,north" of some of the rows, as the map begins; '' where no place is known."""
    mapped = _place(of)
    placed = of.matching.order_by().filter(**{f"{mapped.lon}__isnull": False})
    rows = list(placed.values_list(mapped.lon, mapped.lat)[:MAP_ROWS])
    if not rows:
        return ""
    lons, lats = [float(lon) for lon, _ in rows], [float(lat) for _, lat in rows]
    return ",".join(f"{v:.4f}" for v in (min(lons), min(lats), max(lons), max(lats)))


def unplaced(of: List) -> int:
    """How many rows have no place (exact to LANE_EXACT)."""
    mapped = _place(of)
    return _bounded(of.matching.filter(**{f"{mapped.lon}__isnull": True}))


@dataclass(frozen=True, slots=True)
class _Pk:
    """Enough of a row for its address."""

    pk: Any


def provinces() -> str:
    """The file of each province's districts by the name that stands in `china.json`, as JSON."""
    return json.dumps(
        {name: static(f"vendor/boundaries/{file}_geo.json") for name, file in PROVINCES.items()}
    )


def _named(zoom: int) -> int:
    """Rows at one spot that are named: one, or a handful where the map cannot take them further apart."""
    return MAP_NAMES if zoom >= DEEPEST - 3 else 1


def _box(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees; None where the address says no box."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (-360 <= west <= east <= 360 and -90 <= south <= north <= 90):  # also NaN
        return None
    return west, south, east, north


def _zoom(text: str) -> int:
    return min(max(int(text), 0), DEEPEST) if text.isdecimal() and len(text) < 4 else 4
