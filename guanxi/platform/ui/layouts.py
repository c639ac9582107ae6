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

from django.db.models import Avg, Count, F, FloatField, Func, IntegerField, Min, Q, QuerySet, Value
from django.http import JsonResponse
from django.templatetags.static import static
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text

from . import cells, tiles

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
"""Up to how many rows a map gathers itself, and up to how many at one spot are named."""
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
    turned(lon, lat, system, on): degrees as a map draws them that counts in the system `on`."""

    lon: str = "lon"
    lat: str = "lat"
    system: str = "coordinates"
    name: str = "name"
    tone: str = ""
    turned: Callable[[float, float, str, str], tuple[float, float]] = lambda lon, lat, system, on: (lon, lat)
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


Spot = dict[str, Any]


def spots(of: List) -> JsonResponse:
    """What lies in the box that the map shows: single rows by name, several at one spot as a number. However many there
    are, each is counted: beyond MAP_ROWS the database counts them, square by square."""
    mapped = _place(of)
    box, zoom = _box(of.query.get(BOX, "")), _zoom(of.query.get(ZOOM, ""))
    inside = of.matching.order_by().filter(**{f"{mapped.lon}__isnull": False})
    if box:
        west, south, east, north = box
        inside = inside.filter(
            **{f"{mapped.lon}__range": (west, east), f"{mapped.lat}__range": (south, north)}
        )
    also = [mapped.tone] if mapped.tone else []
    rows = list(inside.values_list("pk", mapped.lon, mapped.lat, mapped.system, *also)[: MAP_ROWS + 1])
    found = _counted(of, mapped, inside, zoom) if len(rows) > MAP_ROWS else _gathered(of, mapped, rows, zoom)
    return JsonResponse({"spots": found}, json_dumps_params={"ensure_ascii": False})


def _on() -> str:
    """The system in which the map counts: its pictures', else that of the borders that we draw."""
    source = tiles.source()
    return source.system if source else tiles.GCJ02


def _width(zoom: int) -> float:
    """Degrees of a square."""
    return 360 / (TILE * 2**zoom) * CELL


def _gathered(of: List, mapped: Mapped, rows: Sequence[Any], zoom: int) -> list[Spot]:
    """Rows by the square that they lie in."""
    gathered: dict[tuple[int, int], list[tuple[Any, float, float, str]]] = {}
    width, on = _width(zoom), _on()
    for pk, lon, lat, system, *tone in rows:
        x, y = mapped.turned(float(lon), float(lat), system, on)
        gathered.setdefault((int(x // width), int(y // width)), []).append(
            (pk, x, y, tone[0] if tone else "")
        )
    named = [one for group in gathered.values() if len(group) <= _named(zoom) for one in group]
    names = _names(of, mapped, [one[0] for one in named])
    found = []
    for group in gathered.values():
        x, y = sum(one[1] for one in group) / len(group), sum(one[2] for one in group) / len(group)
        spot: Spot = {"at": [round(y, 6), round(x, 6)], "n": len(group)}
        if len(group) <= _named(zoom):
            spot["rows"] = [_named_row(of, names, pk, tone) for pk, _, _, tone in group]
        found.append(spot)
    return found


def _counted(of: List, mapped: Mapped, inside: QuerySet, zoom: int) -> list[Spot]:
    """Squares with their numbers, as the database counts them; of a lone row its name."""
    width, on = _width(zoom), _on()
    squares = (
        inside.annotate(square_x=_Square(F(mapped.lon), width), square_y=_Square(F(mapped.lat), width))
        .values("square_x", "square_y", mapped.system)
        .annotate(n=Count("pk"), x=Avg(mapped.lon), y=Avg(mapped.lat), one=Min("pk"))
        .order_by()
    )
    together: dict[tuple[int, int], list[tuple[int, float, float, Any]]] = {}
    for row in squares:  # one square may hold places of both systems
        x, y = mapped.turned(float(row["x"]), float(row["y"]), row[mapped.system], on)
        together.setdefault((row["square_x"], row["square_y"]), []).append((row["n"], x, y, row["one"]))
    alone = [parts[0][3] for parts in together.values() if len(parts) == 1 and parts[0][0] == 1]
    names = _names(of, mapped, alone)
    found = []
    for parts in together.values():
        n = sum(part[0] for part in parts)
        x, y = sum(part[0] * part[1] for part in parts) / n, sum(part[0] * part[2] for part in parts) / n
        spot: Spot = {"at": [round(y, 6), round(x, 6)], "n": n}
        if n == 1:
            spot["rows"] = [_named_row(of, names, parts[0][3], "")]
        found.append(spot)
    return found


class _Square(Func):
    """The number of the square of so many degrees in which a value lies."""

    output_field = IntegerField()

    def __init__(self, degrees: Any, width: float) -> None:
        super().__init__(degrees, Value(width, output_field=FloatField()))

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """360 is added before, so that what is cut off lies on the same side everywhere."""
        return self.as_sql(
            compiler,
            connection,
            template="CAST((%(expressions)s) AS INTEGER)",
            arg_joiner=" + 360) / (",
            **more,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="CAST(FLOOR((%(expressions)s)) AS INTEGER)",
            arg_joiner="::double precision + 360) / (",
            **more,
        )


def _names(of: List, mapped: Mapped, ids: Sequence[Any]) -> dict[Any, str]:
    return dict(of.base.filter(pk__in=ids).values_list("pk", mapped.name))


def _named_row(of: List, names: Mapping[Any, str], pk: Any, tone: str) -> dict[str, str]:
    return {"name": names.get(pk, ""), "url": of.row_url(_Pk(pk)), "tone": tone}


def bounds(of: List) -> str:
    """ "west,south,east,north" of some of the rows, as the map begins; '' where no place is known."""
    mapped = _place(of)
    placed = of.matching.order_by().filter(**{f"{mapped.lon}__isnull": False})
    rows = list(placed.values_list(mapped.lon, mapped.lat, mapped.system)[:MAP_ROWS])
    if not rows:
        return ""
    on = _on()
    turned = [mapped.turned(float(lon), float(lat), system, on) for lon, lat, system in rows]
    lons, lats = [x for x, _ in turned], [y for _, y in turned]
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
