from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.exceptions import Throttled

from storage import objects, originals
from storage.models import Image
from tests.conftest import PictureFile
from tests.uploads.conftest import Upload, bearer, signed_in
from tests.uploads.problems import problem
from uploads import allowance, intake
from uploads.api.throttling import MinuteCounter

pytestmark = [pytest.mark.django_db, pytest.mark.database]
AT_ONCE = 8

IMAGES = "/api/v1/images/"


def test_a_person_has_so_many_requests_a_minute(
    owner: User, stranger: User, client: Client, settings: Settings
) -> None:
    settings.REQUESTS_PER_MINUTE = 2
    assert [client.get(IMAGES).status_code for _ in range(2)] == [200, 200]
    response = client.get(IMAGES)
    problem(response, 429, "throttled")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert bearer(owner).get(IMAGES).status_code == 429
    assert signed_in(stranger).get(IMAGES).status_code == 200


def test_the_counter_forgets_when_a_minute_begins() -> None:
    counter = MinuteCounter()
    assert [counter.add("a", 59), counter.add("a", 59.9), counter.add("b", 59.9)] == [1, 2, 1]
    assert counter.add("a", 60) == 1


def test_a_person_has_so_many_uploads_a_minute(upload: Upload, settings: Settings) -> None:
    settings.UPLOADS_PER_MINUTE = 2
    assert [upload().status_code for _ in range(2)] == [202, 202]
    response = upload()
    problem(response, 429, "throttled")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert Image.objects.count() == 2
    oldest = Image.objects.earliest("created_at")
    Image.objects.filter(id=oldest.id).update(created_at=timezone.now() - timedelta(seconds=61))
    assert upload().status_code == 202


def test_uploads_are_counted_per_person(upload: Upload, stranger: User, settings: Settings) -> None:
    settings.UPLOADS_PER_MINUTE = 1
    assert upload().status_code == 202
    assert upload(by=bearer(stranger)).status_code == 202


@pytest.mark.parametrize("quota", ["QUOTA_IMAGES", "QUOTA_BYTES"])
def test_a_quota_that_is_used_up_is_freed_by_deleting(
    upload: Upload, client: Client, settings: Settings, quota: str
) -> None:
    setattr(settings, quota, 1)
    first = upload()
    assert first.status_code == 202
    response = upload()
    problem(response, 429, "quota_exceeded")
    assert int(response.headers["Retry-After"]) > 0
    assert Image.objects.count() == 1
    client.delete(first.headers["Location"])
    assert upload().status_code == 202


def test_without_throttling_nothing_is_limited(upload: Upload, settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = settings.UPLOADS_PER_MINUTE = 1
    settings.QUOTA_IMAGES = settings.QUOTA_BYTES = 0
    settings.THROTTLE = False
    assert [upload().status_code for _ in range(3)] == [202, 202, 202]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("limit", ["UPLOADS_PER_MINUTE", "QUOTA_IMAGES"])
def test_of_uploads_at_once_no_more_than_allowed_are_accepted(
    owner: User,
    local_stores: Path,
    picture_file: PictureFile,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    setattr(settings, limit, 3)
    files = [picture_file(size=(64, 48), seed=seed) for seed in range(AT_ONCE)]
    # All of them have been told that there is room before the first one is recorded.
    all_looked, store = Barrier(AT_ONCE), originals.store

    def store_together(*arguments: Any) -> Any:
        all_looked.wait(30)
        return store(*arguments)

    monkeypatch.setattr(originals, "store", store_together)

    def send(number: int) -> str:
        try:
            allowance.check(owner)
            submission = intake.Submission(owner, f"{number}.jpg", within_allowance=True)
            intake.accept(files[number], submission)
        except Throttled as error:
            return str(error.get_codes())
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = sorted(threads.map(send, range(AT_ONCE)))
    refusal = "throttled" if limit == "UPLOADS_PER_MINUTE" else "quota_exceeded"
    assert answers == ["accepted"] * 3 + [refusal] * (AT_ONCE - 3)
    assert Image.objects.count() == 3
    # What the refused ones had stored already is gone again.
    assert len(list(objects.walk(objects.ORIGINALS))) == 3
