from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's administration, by our site."""

    default_site = "uploads.administration.site.Administration"
