"""Invitations: made by staff, told to one person, used once."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from uploads import opaque_tokens
from uploads.letters import letter
from uploads.models import Invitation

logger = logging.getLogger(__name__)


class InvitationSpent(Exception):
    """The invitation was used, revoked or let expire meanwhile. Ask for another one."""


def groups_to_give(user: User) -> QuerySet[Group]:
    """Return the groups that a person may let others into: theirs, or with the right to it all."""
    if user.has_perm("auth.change_user"):
        return Group.objects.order_by("name")
    return user.groups.order_by("name")


def has_account(email: str) -> bool:
    """Say whether an address is already somebody's."""
    return _is_confirmed(email) or User.objects.filter(email__iexact=email).exists()


def _is_confirmed(email: str) -> bool:
    found: bool = EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
    return found


def issue(
    email: str, *, by: User, language: str, group: Group | None = None
) -> tuple[Invitation, str]:
    """Invite an address, in place of earlier invitations; return its row and its token."""
    plain = opaque_tokens.fresh()
    with transaction.atomic():
        _unspent().filter(email=email.lower()).update(revoked_at=Now())
        invitation = Invitation.objects.create(
            email=email.lower(),
            group=group,
            language=language,
            digest=opaque_tokens.digest(plain),
            invited_by=by,
            expires_at=_expiry(),
        )
    return invitation, plain


def renew(invitation_id: UUID) -> tuple[Invitation, str] | None:
    """Give an invitation another token and more time; None if it is accepted or revoked."""
    plain = opaque_tokens.fresh()
    renewed = {"digest": opaque_tokens.digest(plain), "expires_at": _expiry(), "sent_at": None}
    if not _unspent().filter(id=invitation_id).update(**renewed):
        return None
    return Invitation.objects.get(id=invitation_id), plain


def revoke(invitation_id: UUID) -> bool:
    """Make an invitation worthless; False if it was already, or was accepted."""
    return bool(_unspent().filter(id=invitation_id).update(revoked_at=Now()))


def find(plain: str) -> Invitation | None:
    """Return the invitation of a token while it may be accepted."""
    return _open().filter(digest=opaque_tokens.digest(plain)).first()


def find_for(emails: Iterable[str]) -> Invitation | None:
    """Return an invitation that one of these addresses may accept."""
    return _open().filter(email__in=[email.lower() for email in emails]).first()


def accept(invitation: Invitation, user: User) -> None:
    """Spend an invitation on a new person, whom it saves with their address and their group.

    Raises InvitationSpent, and saves nobody, if it is no longer the one that was read.
    """
    with transaction.atomic():
        _claim(invitation)
        user.email = invitation.email
        user.save()
        # Whoever has the link had it from that mailbox, or else from staff, who did not check it.
        EmailAddress.objects.create(
            user=user,
            email=invitation.email,
            primary=True,
            verified=invitation.sent_at is not None and not _is_confirmed(invitation.email),
        )
        _settle(invitation, user)


def accept_as(invitation: Invitation, user: User) -> None:
    """Spend an invitation on a person who was saved in this transaction with their address.

    Raises InvitationSpent.
    """
    _claim(invitation)
    _settle(invitation, user)


def send(invitation: Invitation, link: str) -> bool:
    """Write to the person invited; False if mail is not configured, or the server refuses."""
    if not settings.EMAIL_URL:
        return False
    try:
        _message(invitation, link).send()
    except (OSError, SMTPException) as error:
        logger.warning("The invitation %s was not sent: %s", invitation.id, error)
        return False
    Invitation.objects.filter(id=invitation.id, digest=invitation.digest).update(sent_at=Now())
    return True


def _message(invitation: Invitation, link: str) -> EmailMultiAlternatives:
    with translation.override(invitation.language or settings.LANGUAGE_CODE):
        return letter(
            "invitation",
            {"link": link, "expires_at": invitation.expires_at},
            to=invitation.email,
            subject=_("You are invited to Darkroom"),
            headers={},
        )


def _claim(invitation: Invitation) -> None:
    """Mark it as accepted if it is still the one that was read; of two who try, one can."""
    if not _open().filter(id=invitation.id, digest=invitation.digest).update(accepted_at=Now()):
        raise InvitationSpent


def _settle(invitation: Invitation, user: User) -> None:
    Invitation.objects.filter(id=invitation.id).update(accepted_by=user)
    if invitation.group_id is not None:
        # The group may be gone meanwhile.
        user.groups.add(*Group.objects.filter(id=invitation.group_id))


def _unspent() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _open() -> QuerySet[Invitation]:
    return _unspent().filter(expires_at__gt=Now())


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)
