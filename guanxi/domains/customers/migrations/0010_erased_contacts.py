"""When a contact's data was erased. And the engine no longer folds their birthdays: month and day stand in no fact's data
any more (docs/decisions/0010)."""

from django.db import migrations, models


def forget_birthdays(apps, schema_editor):
    entities = apps.get_model("regulations", "EngineEntity")
    for row in entities.objects.filter(kind="contact").iterator(chunk_size=2000):
        if row.body["attributes"].pop("birthday_md", None) is not None:
            row.save(update_fields=["body"])


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_twins"), ("regulations", "0005_overdue")]
    operations = [
        migrations.AddField(
            model_name="contact", name="erased_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(forget_birthdays, migrations.RunPython.noop),
    ]
