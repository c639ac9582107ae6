"""Refused attempts are kept by control; those of before are taken from the journal once."""

from django.db import migrations, models


def take_from_journal(apps, schema_editor):
    Fact, Refused = apps.get_model("journal", "Fact"), apps.get_model("regulations", "RefusedAttempt")
    rows = []
    for fact in Fact.objects.filter(kind="norms.asked").order_by("seq").iterator(2000):
        rows += [Refused(control=c, seq=fact.seq) for c in sorted(set(fact.data.get("failed") or ()))]
        if len(rows) > 2000:
            Refused.objects.bulk_create(rows, batch_size=500)
            rows = []
    Refused.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("regulations", "0003_frozenfigure")]
    operations = [
        migrations.CreateModel(
            name="RefusedAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("control", models.CharField(max_length=80)),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("control", "seq"), name="refused_attempt")],
            },
        ),
        migrations.RunPython(take_from_journal, migrations.RunPython.noop, elidable=True),
    ]
