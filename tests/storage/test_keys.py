import re
from uuid import UUID

from storage import keys

RUN = UUID("0193a000-0000-7000-8000-0000000000ab")
ATTEMPT = UUID("0193a000-0000-7000-8000-0000000000cd")
SHA256 = "0123456789abcdef" * 4


def test_an_original_is_named_by_its_content_and_its_row() -> None:
    assert keys.original(SHA256, RUN) == f"01/{SHA256}-{RUN.hex}"


def test_a_variant_lies_below_its_attempt_and_names_its_content() -> None:
    key = keys.variant(
        RUN, ATTEMPT, preset="w640", width=640, height=480, sha256=SHA256, extension="webp"
    )
    assert key == f"ab/{RUN.hex}/{ATTEMPT.hex}/w640-640x480-0123456789ab.webp"
    assert key.startswith(keys.attempt_prefix(RUN, ATTEMPT))
    assert keys.attempt_prefix(RUN, ATTEMPT).startswith(keys.run_prefix(RUN))


def test_prefixes_end_in_a_slash_so_that_no_other_run_shares_them() -> None:
    assert keys.run_prefix(RUN).endswith("/")
    assert keys.attempt_prefix(RUN, ATTEMPT).endswith("/")


def test_an_intermediate_is_named_by_its_size() -> None:
    key = keys.intermediate(RUN, ATTEMPT, width=320, height=200, extension="tif")
    assert re.fullmatch(r"ab/[0-9a-f]{32}/[0-9a-f]{32}/320x200\.tif", key)
