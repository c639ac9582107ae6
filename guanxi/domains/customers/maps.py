"""The company's own source of map pictures: its settings, and where a customer stands on them."""

from __future__ import annotations

from django.conf import settings

from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import between, setting, value
from guanxi.platform.ui import tiles

from . import geo

URL, SAID, LEAST, MOST, SYSTEM = (f"maps.{name}" for name in ("url", "attribution", "min", "max", "system"))


def _check(url: str) -> Text | None:
    if not url:
        return None
    if tiles.KEY in url and not settings.MAP_KEY:
        return Text(
            "网址中有 {key}，但服务器没有设置 GUANXI_MAP_KEY",
            "The address asks for {key}, but GUANXI_MAP_KEY is not set on the server",
        )
    return tiles.fault(url)


setting(
    URL,
    str,
    "",
    Text("地图底图网址", "Address of the map pictures"),
    hint=Text(
        "例如 https://tiles.example.com/{z}/{x}/{y}.png；密钥写 {key}，由服务器的 GUANXI_MAP_KEY 提供。"
        "留空则只画省市县界线，不访问外网。设置后，看地图的人的浏览器会向该网址要图，对方能知道看的是哪一带。",
        "Such as https://tiles.example.com/{z}/{x}/{y}.png; {key} stands for the server's GUANXI_MAP_KEY. Empty: borders only, "
        "and nobody is asked. Once set, browsers fetch pictures there, and whose they are can tell which area is looked at.",
    ),
    check=_check,
)
setting(
    SAID,
    str,
    "",
    Text("底图版权说明", "Attribution"),
    hint=Text("底图提供方要求显示的文字，含审图号", "What their owner asks to be shown on the map"),
)
setting(LEAST, int, 3, Text("最小缩放级别", "Smallest zoom"), check=between(0, 19))
setting(MOST, int, 18, Text("最大缩放级别", "Largest zoom"), check=between(0, 19))
setting(
    SYSTEM,
    str,
    tiles.GCJ02,
    Text("底图坐标系", "Coordinate system"),
    hint=Text(
        "高德、腾讯为 GCJ-02；天地图、OpenStreetMap 为 WGS-84（CGCS2000）",
        "GCJ-02: Amap, Tencent. WGS-84 (CGCS2000): Tianditu, OpenStreetMap",
    ),
    choices=((tiles.GCJ02, Text("GCJ-02", "GCJ-02")), (tiles.WGS84, Text("WGS-84", "WGS-84"))),
)


def chosen() -> tiles.Tiles | None:
    """The source as the company chose it; None where it chose none, or its key is gone."""
    url = str(value(URL))
    if not url or _check(url) is not None:
        return None
    least, most = sorted((int(value(LEAST)), int(value(MOST))))
    return tiles.Tiles(
        url.replace(tiles.KEY, settings.MAP_KEY), str(value(SAID)), least, most, str(value(SYSTEM))
    )


def drawn(lon: float, lat: float, system: str, on: str) -> tuple[float, float]:
    """A customer's position as a map draws it that counts in `on`."""
    if system == on:
        return lon, lat
    return geo.to_wgs84(lon, lat) if on == tiles.WGS84 else geo.to_gcj02(lon, lat)


tiles.provide(chosen)
