from django.db import migrations

from guanxi.platform.journal import guards


def up(apps, schema_editor):
    guards.switch_on(schema_editor.connection)


def down(apps, schema_editor):
    guards.switch_off(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(up, down)]
