import pytest

from uploads.pages.variant_table import saved


@pytest.mark.parametrize(
    ("variant_bytes", "words"),
    [(500, "50 %"), (1000, "0 %"), (3, "99.7 %"), (1500, "50 % more"), (90, "91 %")],
)
def test_savings_are_of_the_original(variant_bytes: int, words: str) -> None:
    assert saved(variant_bytes, 1000) == words


def test_an_original_of_unknown_size_has_no_savings() -> None:
    assert saved(10, 0) == ""
