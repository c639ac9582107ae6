"""When a contact's data was erased. And the engine no longer folds their birthdays: month and day stand in no fact's data
any more (docs/decisions/0010)."""

from django.db import migrations, models


WITHOUT = {
    "sqlite": """UPDATE regulations_engineentity SET body = json_remove(body, '$.attributes.birthday_md')
        WHERE kind = 'contact' AND json_type(body, '$.attributes.birthday_md') IS NOT NULL""",
    "postgresql": """UPDATE regulations_engineentity SET body = body #- '{attributes,birthday_md}'
        WHERE kind = 'contact' AND jsonb_exists(body -> 'attributes', 'birthday_md')""",
}


def forget_birthdays(apps, schema_editor):
    """In the database itself: row by row it took minutes for a million people."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(WITHOUT[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_twins"), ("regulations", "0005_overdue")]
    operations = [
        migrations.AddField(
            model_name="contact", name="erased_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(forget_birthdays, migrations.RunPython.noop),
    ]
