from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("regulations", "0002_attempt_tally")]

    operations = [
        migrations.CreateModel(
            name="FrozenFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("control", models.CharField(max_length=80)),
                ("period", models.CharField(max_length=12)),
                ("person", models.CharField(max_length=60, null=True)),
                ("department", models.CharField(max_length=40, null=True)),
                ("figures", models.JSONField()),
                ("up_to", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["control", "period"], name="frozen_figure")]},
        ),
    ]
