import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0031_what_an_import_holds'),
        ('visits', '0005_past_visits'),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='place',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.address'),
        ),
        migrations.AddField(
            model_name='visit',
            name='place_said',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
    ]
