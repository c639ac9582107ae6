from django.apps import AppConfig


class RegulationsConfig(AppConfig):
    name = "guanxi.platform.regulations"
    label = "regulations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guanxi.platform.kernel.perform import stages

        from .stage import Regulations

        regulations = Regulations()
        stages.gates.append(regulations)
        stages.obligations.append(regulations)
