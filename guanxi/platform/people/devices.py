"""What a browser says of itself, in words that its owner knows it by."""

from __future__ import annotations

from guanxi.platform.kernel import Text

PROGRAMS = (
    ("wxwork", Text("企业微信", "WeCom")),
    ("MicroMessenger", Text("微信", "WeChat")),
    ("DingTalk", Text("钉钉", "DingTalk")),
    ("Lark", Text("飞书", "Lark")),
    ("Edg", Text("Edge", "Edge")),
    ("OPR/", Text("Opera", "Opera")),
    ("Firefox", Text("Firefox", "Firefox")),
    ("FxiOS", Text("Firefox", "Firefox")),
    ("CriOS", Text("Chrome", "Chrome")),
    ("Chrome", Text("Chrome", "Chrome")),
    ("Safari", Text("Safari", "Safari")),
)
"""By a word of the User-Agent header; the first that fits, for each names those that it is made of too."""
SYSTEMS = (
    ("iPhone", Text("iPhone", "iPhone")),
    ("iPad", Text("iPad", "iPad")),
    ("HarmonyOS", Text("鸿蒙手机", "HarmonyOS phone")),
    ("Android", Text("安卓手机", "Android phone")),
    ("Windows", Text("Windows 电脑", "Windows computer")),
    ("Macintosh", Text("Mac 电脑", "Mac")),
    ("Linux", Text("Linux 电脑", "Linux computer")),
)
UNKNOWN = Text("未知设备", "Unknown device")


def device(agent: str) -> Text:
    """The device of a User-Agent header: "Windows 电脑 · Edge"."""
    found = [
        next((words for sign, words in known if sign.lower() in agent.lower()), None)
        for known in (SYSTEMS, PROGRAMS)
    ]
    said = [words for words in found if words is not None]
    if not said:
        return UNKNOWN
    return Text(" · ".join(words.zh for words in said), " · ".join(words.en for words in said))
