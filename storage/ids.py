"""Identifiers that sort by the time of their making (RFC 9562, version 7)."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()
