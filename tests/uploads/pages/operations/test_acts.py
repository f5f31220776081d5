"""What staff do on the operations page: pausing, resuming, trying again."""

import logging
from time import monotonic

import pytest
from django.contrib.auth.models import User
from django.test import Client

from processing import failures, pausing
from storage import pauses
from storage.models import Image, QueuePause, Run
from storage.statuses import RunStatus
from tests.services.redis import RedisServer
from tests.uploads.conftest import signed_in
from tests.uploads.pages.operations.conftest import Fail
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PAUSE, RESUME = "/operations/queues/compress/pause/", "/operations/queues/compress/resume/"
RETRY = "/operations/retry/timed_out/"


def statuses() -> list[str]:
    return list(Image.objects.order_by("id").values_list("status", flat=True))


# --- Pausing ----------------------------------------------------------------------------------


def test_a_queue_is_paused_and_goes_on(
    operator: Client, staff: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    text = text_of(operator.post(PAUSE, follow=True))
    assert "compress is paused. What workers have begun they end." in text
    assert "paused by staff" in text
    assert "Workers are kept from paused queues: compress." in text
    assert QueuePause.objects.get().paused_by == staff
    text = text_of(operator.post(RESUME, follow=True))
    assert "compress goes on." in text
    assert "paused by" not in text
    assert pauses.paused() == set()
    assert [line for line in caplog.messages if line.startswith("staff")] == [
        "staff paused the queue compress.",
        "staff resumed the queue compress.",
    ]


def test_doing_it_twice_changes_nothing(operator: Client, owner: User) -> None:
    pauses.pause("compress", by=owner)
    assert "compress was paused already." in text_of(operator.post(PAUSE, follow=True))
    assert QueuePause.objects.get().paused_by == owner
    pauses.resume("compress")
    assert "compress was not paused." in text_of(operator.post(RESUME, follow=True))


def test_what_brings_work_back_cannot_be_paused(operator: Client) -> None:
    assert "/operations/queues/maintenance/" not in operator.get("/operations/").content.decode()
    response = operator.post("/operations/queues/maintenance/pause/", follow=True)
    assert "maintenance cannot be paused" in text_of(response)
    assert pauses.paused() == set()


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_there_are_only_the_queues_there_are(operator: Client, act: str) -> None:
    assert operator.post(f"/operations/queues/compres/{act}/").status_code == 404
    assert pauses.paused() == set()


def test_a_queue_is_paused_while_the_broker_is_away(operator: Client, broker: RedisServer) -> None:
    broker.stop()
    try:
        assert "compress is paused." in text_of(operator.post(PAUSE, follow=True))
    finally:
        broker.start()
    assert pauses.paused() == {"compress"}


def test_whoever_pauses_does_not_wait_for_a_frozen_broker(
    broker: RedisServer, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A broker that is frozen is given up after two seconds at each step.
    monkeypatch.setattr(pausing, "HINT_SECONDS", 0.0)
    broker.pause()
    try:
        begun_at = monotonic()
        assert pausing.pause("compress", by=staff)
        assert monotonic() - begun_at < 2
    finally:
        broker.resume()
    assert pauses.paused() == {"compress"}


# --- Trying again -----------------------------------------------------------------------------


def test_it_asks_before_it_tries_again(operator: Client, fail: Fail) -> None:
    for _ in range(2):
        fail("timed_out")
    text = text_of(operator.get(RETRY))
    assert "Try 2 pictures again?" in text
    assert f"at most {failures.RETRIES_AT_ONCE} at a time" in text
    assert statuses() == [RunStatus.FAILED] * 2


def test_pictures_of_a_reason_are_tried_again_and_the_count_is_told(
    operator: Client,
    fail: Fail,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(failures, "RETRIES_AT_ONCE", 2)
    for code in ("timed_out", "timed_out", "out_of_memory", "timed_out"):
        fail(code)
    text = text_of(operator.post(RETRY, follow=True))
    assert "2 pictures that failed with timed_out are being tried again; 1 left." in text
    assert "1 picture failed now" in text
    assert statuses() == [RunStatus.QUEUED] * 2 + [RunStatus.FAILED] * 2
    assert set(Run.objects.filter(number=2).values_list("bulk", flat=True)) == {True}
    expected = "staff had 2 pictures tried again that failed with timed_out; 1 are left."
    assert expected in caplog.messages
    text = text_of(operator.post(RETRY, follow=True))
    assert "1 picture that failed with timed_out is being tried again; 0 left." in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_reason_that_nothing_has_leads_back(operator: Client, fail: Fail, method: str) -> None:
    fail("out_of_memory")
    response = getattr(operator, method)(RETRY, follow=True)
    assert response.redirect_chain == [("/operations/", 302)]
    assert "No picture is left that failed with timed_out." in text_of(response)
    assert statuses() == [RunStatus.FAILED]


# --- Who --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAUSE, RESUME, RETRY])
def test_others_change_nothing(path: str, owner: User, editor: User, fail: Fail) -> None:
    fail("timed_out")
    pauses.pause("resize")
    for user in (owner, editor):
        assert signed_in(user).post(path).status_code == 403
    assert Client().post(path).status_code == 302
    assert (pauses.paused(), statuses()) == ({"resize"}, [RunStatus.FAILED])
