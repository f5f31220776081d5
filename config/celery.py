"""The Celery application of this deployment."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun

from config import canary, decoders, memory, redis_channel, watchdog
from storage import log_context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Workers are processes, one per core: a matrix library that starts its own threads only competes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Celery would run Django's checks, throw away what they find, and load every page for that: 24 MB.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

redis_channel.install()

app = Celery("darkroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
canary.install(app)
watchdog.install(app)
decoders.install(app)
memory.install()


@setup_logging.connect
def keep_our_logging(loglevel: int | None = None, **kwargs: Any) -> None:
    """Leave the lines as `LOGGING` wants them: asked to, Celery sets up none of its own."""
    if loglevel:
        logging.getLogger().setLevel(loglevel)


@task_prerun.connect
def forget_the_task_before(**kwargs: Any) -> None:
    """Begin a task without what the log lines of the last one were about."""
    log_context.begin()
