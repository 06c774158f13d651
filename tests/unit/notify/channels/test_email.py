"""Mails through a real SMTP server with TLS, STARTTLS and logins."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.email import EmailChannel
from pytest_deploycheck.notify.rules import Kind
from tests.fix_http import Server, Talk, certificate, closed_port
from tests.fix_messages import hostile, message

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

BASE: dict[str, Any] = {
    "host": "127.0.0.1",
    "security": "none",
    "sender": "bot@shop.test",
    "to": ("team@shop.test",),
    "to_on_call": True,
    "timeout": 3.0,
}
LOGIN = {"security": "starttls", "username": "bot", "password": "s3cret-pass"}


class Inbox:
    """Keeps what arrives, or refuses it."""

    def __init__(self, answer: str = "250 OK") -> None:
        """Answer each mail with this."""
        self.answer = answer
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return self.answer


def _login(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"bot", b"s3cret-pass")
    return AuthResult(success=good, handled=False)


@contextmanager
def smtp(inbox: Inbox, tls: ssl.SSLContext | None = None, **more: Any) -> Iterator[int]:
    """Run a mail server and give its port; with a context it offers STARTTLS."""
    controller = Controller(inbox, hostname="127.0.0.1", port=0, tls_context=tls, **more)
    controller.port = _free()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_a_mail() -> None:
    """The team and whoever is on call get one mail with a text and an HTML part, threaded by its alert."""
    inbox = Inbox()
    with smtp(inbox) as port:
        EmailChannel({**BASE, "port": port}).send(message(), None)
    (mail,) = inbox.mails
    assert ["team@shop.test", "ana@shop.test"] == inbox.recipients[0]
    assert "[CRITICAL] Issue detected: Orders fail (shop production)" == mail["Subject"]
    assert ("<deploycheck-k1-7-opened@pytest-deploycheck.invalid>", "auto-generated") == (
        mail["Message-ID"],
        mail["Auto-Submitted"],
    )
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]


def test_starttls_with_a_login(tmp_path: Path) -> None:
    """The login goes over a connection whose certificate was checked."""
    inbox, tls = Inbox(), certificate(tmp_path)
    options = {
        "security": "starttls",
        "username": "bot",
        "password": "s3cret-pass",
        "ca_file": str(tmp_path / "cert.pem"),
    }
    with smtp(inbox, tls, require_starttls=True, authenticator=_login, auth_required=True) as port:
        EmailChannel({**BASE, **options, "port": port}).send(message(), None)
    assert 1 == len(inbox.mails)


def test_tls_from_the_start(tmp_path: Path) -> None:
    """Port 465's way works, too."""
    inbox, tls = Inbox(), certificate(tmp_path)
    with smtp(inbox, ssl_context=tls) as port:
        options = {**BASE, "security": "tls", "port": port, "ca_file": str(tmp_path / "cert.pem")}
        EmailChannel(options).send(message(Kind.RESOLVED), None)
    assert 1 == len(inbox.mails)


def test_a_stranger_s_certificate(tmp_path: Path) -> None:
    """A certificate that nobody vouches for ends it before a word is said."""
    inbox = Inbox()
    with (
        smtp(inbox, certificate(tmp_path)) as port,
        pytest.raises(ChannelError, match="no trusted connection") as caught,
    ):
        EmailChannel({**BASE, "security": "starttls", "port": port}).send(message(), None)
    assert ([], True) == (inbox.mails, caught.value.permanent)


def test_a_refused_login(tmp_path: Path) -> None:
    """A wrong password is told without it."""
    options = {
        "security": "starttls",
        "username": "bot",
        "password": "wrong-pass",
        "ca_file": str(tmp_path / "cert.pem"),
    }
    tls = certificate(tmp_path)
    with smtp(Inbox(), tls, authenticator=_login) as port, pytest.raises(ChannelError) as caught:
        EmailChannel({**BASE, **options, "port": port}).send(message(), None)
    assert "the mail server refused the login" == str(caught.value)


def test_no_starttls_offered() -> None:
    """A server without STARTTLS gets no mail in the clear."""
    inbox = Inbox()
    with smtp(inbox) as port, pytest.raises(ChannelError, match="offers no STARTTLS"):
        EmailChannel({**BASE, "security": "starttls", "port": port}).send(message(), None)
    assert [] == inbox.mails


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("550 never", True)])
def test_a_refused_mail(answer: str, permanent: bool) -> None:  # noqa: FBT001  # a table
    """The server's code says whether to try again."""
    with smtp(Inbox(answer)) as port, pytest.raises(ChannelError, match=f"code {answer[:3]}") as caught:
        EmailChannel({**BASE, "port": port}).send(message(), None)
    assert permanent is caught.value.permanent


def hang(talk: Talk) -> None:
    """Say nothing at all."""
    talk.hang()


def garbage(talk: Talk) -> None:
    """Speak something else."""
    talk.send(b"\x00\xff\r\n" * 10)


@pytest.mark.parametrize("behave", [hang, garbage, Talk.reset])
def test_no_mail_server(behave: Any) -> None:
    """A server that hangs, resets or speaks something else is one error, in time."""
    with Server(behave) as server, pytest.raises(ChannelError, match="mail server"):
        EmailChannel({**BASE, "port": server.port, "timeout": 0.3}).send(message(), None)


def test_nobody_there() -> None:
    """A closed port is an error."""
    with pytest.raises(ChannelError, match="did not answer"):
        EmailChannel({**BASE, "port": closed_port()}).send(message(), None)


def test_hostile_names_add_no_header_and_no_html() -> None:
    """A name with line breaks adds no recipient, one with HTML adds no element."""
    inbox = Inbox()
    with smtp(inbox) as port:
        EmailChannel({**BASE, "port": port, "to_on_call": False}).send(hostile(size=30), None)
    (mail,) = inbox.mails
    text, html = mail.iter_parts()
    assert (None, ["team@shop.test"], True) == (mail["Bcc"], inbox.recipients[0], len(mail["Subject"]) < 210)
    assert ("<script" in html.get_content(), "\x1b" in text.get_content()) == (False, False)
