"""What every record is before it is text, Markdown, HTML or JSON; pure, below everything else in this room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Mark(Enum):
    """What a line amounts to. ``UNKNOWN`` is no data or not proved: never good, never zero."""

    DONE = "done"
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OVERDUE = "overdue"
    NOT_APPLICABLE = "not applicable"
    NONE = ""


BAD = frozenset({Mark.MISSED, Mark.FAILED, Mark.OVERDUE})
TICKED = frozenset({Mark.DONE, Mark.MET, Mark.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its words, its value as text and as a number in ``unit``, the number of samples, where it is from."""

    label: str
    value: str = ""
    raw: float | None = None
    unit: str = ""
    n: int | None = None
    source: str = ""
    target: str = ""
    mark: Mark = Mark.NONE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of texts."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Points by name, None where there is no data, with limits to draw; the same numbers stand in a table beside it.

    ``kind`` is ``line`` or ``bars``.
    """

    title: str
    points: tuple[tuple[str, float | None], ...]
    unit: str = ""
    kind: str = "line"
    limits: tuple[tuple[str, float], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report; ``minutes`` is the time that a person has for it."""

    title: str
    lines: tuple[Line, ...] = ()
    grids: tuple[Grid, ...] = ()
    charts: tuple[Chart, ...] = ()
    texts: tuple[str, ...] = ()
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report. ``shape`` is its JSON when a guide fixes the names of the fields.

    ``missing`` names every value that could not be given, and why.
    """

    name: str
    title: str
    service: str
    environment: str
    made_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    deployment: str | None = None
    version: str | None = None
    plan_version: str | None = None
    headline: str = ""
    mark: Mark = Mark.NONE
    sections: tuple[Section, ...] = ()
    shape: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of all sections."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def missing(self) -> tuple[str, ...]:
        """Every line that has no value, with the reason."""
        return tuple(f"{line.label}: {line.note or line.value}" for line in self.lines if line.mark is Mark.UNKNOWN)
