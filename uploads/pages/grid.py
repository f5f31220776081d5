"""What the library shows: images in the order of their making, each as a card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from storage.models import Image
from storage.models.images import ImageQuerySet
from uploads.pages.shapes import Shape, shape
from uploads.pages.thumbnails import Thumbnail, live_thumbnails, thumbnail

# Some eight rows on a wide screen.
PAGE_SIZE = 48
# About two rows on a wide screen; pictures further down load when they are scrolled to.
EAGER_CARDS = 12


@dataclass(frozen=True)
class Card:
    image: Image
    shape: Shape
    thumbnail: Thumbnail | None
    lazy: bool = False


@dataclass(frozen=True)
class Page:
    cards: Sequence[Card]
    older_than: UUID | None


def page(images: ImageQuerySet, *, before: UUID | None = None) -> Page:
    """Return the newest cards of `images` below an id, and where older ones go on."""
    if before:
        images = images.filter(id__lt=before)
    newest = list(_with_what_cards_show(images).order_by("-id")[: PAGE_SIZE + 1])
    shown = newest[:PAGE_SIZE]
    return Page(
        cards=[_card(image, lazy=place >= EAGER_CARDS) for place, image in enumerate(shown)],
        older_than=shown[-1].id if len(newest) > PAGE_SIZE else None,
    )


def nearest(images: ImageQuerySet) -> Page:
    """Return the first cards of images that are in order already; there is no page after it."""
    found = _with_what_cards_show(images)[:PAGE_SIZE]
    return Page([_card(each, lazy=place >= EAGER_CARDS) for place, each in enumerate(found)], None)


def cards(images: ImageQuerySet, ids: Iterable[UUID]) -> list[Card]:
    """Return the cards of the images with these ids, as they are now."""
    found = images.filter(id__in=list(ids)[:PAGE_SIZE])
    return [_card(image, lazy=False) for image in _with_what_cards_show(found)]


def following(cards: Iterable[Card]) -> str:
    """Return the query for those cards again that are not settled yet; empty if all are."""
    return urlencode([("id", card.image.id) for card in cards if card.image.is_active])


def _with_what_cards_show(images: ImageQuerySet) -> ImageQuerySet:
    return images.select_related("original").prefetch_related(live_thumbnails())


def _card(image: Image, *, lazy: bool) -> Card:
    variants = getattr(image, "thumbnails", [])
    framed = shape(image.original.width, image.original.height)
    return Card(image, framed, thumbnail(variants), lazy=lazy)
