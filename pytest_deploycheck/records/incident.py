"""The incident report with its timeline and post-mortem, from what runs and people wrote down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.notify.incidents import minutes_to_resolve
from pytest_deploycheck.records.model import Grid, Line, Mark, Section
from pytest_deploycheck.records.wording import moment
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.memory import Incident
    from pytest_deploycheck.records.material import Material

# what a note begins with says where it belongs: deploycheck incident note "cause: the migration locked orders"
PARTS: Final[Mapping[str, str]] = {
    "cause": "Root Cause",
    "resolution": "Resolution",
    "prevention": "Prevention",
    "action": "Action Items",
}


def incident_report(material: Material) -> tuple[Section, ...]:
    """Return the report of the open incident, of the newest one of the time when none is open."""
    if not material.answers.recorded:
        none = Line(
            label="Incident",
            value="no data",
            mark=Mark.UNKNOWN,
            note="incidents are not recorded: declare a [[channel]]",
        )
        return (Section(title="Incident", lines=(none,)),)
    if not material.incidents:
        return (Section(title="Incident", texts=("there was no incident in this time",)),)
    incident = material.incidents[0]
    return (
        Section(title=f"Incident Report: {incident.id}", lines=_head(incident)),
        _timeline(incident),
        *_parts(incident),
    )


def _head(incident: Incident) -> tuple[Line, ...]:
    minutes = minutes_to_resolve(incident)
    return (
        Line(label="Title", value=one_line(incident.title)),
        Line(label="Date/Time", value=moment(incident.opened)),
        Line(label="Severity", value=str(incident.severity).upper()),
        Line(label="Status", value=incident.status, mark=Mark.DONE if incident.closed else Mark.OPEN),
        Line(label="Impact", value=incident.impact or "not known", source=", ".join(incident.checks[:5])),
        Line(label="Commander", value=incident.commander or incident.acknowledged_by or "nobody"),
        Line(label="Resolved after", value="not resolved" if minutes is None else f"{minutes:.0f} min", raw=minutes),
    )


def _timeline(incident: Incident) -> Section:
    rows = tuple((f"{each.at:%Y-%m-%d %H:%M}", one_line(each.text), each.by, each.kind) for each in incident.timeline)
    dropped = (f"{incident.dropped} lines in the middle were left out",) if incident.dropped else ()
    columns = ("UTC", "what", "who", "kind")
    return Section(title="Timeline", grids=(Grid(title="Timeline", columns=columns, rows=rows),), texts=dropped)


def _parts(incident: Incident) -> tuple[Section, ...]:
    sections = []
    for word, title in PARTS.items():
        said = [each for each in incident.timeline if each.text.lower().startswith(f"{word}:")]
        mark = Mark.OPEN if word == "action" else Mark.NONE
        lines = tuple(
            Line(label=one_line(each.text.partition(":")[2]), mark=mark, source=f"{each.by}, {moment(each.at)}")
            for each in said
        )
        how = f'not written down: deploycheck incident note "{word}: …"'
        hint = f'{how[:-2]} - Owner: NAME - Due: DATE"' if word == "action" else how
        sections.append(Section(title=title, lines=lines, texts=() if lines else (hint,)))
    return tuple(sections)
