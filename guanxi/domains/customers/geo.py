"""Where a customer is: from the coordinates of Chinese maps to those of telephones, and links that lead there.

GCJ-02 is shifted against WGS84 by up to some 500 m. The shift below is the published approximation (Krasovsky 1940,
as in the open-source `eviltransform`); taking it off once is right to about 2 m, near enough to find the door.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from urllib.parse import quote, urlencode

from .models import Account
from .models_addresses import Address

_A, _EE = 6378245.0, 0.00669342162296594323


def to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 degrees as WGS84 degrees; outside China both are the same."""
    if not (72.004 < lon < 137.8347 and 0.8293 < lat < 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    dlat += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    dlat += (160.0 * sin(y / 12.0 * pi) + 320 * sin(y * pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    dlon += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    dlon += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radlat = lat / 180.0 * pi
    magic = 1 - _EE * sin(radlat) ** 2
    dlat = (dlat * 180.0) / ((_A * (1 - _EE)) / (magic * sqrt(magic)) * pi)
    dlon = (dlon * 180.0) / (_A / sqrt(magic) * cos(radlat) * pi)
    return lon - dlon, lat - dlat


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """WGS84 degrees as GCJ-02 degrees, which Chinese maps draw; right to about 2 m."""
    back_lon, back_lat = to_wgs84(lon, lat)
    return 2 * lon - back_lon, 2 * lat - back_lat


def geo_link(account: Account | Address) -> str:
    """A geo: link (RFC 5870, WGS84) that a telephone opens in its own map; by address where no position is known."""
    if account.lon is not None and account.lat is not None:
        lon, lat = float(account.lon), float(account.lat)
        if account.coordinates == "gcj02":
            lon, lat = to_wgs84(lon, lat)
        return f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({quote(account.called)})"
    return f"geo:0,0?q={quote(account.address)}" if account.address else ""


def map_link(account: Account | Address) -> str:
    """The same place on a map in the browser, for a desk."""
    if account.lon is not None and account.lat is not None:
        coordinate = "gaode" if account.coordinates == "gcj02" else "wgs84"
        query = {"position": f"{account.lon},{account.lat}", "name": account.called, "coordinate": coordinate}
        return f"https://uri.amap.com/marker?{urlencode(query)}"
    if account.address:
        return f"https://uri.amap.com/search?{urlencode({'keyword': account.address})}"
    return ""
