"""Libraries of any size, for developing and measuring pages: records without any files.

What is drawn follows from how many images there are, so that two machines measure the same.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import PIL.Image
from django.contrib.auth.models import User
from django.utils import timezone

from processing import imaging
from storage import keys
from storage.models import Image, Original, Run, Stage, Tag, Variant
from storage.models.variants import VariantKind
from storage.statuses import RunStatus, StageName, StageStatus

BATCH = 500
SPAN = timedelta(days=3 * 365)
TAGS = 40
SIZES = ((6000, 4000), (4000, 6000), (4032, 3024), (3024, 4032), (2000, 2000), (5120, 2160))
FORMATS = ("jpeg",) * 8 + ("png", "webp", "heic", "avif")
STATUSES = (RunStatus.READY,) * 96 + (RunStatus.FAILED,) * 3 + (RunStatus.CANCELLED,)
WORDS = (
    *("harbour", "pier", "dunes", "lighthouse", "gull", "market", "bridge", "garden", "portrait"),
    *("concert", "workshop", "sunrise", "storm", "meadow", "forest", "river", "kitchen", "bicycle"),
    *("tram", "station", "library", "museum", "winter", "summer"),
    *("carnival", "regatta", "interview"),
)
WIDTHS = (320, 640, 1280)
CUTS = (150, 300)
VARIANT_FORMATS = ("jpeg", "webp", "avif")
# One in so many pictures is nearly one that came before it.
REPEATED = 50


@dataclass
class _Batch:
    """The rows of some images, in the order in which tables need them."""

    originals: list[Original]
    images: list[Image]
    tags: list[Any]
    runs: list[Run]
    stages: list[Stage]
    variants: list[Variant]


class Seeder:
    """Makes images of random people, from oldest to newest."""

    def __init__(self, owners: Sequence[User]) -> None:
        self._owners = owners
        self._random = Random(Image.objects.count())  # noqa: S311 - nothing here is secret
        self._placeholders = [_placeholder(self._random) for _ in range(24)]
        self._hashes: list[int] = []
        names = [f"{WORDS[number % len(WORDS)]} {number}" for number in range(TAGS)]
        self._tags = [Tag.objects.get_or_create(name=name)[0] for name in names]

    def seed(self, count: int) -> Iterator[int]:
        """Write `count` images with all that belongs to them; yield how many each batch had."""
        until = timezone.now()
        for first in range(0, count, BATCH):
            size = min(BATCH, count - first)
            made_at = until - SPAN * (1 - first / count)
            self._write([self._image(made_at) for _ in range(size)], made_at)
            yield size

    def _write(self, images: list[Image], made_at: datetime) -> None:
        batch = _Batch([image.original for image in images], images, [], [], [], [])
        for image in images:
            self._fill(batch, image)
        Original.objects.bulk_create(batch.originals)
        Image.objects.bulk_create(batch.images)
        Image.tags.through.objects.bulk_create(batch.tags)
        Run.objects.bulk_create(batch.runs)
        Stage.objects.bulk_create(batch.stages)
        Variant.objects.bulk_create(batch.variants)
        ids = [image.id for image in images]
        Image.objects.filter(id__in=ids).update(created_at=made_at, updated_at=made_at)

    def _fill(self, batch: _Batch, image: Image) -> None:
        through = Image.tags.through
        for tag in self._random.sample(self._tags, self._random.choice((0, 0, 1, 2, 3))):
            batch.tags.append(through(image=image, tag=tag))
        run = Run(image=image, number=1, status=image.status, presets=[], owner_id=image.owner_id)
        run.finished_at = run.scratch_cleared_at = timezone.now()
        batch.runs.append(run)
        stages = list(_stages(run, self._random))
        batch.stages.extend(stages)
        if image.status == RunStatus.READY:
            batch.variants.extend(_variants(image, stages))

    def _image(self, made_at: datetime) -> Image:
        random = self._random
        width, height = random.choice(SIZES)
        place, color = random.choice(self._placeholders)
        words = random.sample(WORDS, 3)
        image_id = _id_at(made_at, random)
        sha256 = f"{random.getrandbits(256):064x}"
        original = Original(
            id=_id_at(made_at, random),
            sha256=sha256,
            bytes=random.randrange(400_000, 12_000_000),
            format=random.choice(FORMATS),
            width=width,
            height=height,
            users=1,
        )
        return Image(
            id=image_id,
            owner=random.choice(self._owners),
            original=original,
            filename=f"IMG_{random.randrange(10_000):04}.{original.format}",
            title=" ".join(words[:2]).capitalize() if random.random() < 0.6 else "",
            alt_text=f"A {words[2]} by the {words[0]}" if random.random() < 0.7 else "",
            status=random.choice(STATUSES),
            generation=1,
            thumbhash=place,
            dominant_colors=[color],
            perceptual_hash=f"{self._hash():016x}",
        )

    def _hash(self) -> int:
        """Return the hash of a picture unlike all others, or nearly that of one of them."""
        fresh = self._random.getrandbits(64)
        if self._hashes and self._random.randrange(REPEATED) == 0:
            return self._random.choice(self._hashes) ^ 1 << self._random.randrange(64)
        self._hashes.append(fresh)
        return fresh


def _id_at(instant: datetime, random: Random) -> UUID:
    """Return an id of that time, as version 7 has them; within it they are in no order."""
    milliseconds = int(instant.timestamp() * 1000)
    version, variant = 7 << 76, 2 << 62
    drawn = random.getrandbits(12) << 64 | random.getrandbits(62)
    return UUID(int=milliseconds << 80 | version | variant | drawn)


def _placeholder(random: Random) -> tuple[str, str]:
    """Return the ThumbHash of a gradient, as base64, and its first colour."""
    left, right = (tuple(random.randrange(30, 230) for _ in range(3)) for _ in range(2))
    picture = PIL.Image.new("RGB", (3, 2), left)
    picture.paste(right, (1, 1, 3, 2))
    smooth = picture.resize((96, 64), PIL.Image.Resampling.BICUBIC)
    return b64encode(imaging.thumbhash(smooth)).decode(), "#{:02x}{:02x}{:02x}".format(*left)


def _stages(run: Run, random: Random) -> Iterator[Stage]:
    parts = [(StageName.COMPRESS, f"w{width}") for width in WIDTHS]
    named = [(StageName.RESIZE, ""), (StageName.THUMBNAIL, ""), *parts, (StageName.PUBLISH, "")]
    failing = random.randrange(3) if run.status == RunStatus.FAILED else None
    cancelled = run.status == RunStatus.CANCELLED
    for place, (name, part) in enumerate(named):
        stage = Stage(run=run, name=name, part=part, queue=name, status=StageStatus.SUCCEEDED)
        if place == failing:
            stage.status, stage.error_code = StageStatus.FAILED, "unreadable"
            stage.error_detail = "The picture could not be read."
        elif cancelled or (failing is not None and place > failing):
            stage.status = StageStatus.CANCELLED
        yield stage


def _variants(image: Image, stages: Sequence[Stage]) -> Iterator[Variant]:
    by_part = {stage.part or stage.name: stage for stage in stages}
    for width in WIDTHS:
        height = max(1, round(width * image.original.height / image.original.width))
        stage = by_part[f"w{width}"]
        yield from _formats(image, stage, VariantKind.RESIZE, f"w{width}", width, height)
    for side in CUTS:
        stage = by_part[StageName.THUMBNAIL]
        yield from _formats(image, stage, VariantKind.THUMBNAIL, f"square{side}", side, side)


def _formats(
    image: Image, stage: Stage, kind: VariantKind, preset: str, width: int, height: int
) -> Iterator[Variant]:
    prefix = keys.attempt_prefix(stage.run_id, stage.id)
    for format in VARIANT_FORMATS:
        yield Variant(
            image=image,
            run=stage.run,
            stage=stage,
            preset=preset,
            kind=kind,
            width=width,
            height=height,
            format=format,
            bytes=width * height // 8,
            quality=75,
            sha256=image.original.sha256,
            key=f"{prefix}{preset}.{format}",
            live=True,
        )
