"""What each stage does to a picture; runs without Celery.

A step reads what earlier stages left, stores its output below the prefix of its claim, and
returns what is to be recorded. It writes no row: `execution` commits the result, or removes the
output when the claim was lost meanwhile.
"""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from processing import imaging, planning, specifications
from processing.box import pictures as box
from processing.box.pictures import Rendition
from processing.errors import VariantMissing
from processing.imaging import Encoded, FocalPoint, Picture, Size, VariantSpec
from processing.overlays import with_overlay
from storage import keys, objects
from storage.errors import ObjectMissing
from storage.models import FocalPointSource, Image, Run
from storage.objects import Digest
from storage.statuses import StageName, StageStatus
from storage.transitions import Claim, NewVariant, StageResult


@dataclass(frozen=True)
class Work:
    """A claimed stage and the records that it works from."""

    claim: Claim
    run: Run
    image: Image
    specs: Mapping[str, VariantSpec]

    @classmethod
    def of(cls, claim: Claim) -> "Work":
        run = Run.objects.select_related("image__original").get(id=claim.run_id)
        specs = {spec.name: spec for spec in specifications.of_run(run)}
        return cls(claim=claim, run=run, image=run.image, specs=specs)

    @property
    def original_size(self) -> Size:
        return Size(self.image.original.width, self.image.original.height)

    @property
    def thumbnails(self) -> list[VariantSpec]:
        return [spec for spec in self.specs.values() if spec.kind == "thumbnail"]


# --- resize -----------------------------------------------------------------------------------


def resize(claim: Claim) -> StageResult:
    """Decode the original once and leave each needed width in scratch, losslessly."""
    work = Work.of(claim)
    wanted = wanted_sizes(work)
    original = work.image.original
    expected = Digest(original.sha256, original.bytes)
    sizes = sorted(set(wanted.values()))
    with (
        objects.local_copy(objects.ORIGINALS, original.key, expected) as file,
        box.render(
            file,
            sizes,
            specifications.limits(),
            planning.allowance(original, list(work.specs.values()), sizes),
            wide=_wide_sizes(work, wanted),
        ) as renditions,
    ):
        stored = {each.asked: _store_intermediate(claim, each) for each in renditions}
    return StageResult(output={"parts": {part: stored[size] for part, size in wanted.items()}})


def wanted_sizes(work: Work) -> dict[str, Size]:
    """Return the size of each part that a later stage of this run will read."""
    planned = imaging.rendition_sizes(work.original_size, list(work.specs.values()))
    stages = work.run.stages.exclude(status=StageStatus.SKIPPED)
    needed = {stage.part for stage in stages.filter(name=StageName.COMPRESS)}
    needed |= {_source_of(stage.name, work, planned) for stage in stages} - {""}
    return {part: size for part, size in planned.items() if part in needed}


def _wide_sizes(work: Work, wanted: Mapping[str, Size]) -> set[Size]:
    """Return the sizes at which a compress stage of this run may keep colours beyond sRGB."""
    stages = work.run.stages.exclude(status=StageStatus.SKIPPED).filter(name=StageName.COMPRESS)
    return {
        wanted[stage.part]
        for stage in stages
        if stage.part in wanted and work.specs[stage.part].keeps_wide_gamut
    }


def _source_of(name: str, work: Work, planned: Mapping[str, Size]) -> str:
    """Return the part that a stage reads, or nothing for a stage that reads none or its own."""
    if name == StageName.THUMBNAIL:
        return imaging.source_for_thumbnails(work.original_size, planned, work.thumbnails)
    if name == StageName.ANALYZE:
        return min(planned, key=lambda part: planned[part].width)
    return ""


def _store_intermediate(claim: Claim, rendition: Rendition) -> dict[str, Any]:
    digest = objects.digest(rendition.file)
    key = keys.intermediate(
        claim.run_id,
        claim.token,
        width=rendition.width,
        height=rendition.height,
        extension=rendition.extension,
    )
    objects.put_unverified(objects.SCRATCH, key, rendition.file)
    return {
        "key": key,
        "width": rendition.width,
        "height": rendition.height,
        "sha256": digest.sha256,
        "bytes": digest.bytes,
    }


@contextmanager
def _intermediate(work: Work, part: str) -> Iterator[Picture]:
    entry = _parts(work)[part]
    expected = Digest(entry["sha256"], entry["bytes"])
    with objects.local_copy(objects.SCRATCH, entry["key"], expected) as file:
        yield imaging.read(file)


def _parts(work: Work) -> dict[str, Any]:
    parts: dict[str, Any] = work.run.stages.get(name=StageName.RESIZE).output["parts"]
    return parts


def _sizes(work: Work) -> dict[str, Size]:
    return {part: Size(entry["width"], entry["height"]) for part, entry in _parts(work).items()}


# --- compress and thumbnail -------------------------------------------------------------------


def compress(claim: Claim) -> StageResult:
    """Encode one width in the formats of its preset."""
    work = Work.of(claim)
    spec = work.specs[claim.part]
    with _intermediate(work, claim.part) as kept:
        encoded = imaging.finish_resized(
            kept, spec, _overlaying(spec), original_bytes=work.image.original.bytes
        )
    return StageResult(variants=_store_variants(claim, spec, encoded))


def thumbnail(claim: Claim) -> StageResult:
    """Cut the thumbnails around the focal point, and make the placeholder."""
    work = Work.of(claim)
    sizes = _sizes(work)
    source = imaging.source_for_thumbnails(work.original_size, sizes, work.thumbnails)
    with _intermediate(work, source) as kept:
        picture = imaging.in_srgb(kept)
        frame = picture.first_frame()
        focal = _focal_point(work.image, picture)
        variants = [
            variant for spec in work.thumbnails for variant in _cut(claim, picture, spec, focal)
        ]
        placeholder = base64.b64encode(imaging.thumbhash(frame)).decode()
    return StageResult(
        variants=variants,
        image_fields={"thumbhash": placeholder},
        focal_point=(focal.x, focal.y),
    )


def _focal_point(image: Image, picture: Picture) -> FocalPoint:
    if image.focal_source == FocalPointSource.MANUAL:
        return FocalPoint(image.focal_x, image.focal_y)
    return imaging.find_focal_point(picture.first_frame())


def _cut(claim: Claim, picture: Picture, spec: VariantSpec, focal: FocalPoint) -> list[NewVariant]:
    encoded = imaging.finish_thumbnail(picture, spec, focal, _overlaying(spec))
    return _store_variants(claim, spec, encoded)


def _overlaying(spec: VariantSpec) -> Callable[[Picture], Picture]:
    return partial(with_overlay, spec=spec)


def _store_variants(
    claim: Claim, spec: VariantSpec, encoded: Iterable[Encoded]
) -> list[NewVariant]:
    return [_store_variant(claim, spec, item) for item in encoded]


def _store_variant(claim: Claim, spec: VariantSpec, encoded: Encoded) -> NewVariant:
    content = io.BytesIO(encoded.content)
    digest = objects.digest(content)
    key = keys.variant(
        claim.run_id,
        claim.token,
        preset=spec.name,
        width=encoded.width,
        height=encoded.height,
        sha256=digest.sha256,
        extension=encoded.format,
    )
    objects.put(objects.VARIANTS, key, content, digest)
    return NewVariant(
        preset=spec.name,
        kind=spec.kind,
        width=encoded.width,
        height=encoded.height,
        format=encoded.format,
        frames=encoded.frames,
        bytes=digest.bytes,
        quality=encoded.quality,
        sha256=digest.sha256,
        key=key,
        score=encoded.score,
    )


# --- analyze and publish ----------------------------------------------------------------------


def analyze(claim: Claim) -> StageResult:
    """Compute the perceptual hash and the dominant colours from the smallest width."""
    work = Work.of(claim)
    sizes = _sizes(work)
    with _intermediate(work, min(sizes, key=lambda part: sizes[part].width)) as picture:
        frame = imaging.in_srgb(picture).first_frame()
        return StageResult(
            image_fields={
                "perceptual_hash": imaging.perceptual_hash(frame),
                "dominant_colors": list(imaging.dominant_colors(frame)),
            }
        )


def publish(claim: Claim) -> StageResult:
    """Check every variant of the run against its record; raises VariantMissing.

    The content was verified when it was written; here it must still be there, whole.
    """
    for key, size in Run.objects.get(id=claim.run_id).variants.values_list("key", "bytes"):
        if _stored_size(key) != size:
            raise VariantMissing(f"The variant {key} is not in the store; reprocess the image.")
    return StageResult()


def _stored_size(key: str) -> int | None:
    try:
        return objects.size(objects.VARIANTS, key)
    except ObjectMissing:
        return None


STEPS: Mapping[StageName, Callable[[Claim], StageResult]] = {
    StageName.RESIZE: resize,
    StageName.COMPRESS: compress,
    StageName.THUMBNAIL: thumbnail,
    StageName.ANALYZE: analyze,
    StageName.PUBLISH: publish,
}
