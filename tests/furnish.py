"""What a year of the demo does not hold, so that every page has a row to show: a draft, files being imported, a substitute,
a message that was refused, a job that was given up. All of it comes about as it does at work."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guanxi.platform.kernel import Clock

FILE = (
    "客户编号,客户名称,联系人,职务,手机,电话,地址,客户等级\n"
    "Z1,杭州展望自动化有限公司,王建国,采购经理,13805712345,0571-87061501,浙江省杭州市西湖区文三路398号,A\n"
    "Z2,浙江明光医院,李梅,院办主任,,0571-87783838,杭州市上城区解放路68号,三级甲等\n"
    "Z3,杭州展望自动化有限公司,赵六,财务,,,浙江省杭州市西湖区文三路398号,\n"
    "Z4,,无名,,,,,\n"
)


def furnish_home() -> None:
    """Furnish the company in this process's data folder (GUANXI_HOME)."""
    import django

    django.setup()
    from guanxi.platform.kernel import system_clock

    furnish(system_clock)


def small_home() -> None:
    """Make a small demo company in this process's data folder, ending now, and furnish it."""
    import django

    django.setup()
    from django.core.management import call_command

    from guanxi.demo.build import build

    call_command("migrate", interactive=False, verbosity=0)
    build(customers=60, days=45)
    furnish_home()


def furnish(clock: Clock) -> None:
    """Add to the demo company what it has none of. Call it once."""
    from django.utils import timezone

    from guanxi.domains.customers.attachments import storing
    from guanxi.domains.customers.handover.notices import tell_of_hand_overs
    from guanxi.domains.customers.importing import drafts, running
    from guanxi.domains.customers.models import Account, Contact
    from guanxi.platform.approvals.notices import tell_of_approvals
    from guanxi.platform.jobs.queue import enqueue, fail, take
    from guanxi.platform.kernel import perform
    from guanxi.platform.messages.absences import tell_deputies
    from guanxi.platform.messages.queue import Recipient, queue
    from guanxi.platform.messages.trial import TRIAL
    from guanxi.platform.people.models import Passkey, Person
    from guanxi.platform.regulations.models import Version
    from guanxi.platform.regulations.notices import send_notices

    people = {person.username: person for person in Person.objects.all()}
    wang, chen, wu = people["wang"], people["chen"], people["wu"]
    today = timezone.localdate(clock())
    if not Version.objects.filter(regulation_id="R1", state="draft").exists():
        perform("regulations.draft", {"regulation": "R1", "source": "current"}, actor=wang, clock=clock)
    perform(
        "approvals.set_substitute",
        {
            "deputy": people["song"].pk,
            "since": (today + timedelta(days=3)).isoformat(),
            "until": (today + timedelta(days=10)).isoformat(),
        },
        actor=chen,
        clock=clock,
    )
    perform(
        "people.plan_absence",
        {
            "deputy": people["zhao"].pk,
            "since": (today + timedelta(days=5)).isoformat(),
            "until": (today + timedelta(days=9)).isoformat(),
        },
        actor=people["shen"],
        clock=clock,
    )
    Passkey.objects.create(  # no device is at hand that could make one; a row shows the page
        person=chen, name="手机", credential="shown", public_key=b"", handle="shown", made_at=clock()
    )
    owner = Account.objects.filter(active=True, key=False).exclude(manager=None).order_by("pk")[0]
    place = {
        "customer": owner.pk,
        "kind": "delivery",
        "address": "杭州市萧山区建设四路 1 号",
        "note": "周六不收货",
    }
    perform("addresses.add", place, actor=wang, clock=clock)
    contract = b"%PDF-1.7\n%%EOF\n"
    written = storing.keep("框架合同.pdf", BytesIO(contract), len(contract))
    file = {
        "stored": written.stored,
        "size": written.size,
        "sha256": written.sha256,
        "file_kind": written.kind,
    }
    said = {"customer": owner.pk, "file_name": "框架合同.pdf", "note": "双方已签字", **file}
    perform("attachments.add", said, actor=wang, clock=clock)
    heard = {"customer": owner.pk, "new_name": "华信自动化", "offer": "视觉检测", "text": "报价比我方低一成"}
    perform("competitors.observe", heard, actor=wang, clock=clock)
    bought = {"customer": owner.pk, "number": "XS-2026-001", "amount": "128000", "goods": "视觉检测仪 2 台"}
    perform("orders.add", {**bought, "status": "delivered"}, actor=wang, clock=clock)
    perform("tags.save", {"name": "战略合作"}, actor=wang, clock=clock)
    if not Account.objects.filter(key=True, active=True).exists():
        first = Account.objects.filter(active=True).exclude(manager=None).order_by("pk")[0]
        perform("customers.mark_key", {"customer": first.pk}, actor=chen, clock=clock)
    known = Contact.objects.filter(active=True, customer__key=False).order_by("pk")[0]
    former = {"employer": "宁波甬江仪表厂", "post": "技术员", "until": "2019-06-30"}
    perform("contacts.add_employment", {"contact": known.pk, **former}, actor=wang, clock=clock)
    agreed = {"channels": ["phone", "wechat"], "consent": "given", "how": "paper", "evidence": "展会登记表"}
    perform("contacts.consent", {"contact": known.pk, **agreed}, actor=wang, clock=clock)
    road = people["shen"]
    customer = Account.objects.filter(manager=road, active=True).order_by("pk").first()
    if customer is not None:  # at whatever hour, somebody is with a customer
        said = {
            "customer": customer.pk,
            "purpose": "routine",
            "target": "认识新负责人",
            "promotions_read": True,
        }
        visit = perform("visits.drop_in", said, actor=road, clock=clock).value
        photograph = b"\xff\xd8\xff\xe0" + b"\0" * 2000
        seen = storing.keep("厂区大门.jpg", BytesIO(photograph), len(photograph))
        taken = {"stored": seen.stored, "size": seen.size, "sha256": seen.sha256, "file_kind": seen.kind}
        said = {"visit": visit.pk, "file_name": "厂区大门.jpg", "note": "新厂房已封顶", **taken}
        perform("visits.attach", said, actor=road, clock=clock)
    perform(
        "handover.arrange",
        {"giver": people["tang"].pk, "taker": people["xu"].pk, "leaves": True},
        actor=wang,
        clock=clock,
    )
    for person, name in ((wang, "展会名单.csv"), (wu, "旧系统客户.csv")):
        done = drafts.upload(person, FILE.encode(), name, clock=clock)
        drafts.plan_now(done, clock=clock)
        perform("customers.start_import", {"run": done.pk, "manager_by": "pool"}, actor=person, clock=clock)
        running.run_import(done.pk, clock=clock)
        drafts.upload(person, FILE.replace("Z", "Y").encode(), f"第二批{name}", clock=clock)
    _fields(wang, clock)
    kept = {"list": "customers", "query": "grade=A&sort=contacted", "name": "A 级，久未联系的在前"}
    perform("views.save", {**kept, "audience": "everybody"}, actor=wang, clock=clock)
    send_notices(clock)
    tell_of_approvals(clock)
    tell_of_hand_overs(clock)
    tell_deputies(clock)
    server = {"server": "mail.example.com:587"}
    queue(TRIAL.name, key="furnish", to=Recipient("无效地址", "李梅"), values=server, now=clock())
    job = enqueue("customers.run_import", {"id": 0}, clock=clock)
    for _ in range(100):
        held = take("furnish", clock() + timedelta(days=1), only=job.pk)
        if held is None:
            break
        fail(held, "ConnectionError: 127.0.0.1:5672", clock())


def _fields(keeper: Any, clock: Clock) -> None:
    """Fields of the company's own: of customers three, one of them retired, and a customer of whom two are known; of visits two,
    one of which was of another type before."""
    from guanxi.domains.customers.models import Account
    from guanxi.platform.kernel import perform

    defined = (
        {
            "key": "floor_area",
            "type": "number",
            "label_zh": "建筑面积",
            "label_en": "Floor area",
            "unit": "平方米",
        },
        {
            "key": "industry",
            "type": "choice",
            "label_zh": "行业",
            "label_en": "Industry",
            "choices": "chip = 芯片 / Chips\nsoft = 软件 / Software\nlogistics = 物流 / Logistics",
        },
        {"key": "fax", "type": "text", "label_zh": "传真", "label_en": "Fax"},
    )
    made = [
        perform("ownfields.define", {"of": "customer", **one}, actor=keeper, clock=clock).value
        for one in defined
    ]
    perform("ownfields.retire", {"field": made[-1].pk}, actor=keeper, clock=clock)
    of_visits = (
        {"key": "guests", "type": "text", "label_zh": "来宾人数", "label_en": "Guests"},
        {"key": "mood", "type": "text", "label_zh": "客户态度", "label_en": "Mood", "step": "report"},
    )
    guests, _ = [
        perform("ownfields.define", {"of": "visit", **one}, actor=keeper, clock=clock).value
        for one in of_visits
    ]
    perform("ownfields.retype", {"field": guests.pk, "type": "number"}, actor=keeper, clock=clock)
    one = (
        Account.objects.filter(manager__isnull=False, active=True)
        .select_related("manager")
        .order_by("pk")
        .first()
    )
    if one is not None and one.manager is not None:
        values = {"floor_area": "1200", "industry": "chip"}
        perform("customers.update", {"customer": one.pk, "own": values}, actor=one.manager, clock=clock)
