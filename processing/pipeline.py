"""The pipeline: what a run's stages are to Celery.

    chain(resize, chord([thumbnail, analyze, compress(w320), compress(w640), …], publish))

A chord is an accelerator: it starts the next stage within milliseconds. Whether a run is
complete is decided from its Stage rows alone, and a canvas holds only what is unfinished, so
that it may be sent again at any time.
"""

from collections.abc import Sequence

from celery import chain, chord, group, signature
from celery.canvas import Signature

from processing.publisher import publisher
from storage.models import Stage
from storage.statuses import StageName

# What may run side by side between resize and publish.
HEADER = frozenset({StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE})


def canvas(stages: Sequence[Stage]) -> Signature:
    """Return the canvas of a run's unfinished stages, of which there is at least one.

    The stages are those that `dispatch.announceable` found: pending, due and of one run.
    """
    resize = [_task(stage) for stage in stages if stage.name == StageName.RESIZE]
    publish = [_task(stage) for stage in stages if stage.name == StageName.PUBLISH]
    header = [_task(stage) for stage in stages if stage.name in HEADER]
    if header and publish:
        return chain(*resize, chord(header, publish[0], app=publisher), app=publisher)
    side_by_side = [group(header, app=publisher)] if header else []
    return chain(*resize, *side_by_side, *publish, app=publisher)


def _task(stage: Stage) -> Signature:
    """Return the immutable signature of a stage: it takes an id, never a predecessor's result."""
    return signature(
        f"processing.tasks.{stage.name}",
        args=(str(stage.id),),
        immutable=True,
        queue=stage.queue,
        app=publisher,
    )
