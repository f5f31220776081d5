"""Each of these checks sees the breach that a test makes."""

from django.contrib.auth.models import User

from storage.models import Event, Original, Stage
from tests.chaos import invariants
from tests.chaos.ledger import Accepted
from tests.records import finish_all, make_image, start


def test_a_lost_upload_is_seen(owner: User) -> None:
    promise = Accepted("0" * 8, "0" * 64, "owner", 0, 0)
    assert invariants.one_terminal_state([promise]) == ["00000000 is lost"]


def test_a_second_terminal_event_is_seen(owner: User) -> None:
    run = start(make_image(owner))
    finish_all(run)
    assert invariants.one_terminal_event() == []
    Event.objects.create(image=run.image, run=run, kind="image", status="ready", terminal=True)
    assert len(invariants.one_terminal_event()) == 1


def test_a_wrong_count_and_too_many_attempts_are_seen(owner: User) -> None:
    run = start(make_image(owner))
    Original.objects.update(users=2)
    assert len(invariants.counters_right()) == 1
    Stage.objects.filter(run=run, name="resize").update(attempts=99)
    assert len(invariants.attempts_within_limit()) == 1


def test_a_deleted_image_that_answers_is_seen() -> None:
    assert invariants.deleted_unreachable({"/a": 200, "/b": 404}) == ["/a answers 200"]
