"""Everything else (SMS, Teams, Telegram, …) through Apprise, when it is installed; it promises at least once."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.notify.texts import body, headline
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

_TYPES: Final = {Kind.RESOLVED: "success", Kind.TEST: "info", Kind.DEPLOYMENT: "info", Kind.MAINTENANCE: "info"}


class AppriseChannel:
    """Hands messages to Apprise."""

    def __init__(self, options: Mapping[str, Any], _send: object = None) -> None:
        """Take ``urls`` in Apprise's own notation."""
        self._urls = options["urls"]

    def send(self, message: Message, ref: str | None) -> str | None:
        """Notify all URLs.

        Raises:
            ChannelError: Apprise is missing, or one of them failed.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what its many modules import is not the user's to mend
            self._notify(message)
        return ref

    def _notify(self, message: Message) -> None:
        try:
            apprise = import_module("apprise")
        except ImportError:
            hint = "Install pytest-deploycheck[apprise]"
            raise ChannelError("Apprise is not installed", hint, permanent=True) from None
        notifier = apprise.Apprise()
        if not all(notifier.add(url) for url in self._urls):
            raise ChannelError("Apprise does not understand one of its urls", permanent=True)
        kind = _TYPES.get(message.kind, "failure" if message.severity >= Severity.HIGH else "warning")
        if not notifier.notify(title=headline(message), body=body(message), notify_type=kind, body_format="text"):
            raise ChannelError("Apprise could not deliver it", uncertain=True)
