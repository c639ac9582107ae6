"""Names that could be true and are made up: companies, people, telephones, credit codes.

Mobile numbers lie in the ranges 13x-0000-xxxx that printed examples use; e-mail addresses in example.com.
"""

from __future__ import annotations

from random import Random

from stdnum.cn import uscc

from .places import CITIES

_FIRST = "恒瑞盛泰宏鑫博诚新天汇嘉安科创德联启凯佳荣华锦正金永东昌益顺"
_SECOND = "远达信源通力成明丰润和盈腾航捷耀兴昇晟岳川宇浩翔鼎辰立茂泽基"
INDUSTRIES: dict[str, tuple[str, ...]] = {
    "company": (
        "精密机械",
        "自动化设备",
        "汽车零部件",
        "电机制造",
        "阀门",
        "纺织机械",
        "食品机械",
        "包装机械",
        "新能源科技",
        "医疗器械",
        "塑料制品",
        "模具",
        "光电科技",
        "冷链设备",
        "仪器仪表",
        "环保设备",
    ),
    "tenant": (
        "文化传媒",
        "信息技术",
        "供应链管理",
        "企业服务",
        "电子商务",
        "建筑设计",
        "生物科技",
        "餐饮管理",
        "检测技术",
        "知识产权代理",
        "人力资源",
        "教育咨询",
    ),
    "datacentre": ("云计算", "网络科技", "大数据", "软件", "数字科技", "游戏科技", "金融信息服务"),
    "supplier": ("轴承", "五金", "电子元件", "钢材贸易", "物流", "液压件", "润滑油", "紧固件", "包装材料"),
    "prospect": ("智能装备", "机械制造", "电器", "新材料", "汽车配件", "食品", "印务", "家居", "化工设备"),
}
_FORMS = ("有限公司",) * 8 + ("股份有限公司", "（集团）有限公司")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦方邹熊孟秦"
)
_GIVEN = (
    "建国",
    "志强",
    "晓东",
    "海燕",
    "丽娟",
    "文斌",
    "国华",
    "春梅",
    "俊杰",
    "雪梅",
    "永康",
    "立新",
    "秀英",
    "伟民",
    "亚楠",
    "振宇",
    "婷婷",
    "德明",
    "红霞",
    "立群",
    "思琪",
    "天佑",
    "宏伟",
    "玉兰",
    "子涵",
    "学军",
    "佳怡",
    "兴旺",
    "明辉",
    "静",
    "涛",
    "鹏",
    "敏",
    "磊",
    "洋",
    "倩",
    "勇",
    "艳",
    "杰",
    "军",
    "超",
    "霞",
    "平",
    "刚",
    "丹",
    "萍",
)
POSTS: dict[str, tuple[tuple[str, str], ...]] = {
    "company": (
        ("总经理", "decides"),
        ("采购部经理", "decides"),
        ("设备部经理", "influences"),
        ("生产副总", "decides"),
        ("设备工程师", "uses"),
        ("采购专员", "influences"),
        ("技术总监", "influences"),
    ),
    "tenant": (
        ("行政经理", "influences"),
        ("总经理", "decides"),
        ("行政专员", "uses"),
        ("财务经理", "influences"),
    ),
    "datacentre": (
        ("运维总监", "decides"),
        ("网络工程师", "uses"),
        ("IT经理", "decides"),
        ("采购经理", "influences"),
    ),
    "supplier": (("销售经理", "decides"), ("业务员", "uses"), ("总经理", "decides")),
    "prospect": (("总经理", "decides"), ("采购经理", "influences"), ("办公室主任", "unknown")),
}
_CALLS = ("1380000", "1390000", "1370000", "1360000", "1350000", "1580000", "1590000", "1880000")


class Names:
    """Hands out names, each once."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self._companies: set[str] = set()
        self._mobiles: set[str] = set()

    def company(self, kind: str, city: str) -> tuple[str, str]:
        """(full name, short name)."""
        while True:
            core = self.draw.choice(_FIRST) + self.draw.choice(_SECOND)
            trade = self.draw.choice(INDUSTRIES[kind])
            name = f"{city}{core}{trade}{self.draw.choice(_FORMS)}"
            if f"{city}{core}" not in self._companies:
                self._companies.add(f"{city}{core}")
                return name, f"{core}{trade[:2]}"

    def person(self) -> str:
        return self.draw.choice(_SURNAMES) + self.draw.choice(_GIVEN)

    def mobile(self) -> str:
        while True:
            number = f"{self.draw.choice(_CALLS)}{self.draw.randint(0, 9999):04d}"
            if number not in self._mobiles:
                self._mobiles.add(number)
                return number

    def landline(self, city: str) -> str:
        return f"{CITIES[city][0]}-8000{self.draw.randint(1000, 9999)}"

    def credit_code(self, city: str) -> str:
        """A unified social credit code whose check digits hold."""
        stem = f"91{CITIES[city][1]}{self.draw.randint(1, 12):02d}MA"
        stem += "".join(self.draw.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(7))
        return str(stem + uscc.calc_check_digit(stem))

    def birthday(self) -> str:
        """A birthday, with or without the year."""
        month, day = self.draw.randint(1, 12), self.draw.randint(1, 28)
        if self.draw.random() < 0.5:
            return f"--{month:02d}-{day:02d}"
        return f"{self.draw.randint(1963, 1998)}-{month:02d}-{day:02d}"
