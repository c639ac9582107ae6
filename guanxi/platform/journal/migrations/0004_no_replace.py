"""INSERT OR REPLACE on SQLite deletes without asking the triggers: one more refuses it."""

from django.db import migrations

from guanxi.platform.journal import guards


def again(apps, schema_editor):
    guards.switch_off(schema_editor.connection)
    guards.switch_on(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_reader")]
    operations = [migrations.RunPython(again, migrations.RunPython.noop)]
