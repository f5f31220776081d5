"""Finding pictures that look alike, by their perceptual hashes, in the database.

A hash has 64 bits. A copy that was scaled or compressed differs in none to two of them, one that
was cropped a little in up to twelve; different pictures in more than twenty.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Substr
from django.db.models.sql.compiler import SQLCompiler

from storage.models.images import BAND_DIGITS, BANDS, Image, ImageQuerySet

# With one bit more, two hashes might differ in all four bands, and no index would find them.
NEAR_BITS = BANDS - 1
SIMILAR_BITS = 12


class Distance(Func):
    """In how many bits two hashes of 16 hex digits differ."""

    function = "hash_distance"
    arity = 2
    output_field = models.IntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        apart = self.copy()
        apart.set_source_expressions([_bits(each) for each in self.get_source_expressions()])
        template = "bit_count(%(expressions)s)"
        return apart.as_sql(compiler, connection, template=template, arg_joiner=" # ", **context)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        connection.ensure_connection()
        connection.connection.create_function(
            self.function, self.arity, _distance, deterministic=True
        )
        return self.as_sql(compiler, connection, **context)


def _bits(hash: Any) -> Func:
    return Func(hash, template="('x' || %(expressions)s)::bit(64)")


def _distance(left: str, right: str) -> int:
    return (int(left or "0", 16) ^ int(right or "0", 16)).bit_count()


def similar_to(images: ImageQuerySet, image: Image) -> ImageQuerySet:
    """Return the images that look like one, and it itself, the most similar first."""
    if not image.perceptual_hash:
        return images.filter(id=image.id)
    hashed = images.exclude(perceptual_hash="")
    away = Distance(F("perceptual_hash"), models.Value(image.perceptual_hash))
    near = hashed.annotate(distance=away).filter(distance__lte=SIMILAR_BITS)
    return near.order_by("distance", "-id")


def has_near_duplicate(images: ImageQuerySet) -> Exists:
    """Return the condition that there is another of `images` at most NEAR_BITS away.

    Two such hashes have at least one band in common, and each band has an index.
    """
    shared = Q()
    for band in range(BANDS):
        place = Substr("perceptual_hash", 1 + band * BAND_DIGITS, BAND_DIGITS)
        other = Substr(OuterRef("perceptual_hash"), 1 + band * BAND_DIGITS, BAND_DIGITS)
        images = images.alias(**{f"band_{band}": place})
        shared |= Q(**{f"band_{band}": other})
    away = Distance(F("perceptual_hash"), OuterRef("perceptual_hash"))
    near = images.filter(shared).exclude(id=OuterRef("id")).exclude(perceptual_hash="")
    return Exists(near.alias(distance=away).filter(distance__lte=NEAR_BITS))
