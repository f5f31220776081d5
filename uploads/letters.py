"""Messages by e-mail, each as plain text and as HTML."""

from collections.abc import Mapping
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def letter(
    name: str, context: Mapping[str, Any], *, to: str, subject: str, headers: Mapping[str, str]
) -> EmailMultiAlternatives:
    """Return the message of the templates `mail/NAME`, in the language that is active.

    It is marked as automatic (RFC 3834).
    """
    values = {**context, "subject": subject, "language": translation.get_language()}
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{name}.txt", values),
        to=[to],
        headers={**headers, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"mail/{name}.html", values), "text/html")
    return message
