"""What can go wrong in the pipeline outside of the pictures themselves."""


class ProcessingError(Exception):
    """Root of this package's errors; the message says what to do."""


class PartialReprocessImpossible(ProcessingError):
    """Some stages alone can be done again only for an image that is ready."""


class VariantMissing(ProcessingError):
    """A variant that a stage recorded is gone from the store, or of another size."""


class PresetUnknown(ProcessingError):
    """A run's preset asks for what this release cannot do: update the workers."""


class OverlayUnusable(ProcessingError):
    """A preset's overlay is gone or cannot be read; trying again would not help."""

    code = "overlay_unusable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class OverlayRefused(ProcessingError):
    """An overlay cannot be added or removed as asked."""


class PreviewRefused(ProcessingError):
    """Of this picture no preview is made with these settings; the code says why.

    `nothing_to_make`: the preset makes nothing of a picture of this size. `too_large`: decoding
    takes too much memory for a web process. `takes_too_long`: the time was up.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
