"""Rules of the ticket system: what each tracker needs; beside ``rules.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.settings.raw import Finding, Raw, items, table

if TYPE_CHECKING:
    from collections.abc import Iterator


def ticket_rules(raw: Raw) -> Iterator[Finding]:
    """Yield what the tracker lacks, and what does not fit it."""
    asking = [(path, item) for path, item in items(raw, "metric") if item.get("source") == "tickets"]
    if "tickets" not in raw:
        for path, _ in asking:
            yield Finding(path, "needs [tickets]", 'Give it tracker, project and token = "${TRACKER_TOKEN}".')
        return
    tickets = table(raw, "tickets")
    tracker = str(tickets.get("tracker"))
    needed = {"github": ("project",), "jira": ("url", "project"), "zendesk": ("url",), "json": ("url",)}
    for key in needed.get(tracker, ()):
        if key not in tickets:
            yield Finding(("tickets", key), "is missing", f"The tracker {tracker} needs it.")
    if tickets.get("file") is True and tracker == "json":
        yield Finding(("tickets", "file"), "does not fit this tracker", "Nobody knows how it takes a new ticket.")
    if tickets.get("file") is True and tracker == "linear" and "project" not in tickets:
        yield Finding(("tickets", "project"), "is missing", "A new ticket belongs to a team: give the team's id.")
    for path, item in asking:
        wanted = ("path", "count", *(("texts",) if "patterns" in item else ())) if tracker == "json" else ()
        for key in ("path", "count", "texts"):
            if key in wanted and key not in item:
                yield Finding((*path, key), "is missing", 'The tracker "json" needs it.')
            if key in item and tracker != "json":
                yield Finding((*path, key), "does not fit this tracker", 'It belongs to tracker = "json".')
