"""Whose run is next, when more wait than may be under way."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from processing.admission import line_of, may_go_at_once
from processing.backlog import queue_figures
from processing.dispatch import announce_due, announce_next
from storage import transitions
from storage.models import Run
from storage.statuses import StageName
from storage.transitions import Failure, Plan
from tests.records import (
    MAX_ATTEMPTS,
    STAGES,
    claim_stage,
    finish_all,
    make_image,
    stage_of,
    start,
)
from tests.services.redis import RedisServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("broker", "local_stores"),
]
Start = Callable[[User, int], list[Run]]
UNDER_WAY = 4
OF_BULK = Plan(
    presets=[], stages=[(name, part, f"bulk-{queue}") for name, part, queue in STAGES], bulk=True
)


@pytest.fixture(autouse=True)
def few_under_way(settings: Settings) -> None:
    settings.RUNS_UNDER_WAY = UNDER_WAY


@pytest.fixture
def other() -> User:
    return User.objects.create_user("other")


def upload(owner: User, count: int) -> list[Run]:
    return [start(make_image(owner)) for _ in range(count)]


def owners_in_order() -> list[str]:
    runs = Run.objects.exclude(admitted_at=None).order_by("admitted_at", "id")
    return [run.image.owner.username for run in runs.select_related("image__owner")]


def test_only_so_many_runs_are_in_the_queues(owner: User, broker: RedisServer) -> None:
    upload(owner, 10)
    assert announce_due() == UNDER_WAY
    assert announce_due() == 0
    assert broker.client().llen("resize") == UNDER_WAY


def test_the_oldest_of_a_line_go_first(owner: User) -> None:
    runs = upload(owner, 6)
    announce_due()
    admitted = Run.objects.exclude(admitted_at=None)
    assert set(admitted) == set(runs[:UNDER_WAY])


def test_lines_that_start_together_take_turns(owner: User, other: User) -> None:
    upload(owner, 5)
    upload(other, 5)
    assert announce_due() == UNDER_WAY
    first, second = owner.username, other.username
    assert sorted(owners_in_order()[:2]) == sorted([first, second])
    assert sorted(owners_in_order()[2:]) == sorted([first, second])


def test_who_comes_later_has_their_share_at_once(owner: User, other: User) -> None:
    upload(owner, 10)
    announce_due()
    upload(other, 3)
    assert announce_due() == UNDER_WAY // 2
    assert owners_in_order()[UNDER_WAY:] == [other.username] * 2


def test_a_run_that_ends_lets_the_next_of_its_line_follow(owner: User) -> None:
    runs = upload(owner, 6)
    announce_due()
    finish_all(runs[0])
    assert announce_next(line_of(runs[0])) == 1
    assert set(Run.objects.filter(admitted_at=None)) == {runs[5]}


def test_a_line_that_has_more_than_its_share_waits(owner: User, other: User) -> None:
    runs = upload(owner, 6)
    announce_due()
    upload(other, 1)
    announce_due()
    finish_all(runs[0])
    assert announce_next(line_of(runs[0])) == 0
    finish_all(runs[1])
    finish_all(runs[2])
    assert announce_next(line_of(runs[0])) == 1


def test_everybody_has_a_share_however_many_they_are() -> None:
    people = [User.objects.create_user(f"person-{number}") for number in range(UNDER_WAY + 3)]
    for person in people:
        upload(person, 2)
    announce_due()
    assert sorted(owners_in_order()) == sorted(person.username for person in people)


def test_bulk_work_stands_in_another_line(owner: User, broker: RedisServer) -> None:
    upload(owner, 6)
    run = start(make_image(owner), OF_BULK)
    announce_due()
    assert run.lane == "bulk-resize"
    assert broker.client().llen("resize") == UNDER_WAY
    assert broker.client().llen("bulk-resize") == 1


def test_a_run_without_room_may_not_go_at_once(owner: User, other: User) -> None:
    *_, last = upload(owner, UNDER_WAY + 1)
    announce_due()
    assert not may_go_at_once(last)
    [newcomer] = upload(other, 1)
    assert may_go_at_once(newcomer)


def test_a_run_under_way_goes_on_whatever_waits(owner: User) -> None:
    run, *_ = upload(owner, 10)
    announce_due()
    run.refresh_from_db()
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    failure = Failure("storage_unavailable", "The disk is full.")
    transitions.retry_later(claim, failure, delay_seconds=-1, max_attempts=MAX_ATTEMPTS)
    assert may_go_at_once(run)
    assert announce_due() == 1


def test_a_cancelled_run_gives_its_place_to_another(owner: User) -> None:
    runs = upload(owner, 5)
    announce_due()
    transitions.cancel(runs[0].image_id)
    assert announce_due() == 1
    assert not Run.objects.filter(id=runs[4].id, admitted_at=None).exists()


def test_runs_of_code_that_knew_no_lines_are_served(owner: User) -> None:
    upload(owner, 2)
    Run.objects.update(owner=None, lane="")
    assert announce_due() == 2


def test_what_stands_in_line_counts_as_waiting(owner: User) -> None:
    upload(owner, 10)
    announce_due()
    depths = {queue.name: queue.depth for queue in queue_figures()}
    assert (depths["resize"], depths["compress"], depths["publish"]) == (10, 0, 0)
