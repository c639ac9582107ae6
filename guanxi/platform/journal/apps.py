from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "guanxi.platform.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guanxi.platform.kernel.perform import stages

        from . import facts  # noqa: F401  (declares the journal's own kinds)
        from .stage import Journal

        stages.journal = Journal()
