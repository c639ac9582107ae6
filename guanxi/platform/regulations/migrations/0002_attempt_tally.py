"""Attempts are counted as they happen; those of before are counted from the journal once."""

from collections import Counter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations, models


def count_again(apps, schema_editor):
    Fact, Tally = apps.get_model("journal", "Fact"), apps.get_model("regulations", "AttemptTally")
    zone, found = ZoneInfo(settings.TIME_ZONE), Counter()
    kinds = ["norms.asked", "action.refused", "action.refused_again"]
    for fact in Fact.objects.filter(kind__in=kinds).order_by("seq").iterator(2000):
        month, n = f"{fact.recorded_at.astimezone(zone):%Y-%m}", 1
        if fact.kind == "action.refused_again":
            n = fact.data["count"]
            fact = Fact.objects.get(seq=fact.data["first"])
        stem = (month, fact.data["action"], str(fact.actor_id or ""))
        if fact.kind == "action.refused":
            found[*stem, "forbidden", ""] += n
            continue
        found[*stem, "tried", ""] += n
        for answer, controls in (("refused", "failed"), ("waived", "waived")):
            for control in fact.data.get(controls) or ():
                found[*stem, answer, control] += n
    rows = [
        Tally(month=month, action=action, person=person, answer=answer, control=control, count=n)
        for (month, action, person, answer, control), n in sorted(found.items())
    ]
    Tally.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("regulations", "0001_initial"), ("journal", "0004_no_replace")]
    operations = [
        migrations.CreateModel(
            name="AttemptTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(max_length=7)),
                ("action", models.CharField(max_length=80)),
                ("person", models.CharField(blank=True, max_length=60)),
                ("answer", models.CharField(max_length=9)),
                ("control", models.CharField(blank=True, max_length=80)),
                ("count", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "action", "person", "answer", "control"), name="attempt_tally"
                    )
                ],
            },
        ),
        migrations.RunPython(count_again, migrations.RunPython.noop, elidable=True),
    ]
