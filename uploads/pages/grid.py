"""What the library shows: images in the order of their making, each as a card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from storage.models import Image
from storage.models.images import ImageQuerySet
from uploads.addresses import page_url
from uploads.pages.shapes import Shape, shape
from uploads.pages.thumbnails import Thumbnail, thumbnails

# Some eight rows on a wide screen.
PAGE_SIZE = 48
# About two rows on a wide screen; pictures further down load when they are scrolled to.
EAGER_CARDS = 12
NO_PICTURE = mark_safe("")
# What a card shows, of an image and of its original.
COLUMNS = (
    *("id", "title", "filename", "status", "thumbhash", "dominant_colors", "perceptual_hash"),
    *("original__width", "original__height", "original__format", "original__bytes"),
)


@dataclass(frozen=True)
class Card:
    image: Image
    shape: Shape
    picture: SafeString

    # Said here, as a page has dozens of cards and a template takes ten times as long for each.

    @property
    def address(self) -> str:
        return page_url(self.image.id)

    @property
    def meta(self) -> str:
        original = self.image.original
        size = f"{original.width} \N{MULTIPLICATION SIGN} {original.height}"
        return f"{size} · {original.format.upper()} · {filesizeformat(original.bytes)}"

    @property
    def select(self) -> str:
        return _("Select %(name)s") % {"name": self.image}

    @property
    def likes(self) -> str:
        return _("Pictures like %(name)s") % {"name": self.image}


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
        cards=_cards(shown, eager=EAGER_CARDS),
        older_than=shown[-1].id if len(newest) > PAGE_SIZE else None,
    )


def nearest(images: ImageQuerySet) -> Page:
    """Return the first cards of images that are in order already; there is no page after it."""
    found = list(_with_what_cards_show(images)[:PAGE_SIZE])
    return Page(_cards(found, eager=EAGER_CARDS), None)


def cards(images: ImageQuerySet, ids: Iterable[UUID]) -> list[Card]:
    """Return the cards of the images with these ids, as they are now."""
    found = images.filter(id__in=list(ids)[:PAGE_SIZE])
    return _cards(list(_with_what_cards_show(found)), eager=PAGE_SIZE)


def following(cards: Iterable[Card]) -> str:
    """Return the query for those cards again that are not settled yet; empty if all are."""
    return urlencode([("id", card.image.id) for card in cards if card.image.is_active])


def _with_what_cards_show(images: ImageQuerySet) -> ImageQuerySet:
    return images.select_related("original").only(*COLUMNS)


def _cards(images: Sequence[Image], *, eager: int) -> list[Card]:
    """Return the cards of images in their order; those behind `eager` load when they are seen."""
    found = thumbnails(images)
    return [
        _card(image, found.get(image.id), lazy=place >= eager) for place, image in enumerate(images)
    ]


def _card(image: Image, small: Thumbnail | None, *, lazy: bool) -> Card:
    framed = shape(image.original.width, image.original.height)
    picture = small.markup(sizes=framed.sizes, lazy=lazy) if small else NO_PICTURE
    return Card(image, framed, picture)
