from django.apps import AppConfig


class RegulationsConfig(AppConfig):
    name = "guanxi.platform.regulations"
    label = "regulations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guanxi.platform.kernel.perform import stages

        from . import own_fields
        from .stage import Regulations

        own_fields.declare()

        regulations = Regulations()
        stages.gates.append(regulations)
        stages.obligations.append(regulations)
