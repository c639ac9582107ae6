"""Names are taken apart by another matcher: the keys by which the same customer is found are written anew."""

from django.db import migrations


def write_anew(apps, schema_editor):
    from guanxi.platform.imports.duplicates import name_key

    Account = apps.get_model("customers", "Account")
    last = 0
    while rows := list(Account.objects.filter(pk__gt=last).order_by("pk").only("pk", "name", "name_key")[:2000]):
        last = rows[-1].pk
        changed = []
        for row in rows:
            key = name_key(row.name)
            if key != row.name_key:
                row.name_key = key
                changed.append(row)
        Account.objects.bulk_update(changed, ["name_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_standing")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
