import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config.doctor import clocks
from config.doctor.disks import check_disks
from config.doctor.findings import Level, failed
from config.doctor.secrets import without_secrets
from config.doctor.stores import check_stores
from storage import objects
from tests.processing.faults.disks import fill, small_disk

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write anywhere: be nobody for the length of the block."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_to_has_failed(
    local_stores: Path, settings: Settings
) -> None:
    for alias in objects.ALIASES:
        (local_stores / alias).mkdir(parents=True)
    (local_stores / "variants").chmod(0o555)
    for open_folder in (objects.ORIGINALS, objects.SCRATCH):
        (local_stores / open_folder).chmod(0o777)
    parents = [folder for folder in local_stores.parents if folder.stat().st_uid == os.geteuid()]
    modes = {folder: folder.stat().st_mode for folder in parents}
    for folder, mode in modes.items():
        folder.chmod(mode | 0o055)
    try:
        with without_privileges():
            findings = {finding.subject: finding for finding in check_stores()}
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)
    levels = {subject: finding.level for subject, finding in findings.items()}
    assert levels == {
        "store originals": Level.OK,
        "store variants": Level.FAILED,
        "store scratch": Level.OK,
    }
    assert "Permission denied" in findings["store variants"].detail
    assert "writable" in findings["store variants"].remedy
    assert [path for path in local_stores.rglob("*") if path.is_file()] == []


def test_a_disk_without_room_is_told_of_before_it_is_full(
    local_stores: Path, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    with small_disk(local_stores / "originals", max_bytes=16 * 1024 * 1024) as disk:
        assert levels_of_disks()["disk of originals"] == Level.WARNING
        settings.MAX_UPLOAD_BYTES = 64 * 1024
        assert levels_of_disks()["disk of originals"] == Level.OK
        fill(disk)
        assert levels_of_disks()["disk of originals"] == Level.FAILED
        assert levels_of_disks()["disk of variants"] == Level.OK


def levels_of_disks() -> dict[str, Level]:
    return {finding.subject: finding.level for finding in check_disks()}


@pytest.mark.parametrize(
    ("told", "off"),
    [
        (NOON, 0 * SECOND),
        (NOON + SECOND, 0 * SECOND),
        (NOON + 5 * SECOND, 3 * SECOND),
        (NOON - 90 * SECOND, -90 * SECOND),
    ],
)
def test_a_clock_is_off_only_by_what_the_asking_cannot_explain(
    told: datetime, off: timedelta
) -> None:
    assert clocks.skew(told, asked_at=NOON, answered_at=NOON + 2 * SECOND) == off


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (1, Level.OK, "agrees"),
        (3, Level.WARNING, "3 s ahead of"),
        (-90, Level.FAILED, "90 s behind"),
    ],
)
def test_a_clock_is_judged_by_what_its_error_costs(seconds: int, level: Level, words: str) -> None:
    finding = clocks.judge("clock", seconds * SECOND)
    assert finding.level == level
    assert words in finding.detail


def test_secrets_are_masked_wherever_a_client_quotes_them(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://user:p%40ssword@host/0"
    settings.STORAGES = {"originals": {"OPTIONS": {"secret_key": "s3-secret", "access_key": None}}}
    said = f"{settings.SECRET_KEY} p@ssword p%40ssword s3-secret"
    finding = without_secrets(failed("broker", said, said))
    assert (finding.detail, finding.remedy) == ("*** *** *** ***", "*** *** *** ***")
