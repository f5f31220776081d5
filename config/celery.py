"""The Celery application of this deployment."""

import os

from celery import Celery

from config import redis_channel, watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Workers are processes, one per core: a matrix library that starts its own threads only competes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

redis_channel.install()

app = Celery("darkroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
watchdog.install(app)
