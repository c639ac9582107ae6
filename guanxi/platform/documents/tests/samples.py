"""Forms filled as people fill them, as badly as people fill them, and not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime

import segno

from guanxi.platform.documents.shapes import (
    Block,
    ClauseCounts,
    RegulationMonth,
    RelationshipCard,
    Tick,
    VisitPreparation,
    VisitRecordCard,
    VisitReport,
    VisitRow,
)
from guanxi.platform.documents.typeset import Picture, Printed
from guanxi.platform.kernel.text import Text

PRINTED = Printed("江南恒信物业服务有限公司", "林晓", datetime(2026, 3, 9, 6, 30, tzinfo=UTC))
LONG = (
    "本次拜访主要了解贵公司在华东地区的扩建计划以及由此带来的物业服务需求，特别是夜间保洁、会议室调度与访客接待三项。"
    * 4
)
RARE = "𠮷野家（上海）有限公司 㐂久 𬬭"
EMOJI = "谢谢 😀👍🏽 1️⃣ 👩‍👩‍👧"
ARABIC = "مرحبا بكم في شركتنا"
HEBREW = "שלום עולם"
SPOOF = "合同\u202e金额"
MARKUP = '#panic("x") *粗* $x^2$ `raw` \\ @ref <label> [c] = 标题'
UNBROKEN = "https://example.com/" + "verylongpath/" * 12 + "?q=" + "a" * 60
HARD = [LONG, RARE, EMOJI, ARABIC, HEBREW, SPOOF, MARKUP, UNBROKEN]


def qr() -> Picture:
    """A QR code as the cards carry it."""
    import io

    out = io.BytesIO()
    segno.make("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:王建国\r\nEND:VCARD\r\n").save(out, kind="svg", scale=4)
    return Picture(out.getvalue(), "名片二维码")


def usual() -> dict[str, object]:
    """Template -> an ordinary form."""
    card = RelationshipCard(
        name="王建国",
        employer="杭州恒远电子科技有限公司",
        post="采购部经理",
        department="采购部",
        address="浙江省杭州市西湖区文三路 199 号创业大厦 8 层",
        phone="138 0571 2288",
        email="wang.jianguo@hengyuan.example",
        wechat="wjg_hengyuan",
        number="KH-2026-0031",
        grade="A",
        decision_role=Text("决策人", "decides"),
        birthday="5 月 12 日",
        owner="林晓",
        confirmed_on=date(2026, 2, 27),
        qr=qr(),
        pairs=[
            (Text("合作时间", "Customer since"), "2019 年 6 月"),
            (Text("付款信用", "Credit"), "A，无逾期"),
        ],
        blocks=[
            Block(
                Text("客户关心什么", "What matters to them"),
                lines=["交付准时", "同一位联系人", "发票当月开出"],
            ),
            Block(Text("需求", "Needs"), text="计划四月扩租 3 栋 12 层，需要提前安排空调检修与门禁扩容。"),
        ],
        history=[
            (date(2026, 2, 27), "电话由 138 0571 2200 改为 138 0571 2288", "林晓"),
            (date(2025, 11, 3), "职务：采购主管 → 采购部经理", "赵磊"),
        ],
    )
    return {
        "relationship_card": card,
        "relationship_card_small": card,
        "visit_preparation": VisitPreparation(
            customer="杭州恒远电子科技有限公司",
            when=datetime(2026, 3, 10, 1, 30, tzinfo=UTC),
            visitor="林晓",
            address="杭州市西湖区文三路 199 号创业大厦 8 层",
            contacts=["王建国（采购部经理，决策人）", "李芳（行政主管）"],
            grade="A",
            purpose="确认扩租需求",
            target="拿到 12 层扩租的时间表与面积",
            facts=[(Text("今天要记住", "Remember today"), "样册三月六日前寄出的承诺已逾期三天")],
            promises=["三月六日前寄样册（赵磊）", "三月底前答复停车位"],
            needs=["夜间保洁", "访客预约与门禁打通"],
            questions=["新任财务负责人是谁？", "续约由哪个部门决定？"],
            promotions=["扩租一千平米以上免三个月物业费（至三月三十一日）", "推荐新租户赠会议室二十小时"],
            talking_points=["四号楼改造四月完工", "春季租户座谈会三月二十日"],
            kit=[
                Tick("企业宣传资料", True),
                Tick("个人名片", True),
                Tick("客户信息一览表"),
                Tick("馈赠礼品"),
                Tick("客户记录工具", True),
            ],
            checklist=[Tick("仪表整洁", True), Tick("已阅本月促销政策", True), Tick("路线与停车已查")],
            last_visits=[
                (date(2026, 2, 10), "节前拜访，谈续约意向"),
                (date(2026, 1, 14), "处理空调投诉，已解决"),
            ],
        ),
        "visit_report": VisitReport(
            customer="杭州恒远电子科技有限公司",
            visitor="林晓",
            number="BF-2026-0217",
            arrived=datetime(2026, 3, 10, 1, 32, tzinfo=UTC),
            left=datetime(2026, 3, 10, 3, 5, tzinfo=UTC),
            place="客户现场",
            met=["王建国", "李芳"],
            purpose="确认扩租需求",
            target="拿到 12 层扩租的时间表与面积",
            result="时间表已定：四月二十日进场，面积 1,150 平米。",
            training_minutes=75,
            blocks=[
                Block(Text("需求", "Needs"), lines=["12 层门禁扩容 60 张卡", "夜间保洁每周三次"]),
                Block(Text("冲突", "Conflicts"), nothing=Text("无可报告", "Nothing to report")),
                Block(
                    Text("竞争情况", "Competitors"),
                    pairs=[("竞争对手", "云栖物业"), ("做法", "免费夜间巡更")],
                    text="客户认为对方价格低，但响应慢。",
                ),
            ],
            promises=[("三月十三日前给出门禁方案", "林晓", date(2026, 3, 13))],
            measures=[("请工程部测量 12 层弱电间", "赵磊", date(2026, 3, 12))],
            next_visit=date(2026, 3, 24),
            written_at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
            pictures=[qr(), qr()],
        ),
        "visit_record_card": VisitRecordCard(
            customer="杭州恒远电子科技有限公司",
            number="KH-2026-0031",
            pairs=[("客户等级", "A"), ("客户经理", "赵磊"), ("首次拜访", date(2019, 6, 3))],
            visits=[
                VisitRow(
                    date(2026, 3, 10),
                    "林晓",
                    "王建国",
                    "确认扩租需求",
                    "时间表已定",
                    "门禁方案",
                    date(2026, 3, 24),
                ),
                VisitRow(
                    date(2026, 2, 10), "林晓", "王建国、李芳", "节前拜访", "谈续约意向", "", date(2026, 3, 10)
                ),
            ],
        ),
        "regulation_month": RegulationMonth(
            regulation=Text("R1 客户拜访", "R1 Customer visits"),
            version="第 3 版",
            month="2026-02",
            in_force_since=date(2026, 1, 1),
            clauses=[
                ClauseCounts(
                    "R1.16.1",
                    Text("拜访后一个工作日内写报告", "Report within one working day"),
                    Text("义务", "Duty"),
                    42,
                    39,
                    2,
                    1,
                    3,
                    evidence=41,
                    after=Text(
                        "定稿后：迟 +1、漏 −1，计入后为 92%",
                        "after closing: late +1, missed −1; would be 92%",
                    ),
                ),
                ClauseCounts(
                    "R1.16.2",
                    Text("承诺兑现", "Promises kept"),
                    Text("义务", "Duty"),
                    18,
                    18,
                    0,
                    0,
                    6,
                    evidence=18,
                ),
                ClauseCounts(
                    "R1.15.1",
                    Text("每次拜访培训一至二小时", "One to two hours of training at each visit"),
                    Text("指标", "Measure"),
                    reading="83%",
                    target="100%",
                    level="bad",
                    evidence=42,
                ),
            ],
            uncontrolled=["R1.1 目的", "R1.4 拜访技巧"],
            exceptions=[("R1.16.1", "二月十二日恒远电子的报告漏办", "林晓")],
            remarks="二月有春节假期七天。",
            up_to_fact=18231,
        ),
    }


def hard(rows: int = 200) -> dict[str, object]:
    """The same forms with long text, rare characters, emoji, right-to-left text and `rows` rows."""
    many = [HARD[n % len(HARD)] for n in range(rows)]
    pairs = [(f"项目 {n}", text) for n, text in enumerate(HARD)]
    blocks = [Block("长文", text=LONG * 3), Block("各种文字", pairs=pairs, lines=HARD), Block("空")]
    card = RelationshipCard(
        name=RARE,
        employer=RARE + LONG,
        post=LONG,
        department=ARABIC,
        address=LONG,
        phone=UNBROKEN,
        email=UNBROKEN,
        wechat=EMOJI,
        number="KH",
        grade=HEBREW,
        decision_role=MARKUP,
        owner=SPOOF,
        qr=qr(),
        pairs=pairs,
        blocks=blocks,
        history=[(f"2026-01-{n % 28 + 1:02}", text, "林晓") for n, text in enumerate(many)],
    )
    return {
        "relationship_card": card,
        "relationship_card_small": card,
        "visit_preparation": VisitPreparation(
            customer=RARE + LONG,
            visitor=LONG,
            address=LONG,
            contacts=many,
            purpose=LONG,
            target=LONG,
            facts=pairs * 20,
            promises=many,
            needs=many,
            questions=many,
            promotions=many,
            talking_points=many,
            kit=[Tick(text) for text in many],
            checklist=[Tick(text, True) for text in many],
            last_visits=[("2026-01-05", text) for text in many],
        ),
        "visit_report": VisitReport(
            customer=RARE,
            visitor=ARABIC,
            met=many[:20],
            purpose=LONG,
            target=MARKUP,
            result=LONG * 3,
            blocks=blocks,
            promises=[(text, "林晓", date(2026, 3, 1)) for text in many],
            measures=[(text, RARE, None) for text in many],
        ),
        "visit_record_card": VisitRecordCard(
            customer=RARE,
            pairs=pairs,
            visits=[VisitRow(date(2026, 1, 1), RARE, ARABIC, text, text, UNBROKEN, None) for text in many],
        ),
        "regulation_month": RegulationMonth(
            regulation=RARE,
            version=EMOJI,
            month="2026-02",
            clauses=[
                ClauseCounts(f"R9.{n}.12.3", text, "义务", n, n, n, n, n, "100%", "92.5%", "bad", 123456)
                for n, text in enumerate(many)
            ],
            uncontrolled=HARD,
            exceptions=[("R1.1", text, EMOJI) for text in many],
            remarks=LONG,
        ),
    }


def empty() -> dict[str, object]:
    """The same forms with nothing filled in."""
    return {
        "relationship_card": RelationshipCard(name=""),
        "relationship_card_small": RelationshipCard(name=""),
        "visit_preparation": VisitPreparation(customer=""),
        "visit_report": VisitReport(customer=""),
        "visit_record_card": VisitRecordCard(customer=""),
        "regulation_month": RegulationMonth(regulation=""),
    }
