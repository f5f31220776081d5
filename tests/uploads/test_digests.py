"""One message for each upload session, through a real mail server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from storage.models import Image, Run, Stage
from storage.statuses import RunStatus, StageName, StageStatus
from tests.conftest import PictureFile
from tests.services.mail import MailServer
from tests.uploads.conftest import bearer, named
from uploads import digests, intake, mail_preferences, sessions
from uploads.models import DigestStatus, DigestWish, UploadSession
from uploads.tasks import send_digests

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local_stores")]
Send = Callable[..., Image]


@pytest.fixture
def writer(owner: User) -> User:
    owner.email = "owner@example.org"
    owner.save(update_fields=["email"])
    return owner


@pytest.fixture
def send(writer: User, picture_file: PictureFile) -> Send:
    def do(filename: str = "a.jpg", **said: Any) -> Image:
        submission = intake.Submission(owner=writer, filename=filename, **said)
        return intake.accept(
            picture_file(size=(64, 48), seed=hash(filename) % 99), submission
        ).image

    return do


def end(image: Image, status: RunStatus, reason: str = "") -> None:
    """Bring an image to its end without the work."""
    Image.objects.filter(id=image.id).update(status=status)
    Run.objects.filter(image=image).update(status=status)
    if status == RunStatus.FAILED:
        Stage.objects.filter(run__image=image, name=StageName.RESIZE).update(
            status=StageStatus.FAILED, error_code="undecodable_image", error_detail=reason
        )


def let_pass(seconds: float) -> None:
    """Make all sessions older."""
    for session in UploadSession.objects.all():
        session.last_upload_at -= timedelta(seconds=seconds)
        session.save(update_fields=["last_upload_at"])


def only_message(mail: MailServer) -> EmailMessage:
    (message,) = mail.messages
    return message


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_session_is_reported_on_once_when_it_is_over_and_all_is_done(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    ready, failed, cancelled = send("a.jpg"), send("b.jpg"), send("c.jpg")
    send_digests()
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    end(ready, RunStatus.READY)
    end(cancelled, RunStatus.CANCELLED)
    send_digests()
    assert mail.messages == []
    end(failed, RunStatus.FAILED, "The file ends too early.")
    send_digests()
    send_digests()
    message = only_message(mail)
    assert message["To"] == "owner@example.org"
    assert message["Subject"] == "1 of 3 pictures are ready, 1 needs you"
    address = f"https://pictures.example.org/images/{failed.id}/"
    for kind in ("plain", "html"):
        words = text(message, kind)
        assert "The file ends too early." in words
        assert address in words
        assert "1 picture was cancelled." in words
    assert UploadSession.objects.get().digest_status == DigestStatus.SENT


def test_what_comes_later_is_another_session(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    end(send("a.jpg"), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    end(send("b.jpg"), RunStatus.READY)
    send_digests()
    assert only_message(mail)["Subject"] == "1 of 1 picture is ready"
    assert [session.images.count() for session in UploadSession.objects.order_by("id")] == [1, 1]


def test_deleted_pictures_do_not_count_and_back_fills_are_no_session(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    gone = send("a.jpg")
    send("b.jpg", bulk=True)
    Image.objects.filter(id=gone.id).update(deleted_at=Now())
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    assert mail.messages == []
    assert UploadSession.objects.get().digest_status == DigestStatus.UNWANTED


def test_a_picture_in_work_for_hours_does_not_keep_the_message_back(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    send("a.jpg")
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    sessions.close_idle()
    UploadSession.objects.update(closed_at=Now() - timedelta(seconds=sessions.PATIENCE_SECONDS + 1))
    send_digests()
    assert "1 picture is still being worked on." in text(only_message(mail))


def test_a_mail_server_that_refuses_is_tried_again_with_the_same_message(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    end(send("a.jpg"), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    mail.refuses = True
    send_digests()
    session = UploadSession.objects.get()
    assert (session.digest_status, session.digest_attempts) == (DigestStatus.PENDING, 1)
    assert "451" in session.digest_error
    mail.refuses = False
    send_digests()
    assert mail.messages == []
    UploadSession.objects.update(digest_due_at=Now())
    send_digests()
    assert only_message(mail)["Message-ID"] == f"<digest.{session.id}@localhost>"
    session.refresh_from_db()
    assert (session.digest_status, session.digest_error) == (DigestStatus.SENT, "")


def test_mail_programs_are_told_where_to_end_the_messages(
    mail: MailServer, send: Send, writer: User, settings: Settings
) -> None:
    end(send(), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    message = only_message(mail)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip(" <>")
    start, token = address.rstrip("/").rsplit("/", 1)
    assert start == "https://pictures.example.org/e-mail/unsubscribe"
    assert mail_preferences.user_of(token) == writer
    assert address in text(message)


def test_after_the_last_attempt_it_is_given_up(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    end(send("a.jpg"), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    mail.refuses = True
    for _ in range(sessions.MAX_ATTEMPTS + 1):
        send_digests()
        UploadSession.objects.update(digest_due_at=Now())
    session = UploadSession.objects.get()
    assert (session.digest_status, session.digest_attempts) == (DigestStatus.FAILED, 12)


def test_whoever_claims_a_message_late_changes_nothing(send: Send, settings: Settings) -> None:
    end(send("a.jpg"), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    sessions.close_idle()
    (session_id,) = sessions.due()
    first = sessions.claim(session_id)
    assert first is not None
    assert sessions.claim(session_id) is None
    UploadSession.objects.update(digest_due_at=Now())
    second = sessions.claim(session_id)
    assert second is not None
    assert not sessions.failed(first, "too late")
    assert sessions.sent(second)
    assert not sessions.sent(first)


@pytest.mark.parametrize(
    ("wish", "status", "messages"),
    [
        (DigestWish.ALWAYS, RunStatus.READY, 1),
        (DigestWish.PROBLEMS, RunStatus.READY, 0),
        (DigestWish.PROBLEMS, RunStatus.FAILED, 1),
        (DigestWish.NEVER, RunStatus.FAILED, 0),
    ],
)
def test_people_get_what_they_want(
    mail: MailServer,
    send: Send,
    writer: User,
    settings: Settings,
    wish: DigestWish,
    status: RunStatus,
    messages: int,
) -> None:
    mail_preferences.set_wish(writer, wish)
    end(send(), status, "Broken.")
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    assert len(mail.messages) == messages


def test_people_without_an_address_get_nothing(
    mail: MailServer, send: Send, writer: User, settings: Settings
) -> None:
    User.objects.filter(pk=writer.pk).update(email="")
    end(send(), RunStatus.READY)
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    assert mail.messages == []


def test_the_message_comes_in_the_language_of_the_uploads(
    mail: MailServer, send: Send, settings: Settings
) -> None:
    end(send("a.jpg", language="zh-hans"), RunStatus.READY)
    end(send("b.jpg", language="zh-hans"), RunStatus.FAILED, "The header ends after 3 bytes.")
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    message = only_message(mail)
    # Folded on its way, it comes with the space of the fold.
    assert message["Subject"].strip() == "2 张图片中 1 张已就绪，1 张需要您处理"  # noqa: RUF001
    assert '<html lang="zh-hans">' in text(message, "html")
    assert "图片已损坏" in text(message)
    assert "The header" not in text(message)


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"Accept-Language": "zh-CN,zh;q=0.9"}, "zh-hans"),
        ({"Accept-Language": "en", "Cookie": "django_language=zh-hans"}, "zh-hans"),
    ],
)
def test_an_upload_through_the_api_is_in_the_language_of_its_browser(
    writer: User, picture_file: PictureFile, headers: dict[str, str], language: str
) -> None:
    file = named(picture_file(), "pier.jpg")
    response = bearer(writer).post("/api/v1/images/", {"file": file}, headers=headers)
    assert response.status_code == 202
    assert UploadSession.objects.get().language == language


def test_a_message_names_so_many_pictures_and_counts_the_others(
    mail: MailServer, send: Send, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MAX_NAMED", 2)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        end(send(name), RunStatus.FAILED, f"{name} is broken.")
    let_pass(settings.UPLOAD_SESSION_SECONDS + 1)
    send_digests()
    words = text(only_message(mail))
    assert "b.jpg is broken." in words
    assert "c.jpg" not in words
    assert "and 1 more" in words


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.database
def test_uploads_at_the_same_time_are_one_session(writer: User, picture_file: PictureFile) -> None:
    def upload(number: int) -> None:
        try:
            submission = intake.Submission(owner=writer, filename=f"{number}.jpg")
            intake.accept(picture_file(size=(64, 48), seed=number), submission)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        list(people.map(upload, range(8)))
    assert UploadSession.objects.get().images.count() == 8
