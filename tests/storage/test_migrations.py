"""Workers of the release before are up while migrations run, and go on writing their rows after."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps as today
from django.contrib.auth.models import User
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.utils import timezone

OURS = {"storage", "uploads"}
LOADER = MigrationLoader(None)
NAMES = sorted(key for key in LOADER.graph.nodes if key[0] in OURS)
# Before any first release there are no older workers.
LATER = [key for key in NAMES if not LOADER.get_migration(*key).initial]
STORAGE = [key for key in NAMES if key[0] == "storage"]


def unsafe(operations: Sequence[Operation]) -> list[str]:
    """Return what older code could not live with: all but what it can do without knowing.

    What is refused here may be safe for once; whoever needs it says why in this module.
    """
    new = {each.name_lower for each in operations if isinstance(each, migrations.CreateModel)}
    return [each.describe() for each in operations if not _is_safe(each, new)]


def _is_safe(operation: Operation, new_tables: set[str]) -> bool:
    match operation:
        case migrations.AddIndex() | migrations.RunPython():
            return True
        case migrations.CreateModel():
            # Older code deletes rows without first deleting those of tables that it does not know.
            return all(_refers_to(field) in {None, *new_tables} for _, field in operation.fields)
        case migrations.AddField():
            own = operation.model_name_lower in new_tables
            return own or _may_be_left_out(operation.field)
        case migrations.AddConstraint():
            return operation.model_name_lower in new_tables
        case _:
            return False


def _refers_to(field: Any) -> str | None:
    """Return the name of the table that a column is held to refer to, in lower case."""
    to = field.remote_field
    if to is None or not getattr(field, "db_constraint", getattr(to, "db_constraint", True)):
        return None
    return str(to.model).split(".")[-1].lower()


def _may_be_left_out(field: Any) -> bool:
    """Return whether the database fills in a column that an INSERT does not name."""
    if field.many_to_many:
        return True
    return not field.unique and (field.null or field.has_db_default())


@pytest.mark.parametrize("key", LATER, ids=".".join)
def test_a_migration_leaves_older_code_its_tables(key: tuple[str, str]) -> None:
    assert unsafe(LOADER.get_migration(*key).operations) == []


def test_migrations_were_looked_at() -> None:
    assert ("storage", "0008_run_lines") in LATER
    assert ("storage", "0001_initial") not in LATER


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("run", "bulk"),
        migrations.RenameField("run", "bulk", "back_fill"),
        migrations.AlterField("run", "bulk", models.BooleanField(default=True)),
        migrations.DeleteModel("Tag"),
        migrations.RenameModel("Tag", "Label"),
        migrations.AlterModelTable("tag", "tags"),
        migrations.RunSQL("DROP TABLE storage_tag"),
        migrations.CreateModel("Note", [("run", models.ForeignKey("storage.run", models.CASCADE))]),
        migrations.CreateModel("Pile", [("runs", models.ManyToManyField("storage.run"))]),
        migrations.AddField("run", "cost", models.IntegerField()),
        migrations.AddField("run", "cost", models.IntegerField(default=0)),
        migrations.AddField("run", "cost", models.IntegerField(db_default=0, unique=True)),
        migrations.AddConstraint("tag", models.UniqueConstraint(fields=["name"], name="once")),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_older_code_could_not_live_with_is_noticed(operation: Operation) -> None:
    assert unsafe([operation]) == [operation.describe()]


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(null=True),
        models.IntegerField(default=0, db_default=0),
        models.CharField(max_length=8, db_default=""),
    ],
)
def test_columns_that_older_code_may_leave_out_are_safe(field: Any) -> None:
    assert unsafe([migrations.AddField("run", "cost", field)]) == []


# --- the rows that older code writes, on the tables of today -----------------------------------


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("key", STORAGE, ids=".".join)
def test_rows_of_older_code_fit_into_the_tables_of_today(key: tuple[str, str], owner: User) -> None:
    older = LOADER.project_state([key, *LOADER.graph.leaf_nodes("auth")]).apps
    for row in write_rows(older, owner.pk):
        row.save()
        now = today.get_model("storage", type(row).__name__).objects.get(pk=row.pk)
        assert {name: getattr(now, name) for name in names(row)} == {
            name: getattr(row, name) for name in names(row)
        }


def write_rows(older: Any, owner: int) -> list[models.Model]:
    """Write one row of each table that an upload and a worker write, as code of that time would."""

    def create(model: str, **values: Any) -> Any:
        return older.get_model("storage", model).objects.create(**values)

    size = {"bytes": 1000, "width": 640, "height": 480, "format": "jpeg"}
    original = create("Original", sha256=uuid4().hex * 2, **size)
    image = create("Image", owner_id=owner, original=original)
    run = create("Run", image=image, number=1, presets=[])
    stage = create("Stage", run=run, name="compress", part="w640", queue="compress")
    attempt = create("Attempt", stage=stage, number=1, worker="old", started_at=timezone.now())
    event = create("Event", image=image, run=run, kind="stage", name="compress", status="running")
    preset = create("Preset", name="custom", kind="resize", width=10, formats=["jpeg"])
    variant = create(
        "Variant",
        **size,
        **{"image": image, "run": run, "stage": stage, "preset": "w640", "kind": "resize"},
        **{"quality": 80, "sha256": "0" * 64, "key": uuid4().hex},
    )
    return [original, image, run, stage, attempt, event, preset, variant]


def names(row: models.Model) -> list[str]:
    """Return the columns that older code knows, beside those that change with each writing."""
    columns = [field.attname for field in row._meta.concrete_fields]
    return [name for name in columns if name != "updated_at"]


@pytest.mark.database
@pytest.mark.django_db
def test_every_table_of_a_worker_is_written_by_older_code(owner: User) -> None:
    written = {type(row).__name__ for row in write_rows(today, owner.pk)}
    tables = {model.__name__ for model in today.get_app_config("storage").get_models()}
    assert tables - written == {"Tag", "Overlay", "QueuePause", "EventTally", "StageTally"}
