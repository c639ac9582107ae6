"""The kit list and the playbook that a company starts with; words of our own, to be changed by the service manager."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Clock, perform, system_clock

from .models import KitItem, PlaybookEntry

KIT: tuple[tuple[str, str, str], ...] = (
    ("brochures", "企业宣传资料", "Company brochures"),
    ("business_cards", "个人名片", "Business cards"),
    ("notebook", "笔记本", "Notebook"),
    ("pen", "笔", "Pen"),
    ("overview_sheet", "客户信息一览表", "Customer overview sheet"),
    ("promotional_items", "宣传品", "Promotional items"),
    ("gifts", "馈赠礼品", "Gifts"),
    ("record_tools", "客户记录工具", "Record tools"),
)
Entry = tuple[str, str, str, str, str, str]
"""Section, purpose, title and body in Chinese, title and body in English."""

PLAYBOOK: tuple[Entry, ...] = (
    (
        "skill",
        "",
        "出门前写下三个问题",
        "问题要能引出事实，例如“去年这项工作花了多少时间”，不要只能回答“是”或“不是”。",
        "Write down three questions before you leave",
        "Ask for facts, such as “how long did this take last year”, not for a yes or no.",
    ),
    (
        "skill",
        "",
        "多听少说，当场记",
        "客户说的时间占三分之二。听到要求、数字、姓名就记一条，不留到晚上。",
        "Listen more than you speak, and note it at once",
        "Two thirds of the time belong to the customer. Note each request, figure and name when you hear it.",
    ),
    (
        "skill",
        "",
        "走之前复述约定",
        "把双方答应的事、谁负责、哪天之前再说一遍，并约好下次见面。",
        "Repeat what was agreed before you leave",
        "Say again who does what by when, and settle the next meeting.",
    ),
    (
        "skill",
        "first",
        "第一次见面先弄清三件事",
        "对方怎样做决定、谁会参与、现在最头疼什么。产品放到第二次再细谈。",
        "At a first meeting find out three things",
        "How they decide, who takes part, and what troubles them most. Products can wait for the second visit.",
    ),
    (
        "skill",
        "routine",
        "例行回访要带一件有用的东西",
        "一条同行做法、一个用得上的提醒或一项改进建议；没有内容的寒暄会消耗信任。",
        "Bring something useful to a routine visit",
        "A practice seen elsewhere, a timely reminder, a proposal. Small talk alone uses up trust.",
    ),
    (
        "skill",
        "needs",
        "先问现状，再问影响",
        "依次问：现在怎么做、哪里不顺、造成什么损失、解决后有什么好处。建议写在它回应的需求下面。",
        "Ask how things are, then what follows from it",
        "How is it done today, what goes wrong, what does it cost, what would be gained. Enter advice under its need.",
    ),
    (
        "skill",
        "proposal",
        "方案从客户的原话讲起",
        "先重复上次听到的需求，请对方确认，再讲做法、时间和费用，最多三点。",
        "Begin a proposal with the customer's own words",
        "Repeat the need you heard, have it confirmed, then give way, time and cost in three points at most.",
    ),
    (
        "skill",
        "objection",
        "处理异议四步：听完、复述、回答、确认",
        "不打断，不争论；不能当场回答的，说明哪天答复，并记成承诺。",
        "Objections in four steps: hear out, repeat, answer, check",
        "Do not interrupt or argue. What you cannot answer now becomes a promise with a date.",
    ),
    (
        "skill",
        "fulfilment",
        "逐条核对答应过的事",
        "带上未兑现的承诺清单，一条一条说明进展；做晚了先道歉再讲补救。",
        "Go through every promise",
        "Bring the list of open promises and report on each; where late, apologise first and then say how it is mended.",
    ),
    (
        "skill",
        "festival",
        "节日问候重在记得",
        "提到对方关心的人和事；礼品从台账领用，不超过规定的限额，时间控制在半小时内。",
        "A festival greeting shows that you remember",
        "Mention the people and things they care about. Draw gifts from stock, within the limits; stay under half an hour.",
    ),
    (
        "appearance",
        "",
        "衣着整洁，佩戴工牌",
        "衣服平整，鞋面干净，工牌戴在看得见的地方。",
        "Neat clothes, badge on",
        "Pressed clothes, clean shoes, the badge where it can be seen.",
    ),
    (
        "appearance",
        "",
        "资料和样品干净完好",
        "折角、过期、写过字的资料不带；样品擦净，数量够。",
        "Papers and samples clean and whole",
        "Leave behind what is creased, out of date or written on; wipe samples and bring enough.",
    ),
    (
        "appearance",
        "",
        "提前十分钟到",
        "停好车、手机静音、再看一遍准备单。",
        "Be there ten minutes early",
        "Park, silence the telephone, read the preparation sheet once more.",
    ),
    (
        "arrival",
        "",
        "微笑问好，请出负责人",
        "报上公司和姓名，双手递名片，请对方引见负责人。",
        "Smile, greet, ask for the person in charge",
        "Say company and name, hand over your card, ask to be introduced.",
    ),
    (
        "arrival",
        "",
        "看时机，选地方",
        "对方正忙就问多久方便；谈正事找安静的地方坐下谈。",
        "Find the moment and the place",
        "If they are busy ask when it suits; sit down somewhere quiet for what matters.",
    ),
    (
        "arrival",
        "",
        "一句话说明来意和时间",
        "“今天想和您确认扩租的时间，大约半小时。”",
        "State purpose and time in one sentence",
        "“I should like to settle the date of the extension with you; half an hour or so.”",
    ),
)


def seed(actor: Any, clock: Clock = system_clock) -> int:
    """Put in what is missing, through the actions; returns how many rows were written. A second time writes none."""
    written = 0
    known = set(KitItem.objects.values_list("code", flat=True))
    for order, (code, zh, en) in enumerate(KIT, start=1):
        if code not in known:
            data = {"code": code, "name_zh": zh, "name_en": en, "order": order * 10}
            perform("visits.save_kit_item", data, actor=actor, clock=clock, source="setup")
            written += 1
    if PlaybookEntry.objects.exists():
        return written
    for order, (section, purpose, title_zh, body_zh, title_en, body_en) in enumerate(PLAYBOOK, start=1):
        data = {
            "section": section,
            "purpose": purpose,
            "title_zh": title_zh,
            "title_en": title_en,
            "body_zh": body_zh,
            "body_en": body_en,
            "order": order * 10,
        }
        perform("visits.save_playbook", data, actor=actor, clock=clock, source="setup")
        written += 1
    return written
