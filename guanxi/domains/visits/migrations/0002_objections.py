"""Objections captured at visits so far go into the register."""

from django.db import migrations

PORTION = 1000


def enter(apps, schema_editor):
    lines = apps.get_model("visits", "VisitLine").objects.filter(kind="objection").select_related("visit")
    objections = apps.get_model("customers", "Objection").objects
    made = []
    for line in lines.order_by("pk").iterator(chunk_size=PORTION):
        settled = line.code == "settled"
        made.append(
            objections.model(
                customer_id=line.visit.customer_id,
                contact_id=line.visit.contact_id,
                what=line.text,
                answer=line.more,
                state="settled" if settled else "open",
                visit_id=line.visit_id,
                raised_at=line.captured_at,
                recorded_by_id=line.by_id,
                settled_at=line.captured_at if settled else None,
            )
        )
        if len(made) == PORTION:
            objections.bulk_create(made)
            made.clear()
    objections.bulk_create(made)


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0001_initial"),
        ("customers", "0021_objections"),
    ]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
