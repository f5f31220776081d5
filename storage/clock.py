"""Time as the database tells it: leases must not depend on the clock of a worker."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


def seconds_from_now(seconds: float) -> Now | ExpressionWrapper[Combinable]:
    """Return an SQL expression for the database's now plus `seconds`.

    Without any it is now itself: SQLite writes a sum with more digits, and would hold it for later
    than the now of the same millisecond.
    """
    if not seconds:
        return Now()
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())
