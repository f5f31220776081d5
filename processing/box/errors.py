"""What can go wrong with the box itself; none of it is the picture's fault for certain."""

from processing.errors import ProcessingError


class BoxError(ProcessingError):
    """A job was not done; another attempt may fare better."""


class DecoderUnavailable(BoxError):
    """The process that decodes could not be started, ended, or did not answer in time."""


class DecoderOutOfTime(DecoderUnavailable):
    """The process that decodes was still at work when whoever waited gave up."""


class DecoderFailed(BoxError):
    """Something unexpected went wrong while decoding."""


class DecoderOutOfMemory(BoxError, MemoryError):
    """The machine or the container had too little memory for the decoder."""
