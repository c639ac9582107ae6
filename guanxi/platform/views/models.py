"""Saved views, and which view a list begins with for whom."""

from __future__ import annotations

from django.db import models

from guanxi.platform.people.models import Department, Person

OWN, DEPARTMENT, EVERYBODY = "own", "department", "everybody"


class SavedView(models.Model):
    """What a list is asked for, under a name. It holds no rows: whoever opens it sees what they may see."""

    list = models.CharField(max_length=60)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.TextField()
    audience = models.CharField(max_length=12, default=OWN)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    """One more with each change, so that of two who change it at once the second is told."""

    class Meta:
        ordering = ("name", "pk")
        indexes = (models.Index(fields=("list", "audience"), name="views_of_a_list"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.list})"


class FirstView(models.Model):
    """The view with which a list begins for one person: the key of one of its own, or s and the number of a saved one."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="first_views")
    list = models.CharField(max_length=60)
    key = models.CharField(max_length=40)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "list"), name="one_first_view_of_a_list"),)

    def __str__(self) -> str:
        return f"{self.list} of {self.person}: {self.key}"
