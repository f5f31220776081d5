"""The web process: Django behind a limit on the size of bodies."""

import gc
import os
import warnings
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application

from config.body_limit import BodyLimit
from config.request_ids import RequestIds
from config.request_metrics import RequestMetrics
from config.request_traces import RequestTraces

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Each request has a thread of its own here, so what a thread keeps is never used again: connections
# come from a pool, and a request saves the ten milliseconds that a new one takes.
os.environ.setdefault("DARKROOM_CONNECTION_SECONDS", "0")
os.environ.setdefault("DARKROOM_CONNECTION_POOL", "20")

# WhiteNoise hands its files to Django as ordinary iterators: small files, read in a thread.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

measured = RequestMetrics(BodyLimit(get_asgi_application(), max_bytes=settings.MAX_UPLOAD_BYTES))
application = RequestIds(RequestTraces(measured) if settings.TRACES else measured)

# All pages, now instead of at the first request; then the garbage collector need not look at any of
# it again: a look at everything takes a tenth of a second, in the midst of somebody's request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
