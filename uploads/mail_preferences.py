"""What people want by e-mail, which a link in each message lets them end without signing in."""

from django.contrib.auth.models import User
from django.core import signing

from uploads.models import DigestWish, MailPreference

SALT = "uploads.unsubscribing"


def token_of(user: User) -> str:
    """Return what stands in the links of a person's messages, which do not expire either."""
    return signing.dumps(user.pk, salt=SALT)


def user_of(token: str) -> User | None:
    """Return whose token it is; None if it is none of ours, or its person is gone."""
    try:
        return User.objects.filter(pk=signing.loads(token, salt=SALT)).first()
    except signing.BadSignature:
        return None


def wish_of(user: User) -> DigestWish:
    preference = MailPreference.objects.filter(user=user).first()
    return DigestWish(preference.digests) if preference else DigestWish.ALWAYS


def set_wish(user: User, wish: DigestWish) -> None:
    MailPreference.objects.update_or_create(user=user, defaults={"digests": wish})
