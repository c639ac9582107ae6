from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "guanxi.platform.ui"
    label = "ui"
    verbose_name = "Screens"
