"""Connections to the broker that give up in time; no models are needed to have one."""

from math import ceil

from celery import current_app
from django.conf import settings
from kombu import Connection


def broker_answers(timeout_seconds: float) -> bool:
    """Say whether the broker takes a connection in time."""
    try:
        with broker_connection(timeout_seconds) as connection:
            connection.ensure_connection(max_retries=1, timeout=ceil(timeout_seconds))
            return bool(connection.connected)
    except Exception:
        return False


def broker_connection(timeout_seconds: float = 2.0) -> Connection:
    """Return a connection that is not yet open, and whose every step gives up in time."""
    options = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds}
    connection: Connection = current_app.connection_for_read(
        connect_timeout=timeout_seconds,
        transport_options={**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **options},
    )
    return connection
