"""Encode a picture in the formats of a preset, and keep only files that earn their place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from processing.imaging import encoders
from processing.imaging.codec_curves import Curve
from processing.imaging.encoders import Encoded
from processing.imaging.errors import TooManyPixels
from processing.imaging.gamuts import in_srgb
from processing.imaging.graphics import is_graphic
from processing.imaging.pictures import Picture, flattened_on_white, without_metadata
from processing.imaging.quality import encoder_quality, score_of
from processing.imaging.quality_search import (
    EFFORTS,
    SMALLEST_SIDE,
    Bounds,
    QualitySearch,
    Trial,
)
from processing.imaging.sizes import SRGB, WIDE_GAMUT_FORMATS, VariantSpec

# From what every browser shows to what only recent ones do: each must be smaller than the last.
BY_COMPATIBILITY = ("jpeg", "png", "webp", "avif")
KEEPS_ALPHA = frozenset({"png", "webp", "avif"})

# From this score on JPEG and AVIF keep colour at full resolution: at 85 that is 2 % smaller at
# equal score, and a tenth of photographs cannot get there without; at 75 JPEG would be 7 % larger.
FULL_COLOR_SCORE = 85.0

# An already compressed original is not worth re-encoding above its own size: lower the score in
# these steps until it is not. The last is still a usable picture.
SCORE_STEPS = (0.0, 5.0, 10.0, 15.0)
LOWEST_SCORE = 55.0
# Three steps save about a third of the bytes: further above the original than this, they cannot
# help, and the quality asked for is kept.
HOPELESS_EXCESS = 1.6
# How much larger than the lossy file a quick lossless one may be before the slow one is not tried:
# over drawings and scans taking time saved 10 to 40 %. Small files are always tried.
HOPELESS_LOSSLESS = 2.2
SMALL_BYTES = 20_000


def encode(
    picture: Picture, spec: VariantSpec, *, original_bytes: int | None = None
) -> list[Encoded]:
    """Return the picture in the preset's formats, most compatible first, without metadata.

    A format that is not smaller than a more compatible one is left out, unless that one lost the
    picture's transparency, motion or wide gamut; so is one whose codec cannot address its sides.
    Lossy files aim to stay below `original_bytes`. Raises TooManyPixels if memory runs out.
    """
    try:
        kept: list[Encoded] = []
        for shown, formats in _by_gamut(picture, formats_for(picture, spec.formats)):
            _encode(_Job.of(shown, spec, original_bytes, formats), kept)
    except MemoryError as error:
        raise TooManyPixels from error
    return kept


def _by_gamut(
    picture: Picture, formats: Sequence[str]
) -> Iterator[tuple[Picture, tuple[str, ...]]]:
    """Yield the picture as its formats show it: in sRGB, then in its own gamut where that differs.

    Each has a job of its own, because a file is scored against pixels of its own gamut.
    """
    own = WIDE_GAMUT_FORMATS if picture.gamut != SRGB else frozenset[str]()
    if narrow := tuple(name for name in formats if name not in own):
        yield in_srgb(picture), narrow
    if wide := tuple(name for name in formats if name in own):
        yield picture, wide


@dataclass(frozen=True, slots=True)
class _Job:
    """What all codecs need to know about one picture."""

    picture: Picture
    poster: Image.Image
    graphic: bool
    score: float
    formats: tuple[str, ...]
    ceiling: int | None
    bounds: Bounds
    search: QualitySearch | None

    @property
    def fine(self) -> bool:
        """Whether this is a photograph that is to look so good that colour needs all its pixels."""
        return self.score >= FULL_COLOR_SCORE and not self.graphic

    @property
    def full_color(self) -> bool:
        return self.graphic or self.fine

    @classmethod
    def of(
        cls, picture: Picture, spec: VariantSpec, ceiling: int | None, formats: tuple[str, ...]
    ) -> "_Job":
        poster = without_metadata(picture.first_frame())
        graphic = is_graphic(poster)
        bounds = Bounds(spec.quality_floor, spec.quality_ceiling, spec.max_probes)
        search = None
        if _can_be_searched(picture, graphic=graphic) and spec.effort in EFFORTS:
            search = QualitySearch(poster, EFFORTS[spec.effort], bounds)
        score = score_of(spec.quality)
        return cls(picture, poster, graphic, score, formats, ceiling, bounds, search)


def _can_be_searched(picture: Picture, *, graphic: bool) -> bool:
    """Return whether the metric means anything here: for still photographs that are not tiny."""
    return not picture.animated and not graphic and min(picture.size) >= SMALLEST_SIDE


def formats_for(picture: Picture, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the formats to encode, most compatible first.

    With transparency and no format that keeps it, PNG takes JPEG's place. Formats that cannot
    hold so long a side give way, at last to PNG. Raises ValueError for an unknown format.
    """
    if unknown := set(wanted) - set(BY_COMPATIBILITY):
        raise ValueError(f"unknown formats: {', '.join(sorted(unknown))}")
    formats = set(wanted)
    if picture.has_alpha and not formats & KEEPS_ALPHA:
        formats = {"png"}
    longest = max(picture.size)
    fitting = {name for name in formats if longest <= encoders.LONGEST_SIDE[name]} or {"png"}
    return tuple(name for name in BY_COMPATIBILITY if name in fitting)


def _encode(job: _Job, kept: list[Encoded]) -> None:
    """Add the job's files to those that are kept so far."""
    for name in job.formats:
        encoded = _ENCODERS[name](job)
        if _earns_its_place(encoded, kept, job.picture):
            kept.append(encoded)


def _earns_its_place(encoded: Encoded, kept: Sequence[Encoded], picture: Picture) -> bool:
    rivals = (each for each in kept if not _loses_more(each, encoded, picture))
    return all(len(encoded.content) < len(rival.content) for rival in rivals)


def _loses_more(compatible: Encoded, modern: Encoded, picture: Picture) -> bool:
    """Return whether the more compatible file lacks alpha, motion or colours of the other."""
    loses_alpha = picture.has_alpha and compatible.format == "jpeg"
    loses_motion = picture.animated and _is_a_poster(compatible) and not _is_a_poster(modern)
    loses_gamut = picture.gamut != SRGB and compatible.format not in WIDE_GAMUT_FORMATS
    return loses_alpha or loses_motion or loses_gamut


def _is_a_poster(encoded: Encoded) -> bool:
    return encoded.format in ("jpeg", "png")


def _jpeg(job: _Job) -> Encoded:
    opaque = flattened_on_white(job.poster)

    def encode_at(quality: int) -> Encoded:
        return encoders.jpeg(opaque, quality=quality, full_color=job.full_color)

    curve = Curve.JPEG_FULL_COLOR if job.fine else Curve.JPEG
    return _below_the_ceiling(job, Trial(curve, encode_at))


def _png(job: _Job) -> Encoded:
    return encoders.png(job.poster)


def _webp(job: _Job) -> Encoded:
    if job.picture.animated:
        quality = encoder_quality(Curve.WEBP, job.score)
        return encoders.animated_webp(job.picture, quality=quality)
    smallest = "avif" not in job.formats
    method = encoders.WEBP_METHOD_WHERE_SMALLEST if smallest else encoders.WEBP_METHOD
    profile = job.picture.icc_profile

    def encode_at(quality: int) -> Encoded:
        return encoders.webp(job.poster, quality=quality, method=method, icc_profile=profile)

    lossy = _below_the_ceiling(job, Trial(Curve.WEBP, encode_at))
    return _lossless_if_smaller(job, lossy) if job.graphic else lossy


def _lossless_if_smaller(job: _Job, lossy: Encoded) -> Encoded:
    quick = encoders.quick_lossless_webp(job.poster)
    if len(quick.content) > max(SMALL_BYTES, len(lossy.content) * HOPELESS_LOSSLESS):
        return lossy
    lossless = encoders.lossless_webp(job.poster, icc_profile=job.picture.icc_profile)
    return lossless if len(lossless.content) <= len(lossy.content) else lossy


def _avif(job: _Job) -> Encoded:
    if not job.picture.animated:
        drafted = Curve.AVIF_FULL_COLOR_DRAFT if job.fine else Curve.AVIF_DRAFT
        draft = Trial(drafted, _avif_at(job, encoders.AVIF_DRAFT_SPEED))
        curve = Curve.AVIF_FULL_COLOR if job.fine else Curve.AVIF
        return _below_the_ceiling(job, Trial(curve, _avif_at(job, encoders.AVIF_SPEED), draft))
    quality = encoder_quality(Curve.AVIF_DRAFT, job.score)
    return encoders.animated_avif(job.picture, quality=quality, full_color=job.graphic)


def _avif_at(job: _Job, speed: int) -> Callable[[int], Encoded]:
    return lambda quality: encoders.avif(
        job.poster,
        quality=quality,
        full_color=job.full_color,
        speed=speed,
        icc_profile=job.picture.icc_profile,
    )


_ENCODERS: dict[str, Callable[[_Job], Encoded]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _avif,
}
FORMATS = frozenset(_ENCODERS)


def _below_the_ceiling(job: _Job, trial: Trial) -> Encoded:
    """Return the file at the wanted score, or at the first lower step that fits the ceiling."""
    wanted = _at_score(job, trial, job.score)
    if job.ceiling is None or not 1 < len(wanted.content) / max(1, job.ceiling) <= HOPELESS_EXCESS:
        return wanted
    for step in SCORE_STEPS[1:]:
        lower = _at_score(job, trial, max(LOWEST_SCORE, job.score - step))
        if len(lower.content) <= job.ceiling:
            return lower
    return wanted


def _at_score(job: _Job, trial: Trial, score: float) -> Encoded:
    """Return the file that reaches a score: measured, or by the setting that does at the median."""
    if job.search is None:
        return trial.encode_at(job.bounds.clamped(encoder_quality(trial.curve, score)))
    return job.search.find(trial, score)
