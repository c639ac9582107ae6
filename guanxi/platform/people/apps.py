from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "guanxi.platform.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guanxi.platform.kernel.perform import stages

        from .rights import RightsCheck

        stages.rights = RightsCheck()
