"""What can go wrong in the pipeline outside of the pictures themselves."""


class ProcessingError(Exception):
    """Root of this package's errors; the message says what to do."""


class PartialReprocessImpossible(ProcessingError):
    """Some stages alone can be done again only for an image that is ready."""


class VariantMissing(ProcessingError):
    """A variant that a stage recorded is gone from the store, or of another size."""
