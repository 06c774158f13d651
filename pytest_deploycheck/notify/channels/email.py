"""E-mail by SMTP with STARTTLS or TLS.

The same message has the same Message-ID, by which many mailboxes drop doubles; SMTP itself promises at least once.
"""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.notify.texts import HTML, body, headline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

_LONGEST_SUBJECT: Final = 200
_TRANSIENT_FROM: Final = 400
_PERMANENT_FROM: Final = 500
_DOMAIN: Final = "pytest-deploycheck.invalid"


class EmailChannel:
    """Sends mails."""

    def __init__(self, options: Mapping[str, Any], _send: object = None) -> None:
        """Take ``host``, ``port``, ``security``, ``sender``, ``to`` and perhaps ``username`` with ``password``."""
        self._options = options

    def send(self, message: Message, ref: str | None) -> str | None:
        """Send one mail to all; those on call get it, too.

        Raises:
            ChannelError: it did not arrive with anybody.
        """
        mail = _mail(message, self._options)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except ChannelError:
            raise
        except smtplib.SMTPAuthenticationError:
            raise ChannelError("the mail server refused the login", permanent=True) from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelError("the mail server offers no STARTTLS or no login", permanent=True) from None
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=_PERMANENT_FROM)
            raise _refused(code, "every recipient") from None
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, "the mail") from None
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or "no TLS"
            raise ChannelError(f"no trusted connection to the mail server ({reason})", permanent=True) from None
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(f"the mail server did not answer ({type(error).__name__})", uncertain=True) from None
        return ref

    def _connected(self) -> smtplib.SMTP:
        options = self._options
        host, port, timeout = options["host"], options["port"], options["timeout"]
        context = ssl.create_default_context(cafile=options.get("ca_file"))
        if options["security"] == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        try:
            if options["security"] == "starttls":
                server.starttls(context=context)
            if options.get("username"):
                server.login(options["username"], options["password"])
        except BaseException:
            server.close()
            raise
        return server


def _refused(code: int, what: str) -> ChannelError:
    return ChannelError(
        f"the mail server refused {what} (code {code})", permanent=not _TRANSIENT_FROM <= code < _PERMANENT_FROM
    )


def _mail(message: Message, options: Mapping[str, Any]) -> EmailMessage:
    mail = EmailMessage()
    people = [each.email for each in message.people if each.email] if options["to_on_call"] else []
    mail["From"] = Address(addr_spec=options["sender"], display_name="deploycheck")
    mail["To"] = tuple(Address(addr_spec=each) for each in dict.fromkeys((*options["to"], *people)))
    mail["Subject"] = bounded(headline(message), _LONGEST_SUBJECT)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{_DOMAIN}>"
    mail["References"] = f"<{message.key}@{_DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body(message) + "\n")
    paragraph = body(message, HTML, between="<br>\n")
    mail.add_alternative(f"<html><body><p>{paragraph}</p></body></html>\n", subtype="html")
    return mail
