from django.apps import AppConfig


class TablesConfig(AppConfig):
    name = "guanxi.platform.tables"
    label = "tables"
