"""How far a check-in is from the customer's address. The position itself is used here and not kept.

Telephones give WGS84. Chinese maps (and addresses found on them) are shifted by the official transformation to GCJ-02,
some 300 to 600 metres, so both are brought to GCJ-02 first. The formula and its constants (Krasovsky 1940 ellipsoid)
are the ones published in the open-source `eviltransform` and used by every map library in China.
"""

from __future__ import annotations

from decimal import Decimal
from math import asin, cos, pi, radians, sin, sqrt

AXIS = 6378245.0  # metres
ECCENTRICITY = 0.00669342162296594323
EARTH = 6371008.8  # mean radius, metres


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """WGS84 degrees as GCJ-02 degrees; outside China they are the same."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    at = radians(lat)
    magic = 1 - ECCENTRICITY * sin(at) ** 2
    north = north * 180 / (AXIS * (1 - ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    east = east * 180 / (AXIS / sqrt(magic) * cos(at) * pi)
    return lon + east, lat + north


def metres(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Great-circle distance between two (longitude, latitude) in degrees, in whole metres (haversine)."""
    (lon1, lat1), (lon2, lat2) = one, other
    a = sin(radians(lat2 - lat1) / 2) ** 2
    a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return round(2 * EARTH * asin(min(1.0, sqrt(a))))


def distance(
    lon: Decimal, lat: Decimal, to_lon: Decimal | None, to_lat: Decimal | None, coordinates: str
) -> int | None:
    """Metres from a telephone's position to an address kept in `coordinates` (gcj02 or wgs84); None without one."""
    if to_lon is None or to_lat is None:
        return None
    there = (float(to_lon), float(to_lat))
    return metres(gcj02(float(lon), float(lat)), gcj02(*there) if coordinates == "wgs84" else there)
