"""A small company in a data folder of its own, for browser journeys: python -m tests.journeys.house (GUANXI_HOME says where).

Its dates are relative to today: the regulations came into force two weeks ago, some customers are there, a visit is planned.
"""

from __future__ import annotations

import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")


def build() -> None:
    """Make it; everything through actions."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from guanxi.domains.visits.seeding import seed
    from guanxi.platform.kernel import fixed_clock, system_clock
    from guanxi.platform.people.tests.cast import make_cast
    from tests.company import PASSWORD, bring_into_force, do

    call_command("migrate", interactive=False, verbosity=0)
    cast = make_cast()
    for person in cast.everybody():
        person.set_password(PASSWORD)
        person.save()
    now = system_clock()
    begun = now - timedelta(days=14)
    bring_into_force(cast, at=begun)
    seed(cast.wang, fixed_clock(begun))
    today = timezone.localdate(now)
    product = do(cast.wang, begun, "products.save", name="变频器 GX-200", code="GX-200", kind="product").value
    this = today.replace(day=1)
    for first in (
        this,
        (this + timedelta(days=31)).replace(day=1),
    ):  # at a month's end one plans for the next
        do(
            cast.wang,
            begun,
            "promotions.save",
            title="老客户换新九折",
            month=f"{first:%Y-%m}",
            starts_on=first.isoformat(),
            ends_on=first.replace(day=28).isoformat(),
            text="以旧换新，按成交价九折；当月下单有效。",
        )
    for number, name in enumerate(("恒远电子有限公司", "华信精密制造有限公司", "明州港物流有限公司")):
        customer = do(
            cast.lin,
            begun + timedelta(hours=1 + number),
            "customers.create",
            name=name,
            kinds=["company"],
            address=f"杭州市滨江区江南大道 {100 + number} 号",
            phone="0571-8706 8951",
            lon=f"120.2{number}",
            lat="30.18",
            contact_name="李工" if number == 0 else "",
            contact_post="设备科科长" if number == 0 else "",
        ).value
        do(
            cast.wang,
            begun + timedelta(hours=5),
            "customers.grade",
            customer=customer.pk,
            grade="A",
            reason="年用量大",
        )
        if number == 0:
            do(
                cast.lin,
                begun + timedelta(hours=6),
                "needs.add",
                customer=customer.pk,
                what="二号线节能改造",
                product=product.pk,
                source="visit",
                customer_view="电费太高",
            )
            do(
                cast.lin,
                begun + timedelta(days=3),
                "promises.make",
                customer=customer.pk,
                what="寄变频器样册",
                due_on=(today + timedelta(days=1)).isoformat(),
            )


if __name__ == "__main__":
    build()
