"""Adding an index to a table that is being written to."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex
from django.db.migrations.state import ProjectState


class AddIndexWithoutBlocking(AddIndex):
    """Lets writers go on meanwhile where the database can; its migration says `atomic = False`."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        editor: Any = schema_editor
        model = to_state.apps.get_model(app_label, self.model_name)
        drop_leftover(schema_editor, self.index.name)
        editor.add_index(model, self.index, concurrently=True)


def drop_leftover(schema_editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """Remove what is left of building an index that was broken off: it is there, and not valid."""
    quoted = schema_editor.quote_name(name)
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
