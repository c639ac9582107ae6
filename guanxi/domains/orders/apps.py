from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """What customers ordered: a plain register."""

    name = "guanxi.domains.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import actions, facts, importing  # noqa: F401 (they register themselves)
