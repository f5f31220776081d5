"""Pages that stay put while new images come in at the front."""

from uuid import UUID

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """Ids sort by the time of their making, so a cursor on them needs no other column."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                UUID(str(cursor.position))
        except (NotFound, ValueError) as error:
            advice = "This is no cursor of ours: follow `next` and `previous` as they are."
            raise ValidationError({"cursor": [advice]}) from error
        return cursor
