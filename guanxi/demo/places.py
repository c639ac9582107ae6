"""Where the demo's customers are: three cities, their districts, streets that exist there.

Positions are GCJ-02, as Chinese maps give them: a district's centre with some jitter, so that every customer lies in
the district its address names.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

COORDINATES = "gcj02"


@dataclass(frozen=True, slots=True)
class District:
    """A district: its centre in degrees (GCJ-02) and some of its streets. `weight`: how many customers it draws."""

    city: str
    name: str
    lon: float
    lat: float
    streets: tuple[str, ...]
    weight: int = 2


@dataclass(frozen=True, slots=True)
class Place:
    """One address with its position."""

    city: str
    district: str
    address: str
    lon: Decimal
    lat: Decimal


CITIES = {"杭州": ("0571", "3301"), "宁波": ("0574", "3302"), "苏州": ("0512", "3205")}
"""City -> area code of its telephones, and the first digits of its administrative code."""

DISTRICTS = (
    District("杭州", "上城区", 120.1970, 30.2500, ("庆春东路", "钱江路", "凤起东路", "解放东路"), 3),
    District("杭州", "拱墅区", 120.1415, 30.3190, ("莫干山路", "湖墅北路", "石祥路", "祥园路"), 3),
    District("杭州", "西湖区", 120.1302, 30.2720, ("文三路", "天目山路", "古墩路", "学院路"), 4),
    District("杭州", "滨江区", 120.2116, 30.2000, ("江南大道", "滨康路", "江陵路", "滨文路"), 5),
    District("杭州", "萧山区", 120.2646, 30.1740, ("市心中路", "金城路", "建设一路", "通惠中路"), 4),
    District("杭州", "余杭区", 119.9990, 30.2790, ("文一西路", "良睦路", "五常大道", "高教路"), 4),
    District("杭州", "临平区", 120.2990, 30.4190, ("迎宾路", "世纪大道", "藕花洲大街"), 2),
    District("杭州", "钱塘区", 120.3500, 30.3080, ("金沙大道", "学林街", "海达南路"), 3),
    District("宁波", "海曙区", 121.5250, 29.8680, ("中山西路", "环城西路", "通途西路"), 3),
    District("宁波", "江北区", 121.5550, 29.9000, ("人民路", "大庆南路", "洪塘中路"), 2),
    District("宁波", "北仑区", 121.8441, 29.8950, ("明州路", "长江路", "太河路"), 4),
    District("宁波", "镇海区", 121.6600, 29.9600, ("雄镇路", "庄市大道", "骆驼桥路"), 2),
    District("宁波", "鄞州区", 121.5500, 29.8160, ("天童南路", "首南中路", "百丈东路"), 4),
    District("宁波", "余姚市", 121.1546, 30.0371, ("阳明西路", "舜水南路", "世南西路"), 2),
    District("宁波", "慈溪市", 121.2665, 30.1702, ("三北大街", "前应路", "青少年宫路"), 2),
    District("苏州", "姑苏区", 120.6173, 31.3180, ("人民路", "干将西路", "三香路"), 2),
    District("苏州", "虎丘区", 120.5560, 31.2990, ("狮山路", "竹园路", "滨河路"), 3),
    District("苏州", "苏州工业园区", 120.7230, 31.3240, ("星湖街", "苏州大道东", "金鸡湖大道"), 5),
    District("苏州", "吴中区", 120.6323, 31.2500, ("东吴北路", "吴中大道", "越湖路"), 3),
    District("苏州", "相城区", 120.6426, 31.3850, ("采莲路", "嘉元路", "阳澄湖中路"), 2),
    District("苏州", "吴江区", 120.6451, 31.1500, ("中山南路", "鲈乡南路", "开平路"), 2),
    District("苏州", "昆山市", 120.9807, 31.3850, ("前进中路", "柏庐中路", "长江中路"), 4),
)
PARK = {
    "杭州": District("杭州", "滨江区", 120.2080, 30.1960, ("滨康路",)),
    "宁波": District("宁波", "北仑区", 121.8410, 29.8930, ("太河路",)),
    "苏州": District("苏州", "苏州工业园区", 120.7250, 31.3220, ("星湖街",)),
}
"""The company's own business parks, where its tenants sit."""

_JITTER = 0.010  # degrees, about a kilometre


def somewhere(draw: Random, city: str) -> Place:
    """An address in a city."""
    districts = [d for d in DISTRICTS if d.city == city]
    return _in(draw, draw.choices(districts, [d.weight for d in districts])[0], _JITTER)


def in_the_park(draw: Random, city: str) -> Place:
    """An address in the company's own business park."""
    park = PARK[city]
    found = _in(draw, park, 0.0015)
    unit = f"恒信产业园{draw.choice('ABCD')}座{draw.randint(2, 18)}{draw.randint(1, 12):02d}室"
    return Place(
        found.city, found.district, f"{city}市{park.name}{park.streets[0]}688号{unit}", found.lon, found.lat
    )


def _in(draw: Random, district: District, spread: float) -> Place:
    number = f"{draw.randint(1, 1980)}号"
    if draw.random() < 0.4:
        number += f"{draw.randint(1, 9)}幢{draw.randint(2, 22)}层"
    prefix = "苏州市" if district.name == "苏州工业园区" else f"{district.city}市"
    lon = Decimal(str(round(district.lon + draw.uniform(-spread, spread), 6)))
    lat = Decimal(str(round(district.lat + draw.uniform(-spread, spread), 6)))
    return Place(
        district.city,
        district.name,
        f"{prefix}{district.name}{draw.choice(district.streets)}{number}",
        lon,
        lat,
    )
