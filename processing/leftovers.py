"""Removing what an attempt stored and could not commit."""

import logging

from storage import objects
from storage.errors import StorageError
from storage.transitions import Claim

logger = logging.getLogger(__name__)


def remove_output(claim: Claim) -> None:
    """Remove everything that an attempt stored; what fails here is left to the audit."""
    for alias in (objects.VARIANTS, objects.SCRATCH):
        try:
            objects.remove_prefix(alias, claim.prefix)
        except StorageError:
            logger.warning("Output of %s is left to the audit.", claim, exc_info=True)
