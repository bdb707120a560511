"""A mail server on this machine that can be told to answer badly, slowly, or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Postman:
    """What arrived, and what is answered: `answers` are given first, one for each step named."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    slow: float = 0.0
    after_data: Callable[[EmailMessage], None] = lambda _letter: None

    def _answer(self, step: str) -> str | None:
        waiting = self.answers.get(step, [])
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(  # noqa: N802  named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("mail"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("rcpt"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if answer := self._answer("data"):
            return answer
        raw = envelope.original_content or b""
        letter: Any = message_from_bytes(raw, policy=policy.default)
        self.letters.append(letter)
        self.after_data(letter)
        if self.slow:
            await asyncio.sleep(self.slow)
        return "250 accepted"


class MailServer:
    """The server on a free port; `stop` and `start` play a failure and its end."""

    def __init__(self) -> None:
        self.postman = Postman()
        self.port = 0
        self._controller: Controller | None = None
        self.start()

    def start(self) -> None:
        # Port 0: the system chooses; afterwards the same one again.
        self._controller = Controller(
            self.postman, hostname="127.0.0.1", port=self.port, ready_timeout=20
        )
        if self.port == 0:
            self._controller.port = _free_port()
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def letters(self) -> list[EmailMessage]:
        return self.postman.letters


def _free_port() -> int:
    import socket

    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
