from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "guanxi.platform.backups"
    label = "backups"
