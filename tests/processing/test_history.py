"""What ended when, for charts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import DjangoAssertNumQueries

from processing.history import PIECE, PIECES, history
from storage.models import Stage
from storage.statuses import StageName, StageStatus
from tests.records import make_image, stage_of, start

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)


def end(owner: User, name: StageName, status: StageStatus, at: datetime, queue: str = "") -> None:
    """Leave a stage that ended at a moment."""
    stage = stage_of(start(make_image(owner)), name, "w320" if name == StageName.COMPRESS else "")
    values = {"status": status, "finished_at": at, "queue": queue or stage.queue}
    Stage.objects.filter(id=stage.id).update(**values)


def test_pieces_end_with_the_one_that_goes_on_and_lie_at_full_tens_of_minutes(db: None) -> None:
    bounds = history(NOW).bounds
    assert len(bounds) == PIECES + 1 == 37
    assert bounds[-2:] == [NOW.replace(minute=m, second=0) for m in (30, 40)]
    assert bounds[0] == NOW.replace(hour=6, minute=40, second=0)


def test_what_ended_is_counted_in_its_piece(owner: User) -> None:
    full = NOW.replace(minute=30, second=0)
    for at in (full, NOW, full - timedelta(seconds=1), full - 40 * PIECE):
        end(owner, StageName.RESIZE, StageStatus.SUCCEEDED, at)
    end(owner, StageName.RESIZE, StageStatus.FAILED, NOW)
    end(owner, StageName.RESIZE, StageStatus.CANCELLED, NOW)
    resize = history(NOW).of_queue("resize")
    assert list(resize.succeeded) == [0] * 34 + [1, 2]
    assert list(resize.failed) == [0] * 35 + [1]
    assert sum(history(NOW).of_queue("compress").succeeded) == 0


def test_pictures_are_ready_by_their_publish_and_failed_by_whatever_failed(owner: User) -> None:
    end(owner, StageName.PUBLISH, StageStatus.SUCCEEDED, NOW)
    end(owner, StageName.PUBLISH, StageStatus.SUCCEEDED, NOW, queue="bulk-publish")
    end(owner, StageName.COMPRESS, StageStatus.SUCCEEDED, NOW)
    end(owner, StageName.COMPRESS, StageStatus.FAILED, NOW)
    end(owner, StageName.RESIZE, StageStatus.FAILED, NOW, queue="bulk-resize-large")
    pictures = history(NOW).of_pictures()
    assert (sum(pictures.succeeded), sum(pictures.failed)) == (2, 2)


def test_it_takes_one_query(owner: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for name in (StageName.RESIZE, StageName.ANALYZE, StageName.PUBLISH):
        end(owner, name, StageStatus.SUCCEEDED, NOW)
    with django_assert_num_queries(1):
        history(NOW)
