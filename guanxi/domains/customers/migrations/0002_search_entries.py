from django.db import migrations

from guanxi.platform.search.index import TABLE, create_sql, drop_sql


def make(apps, schema_editor):
    """The index of grams, unless it stands already."""
    connection = schema_editor.connection
    if TABLE not in connection.introspection.table_names():
        for statement in create_sql(connection.vendor):
            schema_editor.execute(statement)


def take_away(apps, schema_editor):
    for statement in drop_sql(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(make, take_away)]
