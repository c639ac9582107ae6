"""The writes of this package; importing it declares them all."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.responsibilities import responsibility

from ..models import OPEN, Step
from . import deciding, substitutes

responsibility(
    "approvals",
    Text("点名由其批准的事项", "approvals that name them"),
    lambda person: Step.objects.filter(person=person, state=OPEN).count(),
)

__all__ = ["deciding", "substitutes"]
