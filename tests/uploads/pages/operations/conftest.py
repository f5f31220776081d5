"""Pages that ask anew, and pictures that have failed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from processing import overview, periodic
from storage import tallies, transitions
from storage.models import Image
from storage.statuses import StageName
from storage.transitions import Failure
from tests.records import claim_stage, make_image, stage_of, start
from tests.uploads.conftest import signed_in

Fail = Callable[..., Image]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    overview.forget()


@pytest.fixture
def operator(staff: User) -> Client:
    """Return the browser of a member of the staff."""
    return signed_in(staff)


@pytest.fixture
def in_order(db: None) -> None:
    """Have a scheduler that sends sweeps, and one that was just done."""
    periodic.seed()
    tallies.count("sweeps")


@pytest.fixture
def fail(owner: User) -> Fail:
    """Return a maker of pictures whose first stage has failed: `fail("timed_out")`."""

    def make(code: str, detail: str = "It failed.", **fields: Any) -> Image:
        image = make_image(owner, **fields)
        claim = claim_stage(stage_of(start(image), StageName.RESIZE))
        assert transitions.fail(claim, Failure(code, detail))
        return image

    return make
