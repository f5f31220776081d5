"""What becomes of a stage whose decoder misbehaves, and what its attempt has cost."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from processing.box import pictures
from processing.box.client import Box
from processing.box.errors import DecoderUnavailable
from processing.box.messages import Job
from processing.execution import execute
from storage.models import Attempt, Image, Stage
from storage.statuses import StageName
from tests.conftest import PictureFile
from tests.processing.conftest import Upload
from uploads.errors import StoreUnavailable
from uploads.intake import Submission, accept

pytestmark = [pytest.mark.django_db, pytest.mark.database]

Misbehave = Callable[..., None]


@pytest.fixture
def misbehave(hostile_box: Box, monkeypatch: pytest.MonkeyPatch) -> Misbehave:
    """Return a function that has everything decoded by a hostile operation from now on."""

    def set_up(operation: str, **arguments: int) -> None:
        monkeypatch.setattr(pictures, "BOX", _Misled(hostile_box, operation, arguments))

    return set_up


class _Misled:
    """A real box that is asked for something else than was meant."""

    def __init__(self, box: Box, operation: str, arguments: dict[str, int]) -> None:
        self._box, self._operation, self._arguments = box, operation, arguments

    @property
    def cpu_seconds(self) -> float:
        return self._box.cpu_seconds

    def do(self, job: Job, descriptors: list[int], *, seconds: float | None) -> object:
        misled = Job(self._operation, self._arguments, job.allowance)
        return self._box.do(misled, descriptors, seconds=seconds)


@pytest.fixture
def resize(upload: Upload) -> Stage:
    return Stage.objects.get(run__image=upload(), name=StageName.RESIZE)


@pytest.mark.parametrize(
    ("operation", "status", "code", "words"),
    [
        ("abort", "failed", "undecodable_image", "makes its decoder crash"),
        ("loop", "failed", "undecodable_image", "takes too long to decode"),
        ("write_too_much", "failed", "too_many_pixels", "larger than its header says"),
        ("refuse", "failed", "too_many_frames", "Too long, it is."),
        ("eat_memory", "pending", "out_of_memory", "too little memory"),
        ("raise_something", "pending", "internal_error", "KeyError"),
        ("exit_early", "pending", "decoder_unavailable", "ended with 3"),
        ("environment", "pending", "internal_error", "no picture"),
    ],
)
def test_a_stage_says_how_its_decoder_ended(
    resize: Stage,
    misbehave: Misbehave,
    settings: Settings,
    operation: str,
    status: str,
    code: str,
    words: str,
) -> None:
    # Taking all the memory there is may cost a second of CPU too.
    settings.DECODE_CPU_SECONDS = 1 if operation == "loop" else 60
    misbehave(operation)
    assert execute(resize.id, worker="test") is False
    resize.refresh_from_db()
    assert (resize.status, resize.error_code) == (status, code)
    assert words in resize.error_detail


def test_an_attempt_pays_for_its_decoder(
    resize: Stage, misbehave: Misbehave, settings: Settings
) -> None:
    settings.DECODE_CPU_SECONDS = 1
    misbehave("loop")
    execute(resize.id, worker="test")
    assert (Attempt.objects.get(stage=resize).cpu_seconds or 0) > 0.5


def test_an_upload_is_put_off_while_nothing_can_be_decoded(
    misbehave: Misbehave, resize: Stage, picture_file: PictureFile
) -> None:
    owner = Image.objects.get().owner
    misbehave("exit_early")
    with pytest.raises(StoreUnavailable) as raised:
        accept(picture_file(seed=7), Submission(owner=owner, filename="picture.jpg"))
    assert raised.value.status == 503
    assert isinstance(raised.value.__cause__, DecoderUnavailable)
    assert Image.objects.count() == 1
