from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "guanxi.domains.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import scopes  # noqa: F401 (declares whose customers are, for the search)
