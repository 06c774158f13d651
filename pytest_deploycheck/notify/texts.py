"""A message as text, in the template of the guides; what came from outside is made harmless for each markup. Pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final, Protocol

from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.redact import printable
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.notify.messages import Message

_HEADS: Final = {
    Kind.OPENED: "Issue detected",
    Kind.WORSE: "Issue became worse",
    Kind.REMINDER: "Issue still there",
    Kind.RESOLVED: "Issue resolved",
    Kind.ACKNOWLEDGED: "Issue acknowledged",
    Kind.ESCALATED: "Issue escalated",
    Kind.DEPLOYMENT: "Deployment",
    Kind.MAINTENANCE: "Maintenance",
    Kind.TEST: "Test",
}
_QUIET: Final = frozenset({Kind.DEPLOYMENT, Kind.MAINTENANCE, Kind.TEST})
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+.!|<>~$=-])")
_TRIGGERS: Final = re.compile(r"(?i)(@|://|www(?=\.)|GH(?=-\d))")


class Markup(Protocol):
    """How a kind of text is written."""

    def escape(self, text: str) -> str:
        """Return a text from outside so that it shows as it is and does nothing."""

    def label(self, text: str) -> str:
        """Return a word of ours, emphasised."""

    def item(self, text: str) -> str:
        """Return an element of a list."""


class Plain:
    """No markup at all."""

    def escape(self, text: str) -> str:
        """Return the text on one line, without control characters."""
        return printable(text)

    def label(self, text: str) -> str:
        """Return the word."""
        return text

    def item(self, text: str) -> str:
        """Return the element behind a dash."""
        return f"- {text}"


class Markdown(Plain):
    """GitHub's Markdown."""

    def escape(self, text: str) -> str:
        """Return the text with every sign of Markdown escaped, and nothing that would mention or link."""
        return _TRIGGERS.sub("\\1\u200b", _MARKDOWN.sub(r"\\\1", printable(text).replace("&", "&amp;")))

    def label(self, text: str) -> str:
        """Return the word in bold."""
        return f"**{text}**"


class Html(Plain):
    """HTML, for mails; each line becomes a paragraph of its own."""

    def escape(self, text: str) -> str:
        """Return the text with every sign of HTML escaped."""
        return html.escape(printable(text))

    def label(self, text: str) -> str:
        """Return the word in bold."""
        return f"<b>{text}</b>"

    def item(self, text: str) -> str:
        """Return the element behind a bullet."""
        return f"&bull; {text}"


PLAIN: Final = Plain()
MARKDOWN: Final = Markdown()
HTML: Final = Html()


def severity_word(severity: Severity) -> str:
    """Return the severity as services know it: rollback is critical."""
    return str(min(severity, Severity.CRITICAL))


def headline(message: Message) -> str:
    """Return the message in one line, printable, not escaped for any markup."""
    head = _HEADS[message.kind]
    level = "" if message.kind in _QUIET else f"[{severity_word(message.severity).upper()}] "
    where = " ".join(filter(None, (message.service, message.environment)))
    return printable(bounded(f"{level}{head}: {message.title}" + (f" ({where})" if where else "")))


def lines(message: Message, markup: Markup = PLAIN) -> Iterator[str]:
    """Yield the lines below the headline."""
    for label, value in _facts(message):
        if value:
            yield f"{markup.label(label + ':')} {markup.escape(value)}"
    for each in message.lines:
        reason = f": {each.reason}" if each.reason else ""
        yield markup.item(markup.escape(f"[{severity_word(each.severity)}] {each.title}{reason}"))
        if each.action:
            yield markup.item(markup.escape(f"do: {each.action}"))
        if each.runbook:
            yield markup.item(markup.escape(f"runbook: {each.runbook}"))
    if message.more:
        yield markup.item(f"and {message.more} more")


def body(message: Message, markup: Markup = PLAIN, longest: int = 10_000, between: str = "\n") -> str:
    """Return the lines as one text of at most ``longest`` characters; whole lines are left out, never cut inside."""
    kept: list[str] = []
    left = longest - 1
    for line in lines(message, markup):
        left -= len(line) + len(between)
        if left < 0:
            kept.append("…")
            break
        kept.append(line)
    return between.join(kept)


def _facts(message: Message) -> Iterator[tuple[str, str]]:
    yield "Issue", "" if message.kind in _QUIET else message.title
    yield "Impact", message.impact
    yield "Started", f"{message.started:%Y-%m-%d %H:%M} UTC" if message.started else ""
    yield "Status", message.status
    yield "Verdict", "" if message.kind in _QUIET else message.decision
    version = f" ({message.version})" if message.version else ""
    yield "Deployment", f"{message.deployment}{version}" if message.deployment else ""
    yield "Phase", message.phase
    yield "Note", message.note
    yield "Who", ", ".join(_person(each.name, each.role) for each in message.people)
    yield "Incident", " ".join(filter(None, (message.incident, f"#{message.room}" if message.room else "")))
    yield "Report", message.report or ""
    yield "Again", "this may have arrived before: the run that sent it was killed" if message.doubtful else ""


def _person(name: str, role: str) -> str:
    return f"{name} ({role})" if role else name
