"""At scale: Celery and its broker carry the word that a job is there; the row stays the truth.

GUANXI_TASKS=celery, GUANXI_BROKER=redis://… or amqp://…; workers: `celery -A guanxi.platform.jobs.celery worker`.
Needs the packages of requirements/scale.txt. Schedules still come from `guanxi worker`, one or more of it, whose
queue polling also picks up jobs whose word was lost.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from celery import Celery
from django.conf import settings

from .worker import run_one, worker_name

app = Celery("guanxi", broker=settings.GUANXI_BROKER)
app.conf.update(task_acks_late=True, task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="guanxi.run_job")
def run_job(job: int) -> None:
    """Run the job with this id, if it is still to be run."""
    run_one(worker_name(), only=job)
