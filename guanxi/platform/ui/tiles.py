"""Map pictures of the company's own choice, below the marks of a list's map: where they come from, and how they count degrees.

Without a source the map draws land and districts from the server's own files and asks nobody. `provide` says who knows the
company's choice; the Content-Security-Policy then allows pictures of that origin, on pages that have a map and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from guanxi.platform.kernel import Text

GCJ02, WGS84 = "gcj02", "wgs84"
PLACES = ("{z}", "{x}", "{y}")
KEY = "{key}"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Tiles:
    """A source of map pictures. url: with {z}, {x}, {y}. system: of the degrees by which it cuts them."""

    url: str
    attribution: str = ""
    least: int = 3
    most: int = 18
    system: str = GCJ02

    @property
    def origin(self) -> str:
        """https://tiles.example.com, as a Content-Security-Policy names it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def as_json(self) -> str:
        """What the map's script is told."""
        said = {"url": self.url, "attribution": self.attribution, "min": self.least, "max": self.most}
        return json.dumps(said, ensure_ascii=False)


def fault(url: str) -> Text | None:
    """What is wrong with the address of a source; None for nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Text("这不是网址", "This is no address")
    wanted = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not wanted or not host:
        return Text("请填写 https:// 开头的网址", "Please enter an address that begins with https://")
    if set(parts.netloc) & set("{}@;, '\"*") or not parts.netloc.isascii():
        return Text(
            "主机名中不能有占位符或用户名，请写一个固定的主机名（如 webrd01.is.autonavi.com）",
            "No placeholder and no user name in the host: write one host, such as a.tile.example.com",
        )
    rest = url[len(f"{parts.scheme}://{parts.netloc}") :]
    if missing := [one for one in PLACES if one not in rest]:
        return Text(f"网址中缺少 {'、'.join(missing)}", f"The address lacks {', '.join(missing)}")
    for one in (*PLACES, KEY):
        rest = rest.replace(one, "")
    if set(rest) & set("{}<>\"'\\ ") or not rest.isprintable():
        return Text(
            "除 {z}、{x}、{y}、{key} 外不能有其他占位符", "No placeholders but {z}, {x}, {y} and {key}"
        )
    return None


_provider: Callable[[], Tiles | None] | None = None


def provide(provider: Callable[[], Tiles | None]) -> None:
    """Declare who knows the company's source."""
    global _provider
    _provider = provider


def source() -> Tiles | None:
    """The company's source of map pictures; None where it chose none."""
    return _provider() if _provider is not None else None
