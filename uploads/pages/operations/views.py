"""The operations page, for staff: how every queue is doing, and what to do about it."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from processing import failures, pausing
from processing.failures import RETRIES_AT_ONCE, Retried
from processing.history import HOURS
from processing.overview import forget, overview
from processing.queues import queue_names
from uploads.pages.guards import for_staff
from uploads.pages.operations import pictures
from uploads.pages.operations.advice import advised
from uploads.pages.operations.chart import chart
from uploads.pages.operations.failure_list import failure_list
from uploads.pages.operations.pictures import Reader
from uploads.pages.operations.queue_table import groups
from uploads.pages.operations.troubles import troubles
from uploads.pages.requests import SignedInRequest

logger = logging.getLogger(__name__)


@login_required
@for_staff
@require_GET
def page(request: SignedInRequest) -> HttpResponse:
    return render(request, "pages/operations/page.html", _context(request))


@login_required
@for_staff
@require_GET
def live(request: SignedInRequest) -> HttpResponse:
    """Answer with what changes on the page: it asks for that every few seconds."""
    return render(request, "pages/operations/live.html", _context(request))


def _context(request: SignedInRequest) -> dict[str, Any]:
    shown, reader = overview(), Reader(request.user)
    asked = request.GET.get("queue", "")
    queue = asked if asked in queue_names() else ""
    pictures_ended = shown.trend.history.of_pictures()
    return {
        "shown": shown,
        "hours": HOURS,
        "troubles": troubles(shown),
        "groups": groups(shown),
        "waiting": sum(each.depth for each in shown.queues),
        "running": sum(each.running for each in shown.queues),
        "ready": sum(pictures_ended.succeeded),
        "failures": sum(pictures_ended.failed),
        "queue": queue,
        "queue_names": queue_names(),
        "chart": chart(shown.trend.history, queue),
        "kinds": failure_list(shown.failures),
        "failed": pictures.failed(shown.failed, reader),
        "stuck": pictures.stuck(shown.stuck.shown, reader),
        "advice": advised(shown),
    }


@login_required
@for_staff
@require_POST
def pause(request: SignedInRequest, queue: str) -> HttpResponse:
    _check(queue)
    try:
        changed = pausing.pause(queue, by=request.user)
    except pausing.QueueCannotBePaused:
        refusal = _("%(queue)s cannot be paused: nothing that is lost would be found again.")
        messages.error(request, refusal % {"queue": queue})
        return redirect("operations")
    if changed:
        logger.info("%s paused the queue %s.", request.user.get_username(), queue)
        done = _("%(queue)s is paused. What workers have begun they end.")
    else:
        done = _("%(queue)s was paused already.")
    return _back(request, done % {"queue": queue})


@login_required
@for_staff
@require_POST
def resume(request: SignedInRequest, queue: str) -> HttpResponse:
    _check(queue)
    if pausing.resume(queue):
        logger.info("%s resumed the queue %s.", request.user.get_username(), queue)
        done = _("%(queue)s goes on.")
    else:
        done = _("%(queue)s was not paused.")
    return _back(request, done % {"queue": queue})


def _check(queue: str) -> None:
    if queue not in queue_names():
        raise Http404


@login_required
@for_staff
@require_http_methods(["GET", "POST"])
def retry(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask whether the pictures that failed for a reason are to be tried again; do it on POST."""
    if request.method == "POST":
        return _retry(request, code)
    count = failures.count_failed(code)
    if not count:
        return _back(request, _no_more(code))
    context = {"code": code, "count": count, "at_once": RETRIES_AT_ONCE}
    return render(request, "pages/operations/retry.html", context)


def _retry(request: SignedInRequest, code: str) -> HttpResponse:
    retried = failures.retry(code, by=request.user.get_username())
    logger.info(
        "%s had %d pictures tried again that failed with %s; %d are left.",
        *(request.user.get_username(), retried.images, code, retried.left),
    )
    return _back(request, _outcome(code, retried) if retried.images else _no_more(code))


def _no_more(code: str) -> str:
    return _("No picture is left that failed with %(code)s.") % {"code": code}


def _outcome(code: str, retried: Retried) -> str:
    values = {"count": retried.images, "code": code, "left": retried.left}
    done = ngettext(
        "%(count)d picture that failed with %(code)s is being tried again; %(left)d left.",
        "%(count)d pictures that failed with %(code)s are being tried again; %(left)d left.",
        retried.images,
    )
    return done % values


def _back(request: SignedInRequest, done: str) -> HttpResponse:
    """Lead back to the page, which shows at once what was done."""
    forget()
    messages.success(request, done)
    return redirect("operations")
