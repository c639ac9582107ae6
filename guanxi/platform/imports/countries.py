"""Countries by their names in Chinese and English, and the two letters of ISO 3166."""

from __future__ import annotations

from functools import cache

from .reasons import reason
from .values import Value, clean_text, is_nothing

_NAMES = """
CN 中国 中华人民共和国 中国大陆 大陆 China PRC P.R.China People's Republic of China Mainland China
HK 香港 中国香港 香港特别行政区 Hong Kong HKSAR
MO 澳门 中国澳门 澳门特别行政区 Macau Macao
TW 台湾 中国台湾 臺灣 台湾省 Taiwan
US 美国 美國 USA United States United States of America America U.S.A. U.S.
GB 英国 英國 UK United Kingdom Great Britain England Scotland Wales U.K.
DE 德国 德國 Germany Deutschland
FR 法国 法國 France
ES 西班牙 Spain España
IT 意大利 义大利 Italy Italia
PT 葡萄牙 Portugal
CH 瑞士 Switzerland Schweiz Suisse
AT 奥地利 Austria Österreich
BE 比利时 Belgium
NL 荷兰 荷蘭 Netherlands Holland The Netherlands
LU 卢森堡 Luxembourg
DK 丹麦 Denmark
SE 瑞典 Sweden
NO 挪威 Norway
FI 芬兰 Finland
IS 冰岛 Iceland
IE 爱尔兰 Ireland
PL 波兰 Poland
CZ 捷克 Czechia Czech Republic
SK 斯洛伐克 Slovakia
HU 匈牙利 Hungary
RO 罗马尼亚 Romania
BG 保加利亚 Bulgaria
GR 希腊 Greece
TR 土耳其 Turkey Türkiye
RU 俄罗斯 俄国 Russia Russian Federation
UA 乌克兰 Ukraine
BY 白俄罗斯 Belarus
KZ 哈萨克斯坦 Kazakhstan
UZ 乌兹别克斯坦 Uzbekistan
MN 蒙古 Mongolia
JP 日本 Japan
KR 韩国 韓國 South Korea Korea Republic of Korea
KP 朝鲜 North Korea
SG 新加坡 Singapore
MY 马来西亚 Malaysia
TH 泰国 泰國 Thailand
VN 越南 Vietnam Viet Nam
PH 菲律宾 Philippines
ID 印度尼西亚 印尼 Indonesia
IN 印度 India
PK 巴基斯坦 Pakistan
BD 孟加拉国 Bangladesh
LK 斯里兰卡 Sri Lanka
NP 尼泊尔 Nepal
MM 缅甸 Myanmar Burma
KH 柬埔寨 Cambodia
LA 老挝 Laos
BN 文莱 Brunei
AE 阿联酋 阿拉伯联合酋长国 UAE United Arab Emirates Dubai
SA 沙特阿拉伯 沙特 Saudi Arabia
IL 以色列 Israel
IR 伊朗 Iran
IQ 伊拉克 Iraq
QA 卡塔尔 Qatar
KW 科威特 Kuwait
EG 埃及 Egypt
ZA 南非 South Africa
NG 尼日利亚 Nigeria
KE 肯尼亚 Kenya
MA 摩洛哥 Morocco
DZ 阿尔及利亚 Algeria
ET 埃塞俄比亚 Ethiopia
CA 加拿大 Canada
MX 墨西哥 Mexico México
BR 巴西 Brazil Brasil
AR 阿根廷 Argentina
CL 智利 Chile
PE 秘鲁 Peru
CO 哥伦比亚 Colombia
VE 委内瑞拉 Venezuela
EC 厄瓜多尔 Ecuador
UY 乌拉圭 Uruguay
CU 古巴 Cuba
PA 巴拿马 Panama
AU 澳大利亚 澳洲 Australia
NZ 新西兰 New Zealand
"""


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in _NAMES.strip().splitlines():
        code, *words = line.split()
        table[code.casefold()] = code
        # Chinese names are single words; English ones may be several, so every run of words is one spelling.
        chinese = [word for word in words if not word.isascii() and ord(word[0]) > 0x3000]
        western = [word for word in words if word not in chinese]
        for word in chinese:
            table[word] = code
        for start in range(len(western)):
            for end in range(start + 1, len(western) + 1):
                if end - start > 1 or len(western[start]) > 1:
                    table.setdefault(" ".join(western[start:end]).casefold(), code)
    for loose in ("of", "the", "north", "south", "new", "united", "republic", "great", "people's", "states"):
        table.pop(loose, None)
    for sure, code in (("korea", "KR"), ("united states", "US"), ("america", "US"), ("china", "CN")):
        table[sure] = code
    return table


def country(text: str) -> Value:
    """The two letters of a country ('' for a blank cell); an unknown name is kept as a tag with a doubt."""
    if is_nothing(text):
        return Value()
    name = clean_text(text, lines=False)
    code = _table().get(name.casefold()) or _table().get(name.casefold().replace(".", ""))
    if code:
        return Value(code)
    return Value(
        tag=name[:60],
        doubts=(
            reason(
                "country.unknown",
                "不认识国家或地区“{name}”，请核对。",
                "The country “{name}” is not known. Please check.",
                name=name[:60],
            ),
        ),
    )


def is_country(text: str) -> bool:
    """True for the name of a country (not for its two letters, which may mean anything)."""
    return len(text.strip()) > 1 and bool(country(text).text) and not (len(text) == 2 and text.isascii())
