from django.db import migrations, models

from guanxi.platform.search.scopes import NARROW, POSTGRES_COLUMN, TABLE, WORDS, create_sql, fill_sql


def add(apps, schema_editor):
    """Whose each customer is, beside its words in the index. Nothing is indexed anew."""
    from guanxi.domains.customers import scopes  # noqa: F401 (declares where that is read)

    connection = schema_editor.connection
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() "
                "AND table_name = %s AND column_name = 'scope'",
                [TABLE],
            )
            standing = cursor.fetchone() is not None
        else:
            standing = NARROW in tables
        if standing:  # made with the index itself; only what was loaded from a backup may be without
            if connection.vendor != "postgresql":
                cursor.execute(f"SELECT 1 FROM {NARROW} LIMIT 1")
                if cursor.fetchone():
                    return
        elif connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN {POSTGRES_COLUMN}")
        for statement in fill_sql(connection.vendor, tables) if standing else _whole(connection.vendor, tables):
            cursor.execute(statement)


def _whole(vendor, tables):
    """PostgreSQL: one index less to keep while every row is written anew."""
    if vendor == "postgresql":
        return [
            f"DROP INDEX {WORDS}",
            *fill_sql(vendor, tables),
            f"CREATE INDEX {WORDS} ON {TABLE} USING gin (words)",
            *create_sql(vendor),
        ]
    return [*create_sql(vendor), *fill_sql(vendor, tables)]


class Migration(migrations.Migration):
    dependencies = [("customers", "0029_customers_of_a_manager")]
    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="account", name="account_key"),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(condition=models.Q(("key", True)), fields=["name", "key"], name="account_key"),
        ),
    ]
