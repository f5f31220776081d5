from storage.models.events import Event
from storage.models.images import FocalPointSource, Image, Original, Tag
from storage.models.overlays import Overlay
from storage.models.presets import Preset
from storage.models.queues import QueuePause
from storage.models.runs import Attempt, Run, Stage
from storage.models.tallies import EventTally, StageTally
from storage.models.variants import Variant

__all__ = [
    "Attempt",
    "Event",
    "EventTally",
    "FocalPointSource",
    "Image",
    "Original",
    "Overlay",
    "Preset",
    "QueuePause",
    "Run",
    "Stage",
    "StageTally",
    "Tag",
    "Variant",
]
