"""Finding images by words: by PostgreSQL's full text where there is one, else letter by letter."""

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection
from django.db.models import Exists, F, Func, OuterRef, Q, TextField, Value
from django.db.models.lookups import Lookup

from storage.models import Image, Tag
from storage.models.images import ImageQuerySet

# Each word is a search of its own.
MAX_WORDS = 8

# What PostgreSQL would take for parts of addresses, numbers and markup: words end there.
GLUE = "._-/@:+~&=?#<>"
LETTERS = re.compile(r"[^\W_]+")
# Scripts that leave no spaces between words: there a word is looked for anywhere.
WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")


def search(images: ImageQuerySet, query: str) -> ImageQuerySet:
    """Return the images in which every word of `query` occurs: title, file name, alt text, a tag.

    PostgreSQL looks for the beginnings of words, by an index; SQLite for any part of them.
    """
    for word in query.split()[:MAX_WORDS]:
        images = images.filter(_has_word(word) if _is_indexed(word) else _has_letters(word))
    return images


def _is_indexed(word: str) -> bool:
    indexable = LETTERS.search(word) and not WITHOUT_SPACES.search(word)
    return connection.vendor == "postgresql" and bool(indexable)


def _has_letters(word: str) -> Q:
    tagged = Image.tags.through.objects.filter(image_id=OuterRef("id"))
    return (
        Q(title__icontains=word)
        | Q(filename__icontains=word)
        | Q(alt_text__icontains=word)
        | Q(Exists(tagged.filter(tag__name__icontains=word)))
    )


def _has_word(word: str) -> Q:
    """Return the condition as two sets of ids: with an OR between them no index would be used."""
    query = SearchQuery(
        " & ".join(f"{part.lower()}:*" for part in LETTERS.findall(word)),
        config="simple",
        search_type="raw",
    )
    described = Image.objects.filter(_Matches(_words_of_images(), query)).values("id")
    named = Tag.objects.filter(_Matches(_words("name"), query))
    tagged = Image.tags.through.objects.filter(tag__in=named).values("image_id")
    return Q(id__in=described.union(tagged, all=True))


class _Matches(Lookup[bool]):
    """A lookup is a condition of its own: both sides are expressions."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}", (*left_values, *right_values)


def _words_of_images() -> Func:
    """Return the expression of the index `image_words`, made by the migration library_indexes."""
    return _words("title", "filename", "alt_text")


def _words(*columns: str) -> Func:
    joined: Any = F(columns[0])
    for column in columns[1:]:
        joined = _Joined(joined, Value(" "), F(column))
    spaced = Func(joined, Value(GLUE), Value(" " * len(GLUE)), function="translate")
    return Func(
        spaced,
        template="to_tsvector('simple'::regconfig, %(expressions)s)",
        output_field=SearchVectorField(),
    )


class _Joined(Func):
    """Texts one after the other; unlike Concat it adds nothing that the index does not have."""

    template = "%(expressions)s"
    arg_joiner = " || "
    output_field = TextField()
