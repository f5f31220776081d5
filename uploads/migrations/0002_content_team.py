"""Seed the group whose members see and edit the images of everyone."""

from typing import Any

from django.db import migrations

CONTENT_TEAM = "content-team"


def seed(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.get_or_create(name=CONTENT_TEAM)


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0001_api_token"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
