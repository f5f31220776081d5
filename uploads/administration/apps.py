from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class AdministrationConfig(SimpleAdminConfig):
    """Django's administration, by our site.

    Its records are registered with the addresses of the pages, and before they are checked: workers
    and the scheduler show no page, and are ten megabytes smaller without.
    """

    default_site = "uploads.administration.site.Administration"

    def ready(self) -> None:
        checks.register(check_records, checks.Tags.admin)


def check_records(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Check what Django checks of an administration, whose records are all registered first."""
    admin.autodiscover()
    return [*check_dependencies(), *check_admin_app(app_configs)]
