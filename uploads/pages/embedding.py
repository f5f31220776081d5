"""What is copied from the image page into other pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from storage.models import Image, Variant
from uploads.addresses import variant_url
from uploads.picture import fallback_variant, picture_html

# What would end or nest the text of a Markdown image.
MARKDOWN_MARKS = re.compile(r"([\\\[\]])")


@dataclass(frozen=True)
class Embedding:
    """Texts that show an image from anywhere: all addresses in them are whole."""

    address: str
    picture: SafeString
    markdown: str


def embedding(image: Image, variants: Sequence[Variant], *, site: str) -> Embedding | None:
    """Return what to copy of an image; None while there is nothing to show."""
    shown = fallback_variant(variants)
    if shown is None:
        return None
    address = urljoin(site, variant_url(shown))
    return Embedding(
        address=address,
        picture=picture_html(
            variants, alt_text=image.alt_text, site=site, placeholder=_placeholder(image)
        ),
        markdown=markdown(image.alt_text, address),
    )


def markdown(alt_text: str, address: str) -> str:
    """Return an image in Markdown, whatever stands in its alt text."""
    text = MARKDOWN_MARKS.sub(r"\\\1", " ".join(alt_text.split()))
    return f"![{text}]({address})"


def _placeholder(image: Image) -> SafeString:
    """Return the attributes that fill the place until the picture has come."""
    color = format_html(' style="background-color: {}"', image.dominant_color)
    thumbhash = format_html(' data-thumbhash="{}"', image.thumbhash)
    return mark_safe(  # noqa: S308 - both were formatted above
        (color if image.dominant_color else "") + (thumbhash if image.thumbhash else "")
    )
