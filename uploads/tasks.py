from celery import shared_task

from uploads import digests


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Close the upload sessions that are over and report on them to their owners."""
    digests.send_due()
