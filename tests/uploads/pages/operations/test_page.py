"""What staff see of the queues, the failures and the pictures; and that others see nothing."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from config.queues import BULK_QUEUES, QUEUES, STAGE_QUEUES
from processing import overview
from storage import pauses
from storage.models import EventTally, Run, Stage, StageTally
from storage.statuses import StageName
from tests.records import finish_all, make_image, stage_of, start
from tests.services.redis import RedisServer
from tests.uploads.conftest import signed_in
from tests.uploads.pages.operations.conftest import Fail
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PAGE, LIVE = "/operations/", "/operations/live/"


def part(response: Any, id: str, tag: str) -> str:
    """Return the words of one element of a page."""
    html = response.content.decode()
    found = re.search(rf'<{tag}[^>]* id="{id}".*?</{tag}>', html, re.DOTALL)
    assert found, f"nothing has the id {id}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def section(response: Any, name: str) -> str:
    html = response.content.decode()
    found = re.search(rf'<section[^>]*"{name}-title".*?</section>', html, re.DOTALL)
    assert found, f"there is no section {name}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


# --- Who --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, LIVE])
def test_the_page_is_for_staff(path: str, owner: User, editor: User, operator: Client) -> None:
    assert operator.get(path).status_code == 200
    for user in (owner, editor):
        assert signed_in(user).get(path).status_code == 403
    response = Client().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")


def test_only_staff_are_shown_the_way(client: Client, operator: Client) -> None:
    assert "Operations" not in text_of(client.get("/"))
    assert 'href="/operations/"' in operator.get("/").content.decode()


# --- Queues -----------------------------------------------------------------------------------


def test_every_queue_is_there_and_back_fills_come_last(operator: Client) -> None:
    html = operator.get(PAGE).content.decode()
    assert re.findall(r'id="queue-([a-z-]+)"', html) == [
        *STAGE_QUEUES,
        "maintenance",
        *BULK_QUEUES,
    ]
    assert html.index("Uploads</th>") < html.index("Back-fills</th>")


def test_a_queue_tells_what_waits_and_how_fast_it_goes(owner: User, operator: Client) -> None:
    now = timezone.now()
    finish_all(start(make_image(owner)))
    for minutes in (3, 12):
        stage = stage_of(start(make_image(owner)), StageName.RESIZE)
        waiting = {"queued_at": now - timedelta(minutes=minutes, seconds=1)}
        Stage.objects.filter(id=stage.id).update(**waiting)
        Run.objects.filter(id=stage.run_id).update(admitted_at=now)
    row = part(operator.get(PAGE), "queue-resize", "tr")
    # One stage in five minutes, and two that wait.
    assert re.search(r"Waiting 2 Oldest 12 min Running 0 .* Per minute 0\.2 Empty in 10 min", row)
    standing = part(operator.get(PAGE), "queue-publish", "tr")
    assert re.search(
        r"Waiting 0 Oldest \N{EN DASH} Running 0 .* Per minute 0\.2 Empty in \N{EN DASH}", standing
    )


def test_a_queue_in_which_nothing_moves_says_so(owner: User, operator: Client) -> None:
    start(make_image(owner))
    Run.objects.update(lane="resize")
    assert "Empty in stands still" in part(operator.get(PAGE), "queue-resize", "tr")


# --- What is wrong ----------------------------------------------------------------------------


@pytest.mark.usefixtures("in_order", "broker")
def test_nothing_is_wrong_where_all_is_in_order(operator: Client) -> None:
    until_the_broker_answers()
    assert "note--bad" not in operator.get(LIVE).content.decode()


@pytest.mark.usefixtures("in_order", "broker")
def test_work_that_nobody_is_there_for_is_told(owner: User, operator: Client) -> None:
    until_the_broker_answers()
    start(make_image(owner))
    Run.objects.update(lane="resize")
    response = operator.get(LIVE)
    assert "Work waits, and no worker serves its queue: resize." in text_of(response)
    assert "Workers none" in part(response, "queue-resize", "tr")


def until_the_broker_answers() -> None:
    """Let the thread that asks the broker hear of one that is back."""
    deadline = timezone.now() + timedelta(seconds=60)
    while overview.overview().workforce is None:
        assert timezone.now() < deadline
        overview.forget()
    overview.forget()


@pytest.mark.usefixtures("in_order")
def test_sweeps_that_do_not_come_are_told(operator: Client) -> None:
    EventTally.objects.update(last_at=timezone.now() - timedelta(minutes=12, seconds=30))
    assert "No sweep for 12 min" in text_of(operator.get(LIVE))
    EventTally.objects.all().delete()
    overview.forget()
    assert "No sweep has been done yet." in text_of(operator.get(LIVE))
    PeriodicTask.objects.update(enabled=False)
    overview.forget()
    assert "“dispatch” is switched off" in text_of(operator.get(LIVE))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_frozen_broker_does_not_hold_up_the_page(operator: Client, broker: RedisServer) -> None:
    broker.pause()
    try:
        longest = timedelta()
        text = ""
        deadline = timezone.now() + timedelta(seconds=60)
        while "The broker does not answer." not in text:
            assert timezone.now() < deadline
            begun_at = timezone.now()
            text = text_of(operator.get(LIVE))
            longest = max(longest, timezone.now() - begun_at)
            overview.forget()
    finally:
        broker.resume()
    assert longest < timedelta(seconds=4)
    assert "Workers unknown" in text


# --- Failures and pictures --------------------------------------------------------------------


def test_reasons_are_counted_and_lead_to_trying_again(operator: Client, fail: Fail) -> None:
    for _ in range(2):
        fail("timed_out", "The stage took longer than 90 seconds.")
    response = operator.get(PAGE)
    assert part(response, "reason-timed_out", "li") == (
        "timed_out resize The stage took longer than 90 seconds. "
        "2 failures in 6 h 2 pictures failed now Try again"
    )
    assert 'href="/operations/retry/timed_out/"' in response.content.decode()


def test_without_failures_it_says_so(operator: Client) -> None:
    text = text_of(operator.get(PAGE))
    assert "Nothing has failed in the last 6 hours" in text
    assert "No picture takes longer than it should." in text


def test_staff_see_that_a_picture_failed_but_not_what_it_is(
    operator: Client, staff: User, fail: Fail
) -> None:
    image = fail("timed_out", title="A secret", filename="secret.jpg")
    told = section(operator.get(PAGE), "failed")
    assert f"{image.id} by owner" in told
    assert "timed_out · It failed." in told
    assert "secret" not in operator.get(PAGE).content.decode()
    assert f"/images/{image.id}/" not in operator.get(PAGE).content.decode()
    staff.user_permissions.add(Permission.objects.get(codename="view_image"))
    record = f'href="/admin/storage/image/{image.id}/change/"'
    assert record in operator.get(PAGE).content.decode()
    assert operator.get(f"/admin/storage/image/{image.id}/change/").status_code == 200


def test_who_sees_everyones_pictures_is_led_to_them(editor: User, fail: Fail) -> None:
    editor.is_staff = True
    editor.save(update_fields=["is_staff"])
    image = fail("timed_out", title="Old pier")
    html = signed_in(editor).get(PAGE).content.decode()
    assert f'<a href="/images/{image.id}/">Old pier</a>' in html


def test_a_stuck_picture_is_shown_with_the_reason(owner: User, operator: Client) -> None:
    image = make_image(owner)
    run = start(image)
    Run.objects.filter(id=run.id).update(admitted_at=timezone.now(), dispatch_at=None)
    told = section(operator.get(PAGE), "stuck")
    assert str(image.id) in told
    assert "no sweep has looked at it" in told


# --- Chart ------------------------------------------------------------------------------------


def test_the_chart_counts_pictures_and_tells_them_in_figures_too(
    owner: User, operator: Client, fail: Fail
) -> None:
    finish_all(start(make_image(owner)))
    fail("timed_out")
    response = operator.get(PAGE)
    told = section(response, "chart")
    assert "Pictures in the last 6 hours: Ready 1 in all, at most 1 in 10 minutes." in told
    assert "Pictures in the last 6 hours: Failed 1 in all, at most 1 in 10 minutes." in told
    assert len(re.findall(r"<rect ", response.content.decode())) == 2
    assert re.search(r'</time></th><td class="end">1</td>', response.content.decode())


def test_the_chart_of_one_queue_counts_its_stages(owner: User, operator: Client) -> None:
    finish_all(start(make_image(owner)))
    response = operator.get(f"{PAGE}?queue=compress")
    assert "Stages of compress in the last 6 hours: Finished 2 in all" in section(response, "chart")
    html = response.content.decode()
    assert '<option value="compress" selected>' in html
    assert 'hx-get="/operations/live/?queue=compress"' in html


def test_a_queue_of_nonsense_is_no_queue(operator: Client) -> None:
    response = operator.get(f"{PAGE}?queue=%00nonsense")
    assert "Pictures in the last 6 hours" in section(response, "chart")
    assert b" selected" not in response.content
    assert b'hx-get="/operations/live/"' in response.content


# --- Advice -----------------------------------------------------------------------------------


def measure(queue: str, seconds: float, *, attempts: int = 100) -> None:
    StageTally.objects.create(
        queue=queue,
        stage=queue,
        outcome="succeeded",
        attempts=attempts,
        seconds=attempts * seconds,
        seconds_buckets={"2.5": attempts},
    )


@pytest.mark.usefixtures("in_order", "broker")
def test_it_says_how_many_processes_to_add_where(owner: User, operator: Client) -> None:
    until_the_broker_answers()
    assert "Nothing has been measured yet" in section(operator.get(PAGE), "advice")
    measure("resize", 2.0)
    overview.forget()
    told = part(operator.get(PAGE), "need-resize", "li")
    assert told == "resize : add 1 process; 0 of 1 advised are there."
    pauses.pause("resize")
    overview.forget()
    assert 'id="need-resize"' not in operator.get(PAGE).content.decode()


# --- Costs ------------------------------------------------------------------------------------


def queries_of(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_more_queues_failures_and_pictures_take_no_more_queries(
    owner: User, operator: Client, fail: Fail
) -> None:
    def fill() -> None:
        for code in ("timed_out", "out_of_memory", "storage_unavailable"):
            fail(code)
        run = start(make_image(owner))
        Run.objects.filter(id=run.id).update(admitted_at=timezone.now(), dispatch_at=None)
        pauses.pause(QUEUES[Run.objects.count() % 3])

    fill()
    overview.forget()
    before = queries_of(lambda: operator.get(LIVE))
    fill()
    overview.forget()
    assert queries_of(lambda: operator.get(LIVE)) == before <= 22


def test_whoever_looks_a_moment_later_costs_no_query_of_the_queues(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is.
    monkeypatch.setattr(overview.overviews, "seconds", 60.0)
    operator.get(LIVE)
    # The session, and who it belongs to.
    assert queries_of(lambda: operator.get(LIVE)) == 2
    assert queries_of(lambda: operator.get(f"{LIVE}?queue=compress")) == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_who_watch_at_once_see_the_same_moment(staff: User) -> None:
    def look(_: int) -> str:
        try:
            response = signed_in(staff).get(LIVE)
            found = re.search(r'data-local="second">([^<]*)<', response.content.decode())
            return found[1] if found else ""
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as watchers:
        moments = list(watchers.map(look, range(40)))
    assert "" not in moments
    assert len(set(moments)) <= 1 + 60 / overview.REMEMBERED_SECONDS


def test_the_live_part_is_no_page_of_its_own_and_takes_no_message(operator: Client) -> None:
    pauses.pause("resize")
    operator.post("/operations/queues/compress/pause/")
    assert b"<html" not in operator.get(LIVE).content
    assert "compress is paused." in text_of(operator.get(PAGE))
