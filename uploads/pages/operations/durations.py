from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE_SECONDS = 60
HOUR_SECONDS = 60 * MINUTE_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS


def roughly(seconds: float) -> str:
    """Return seconds as operators want them, in one or two units: 45 s, 12 min, 3 h 5 min."""
    if seconds < MINUTE_SECONDS:
        return _("%(seconds)d s") % {"seconds": round(max(seconds, 0))}
    if seconds < HOUR_SECONDS:
        return _("%(minutes)d min") % {"minutes": seconds // MINUTE_SECONDS}
    if seconds < 2 * DAY_SECONDS:
        hours, rest = divmod(int(seconds), HOUR_SECONDS)
        values = {"hours": hours, "minutes": rest // MINUTE_SECONDS}
        return _("%(hours)d h %(minutes)d min") % values
    days = int(seconds // DAY_SECONDS)
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
