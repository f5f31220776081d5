"""A real SMTP server, which keeps what it is sent."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller

from tests.services.ports import LOOPBACK, reserve_port


class MailServer:
    """Listens on a free port of this machine; `refuses` makes it answer 451 to every message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuses = False
        self.port = reserve_port()
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port)

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message: aiosmtpd's name for it."""
        if self.refuses:
            return "451 Try again later"
        self.messages.append(message_from_bytes(envelope.content, EmailMessage, policy=default))
        return "250 Taken"
