"""How far a check-in is from the address that is visited. The position itself is used here and not kept."""

from __future__ import annotations

from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

from guanxi.domains.customers.geo import to_wgs84
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_addresses import Address

EARTH = 6371008.8  # mean radius, metres


def metres(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Great-circle distance between two (longitude, latitude) in degrees, in whole metres (haversine)."""
    (lon1, lat1), (lon2, lat2) = one, other
    a = sin(radians(lat2 - lat1) / 2) ** 2
    a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return round(2 * EARTH * asin(min(1.0, sqrt(a))))


def distance(lon: Decimal, lat: Decimal, spot: Account | Address | None) -> int | None:
    """Metres from a telephone's position (WGS84) to an address of a customer; None where that is not known."""
    if spot is None or spot.lon is None or spot.lat is None:
        return None
    there = (float(spot.lon), float(spot.lat))
    if spot.coordinates == "gcj02":
        there = to_wgs84(*there)
    return metres((float(lon), float(lat)), there)
